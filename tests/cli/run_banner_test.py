"""Tests of inception.cli.run_banner."""

import pathlib

import pytest

from inception.cli import run_banner
from inception.settings import config
from inception.settings import training_config
from inception.training import train_events

STARTED = train_events.Started(
  devices=('CPU',),
  hosts=1,
  compute_dtype='bfloat16',
  num_examples=850,
  class_names=('daisy', 'roses', 'tulips'),
  batch_size=32,
  num_steps=425,
  num_trained=197,
  num_weights=23_851_784,
  schedule='0.02, then cosine',
  from_scratch=False,
)


def block(
  event,
  *,
  first_step=0,
  start='',
  data='DATA',
  batch_size=32,
  augmentation='inception',
  **settings,
):
  """{name: value} of the start's block."""
  lines = run_banner.lines(
    event,
    training_config.TrainConfig(train_dir='TRAIN', **settings),
    config.InputConfig(
      data_dir=data, batch_size=batch_size, augmentation=augmentation
    ),
    first_step=first_step,
    start=start,
  )
  found, name = {}, None
  for line in lines[1:]:
    if line[2] != ' ':
      name, _, line = line.partition(':')
      found[name.strip()] = line.strip()
    else:
      found[name.strip()] += f' {line.strip()}'
  return found


def replaced(**values):
  return train_events.Started(**(vars(STARTED) | values))


def test_the_block_says_what_one_wants_to_know(tmp_path):
  assert block(STARTED, start='restored from model.ckpt-7 (x)') == {
    'device': 'CPU',
    'precision': 'bfloat16, variables in float32',
    'data': 'DATA (train, 850 images)',
    'classes': '3: daisy, roses, tulips',
    'batch size': '32',
    'trained': 'all layers (197 variables, 23,851,784 weights)',
    'start': 'restored from model.ckpt-7 (x)',
    # 425 * 32 / 850.
    'steps': '425 (16.0 epochs)',
    'learning rate': '0.02, then cosine',
    'settings': 'the defaults',
    'checkpoints': 'TRAIN',
    'metrics': str(pathlib.Path('TRAIN/metrics.jsonl')),
    'TensorBoard': '--logdir=TRAIN',
  }


def test_the_block_of_a_run_on_many_devices():
  found = block(
    replaced(devices=('GPU:0', 'GPU:1'), hosts=2, compute_dtype='float32'),
    batch_size=32,
  )
  assert found['device'] == 'GPU:0, GPU:1 on each of 2 hosts'
  assert found['batch size'] == '32 (8 a device)'
  assert found['precision'] == 'float32'


def test_the_block_of_many_classes():
  names = tuple(f'class number {i}' for i in range(120))
  found = block(replaced(class_names=names))
  assert found['classes'] == (f'120: {", ".join(names[:10])} and 110 more')
  assert (
    max(
      map(
        len,
        run_banner.lines(
          replaced(class_names=names),
          training_config.TrainConfig(train_dir='TRAIN'),
          config.InputConfig(data_dir='DATA'),
        ),
      )
    )
    <= 80
  )


def test_the_block_of_a_resumed_run():
  found = block(STARTED, first_step=1200, start='resumed from x')
  assert found['start'] == 'resumed from x'
  assert found['steps'] == '425 (16.0 epochs), 1,200 of them done'


def test_the_block_of_random_weights():
  assert block(replaced(from_scratch=True))['start'] == 'random weights'


@pytest.mark.parametrize(
  ('layers', 'text'),
  [
    ('head', 'the last layer alone'),
    ('logits,mixed_8x8x2048', 'logits,mixed_8x8x2048'),
  ],
)
def test_the_block_says_what_is_trained(layers, text):
  assert block(STARTED, trainable_scopes=layers)['trained'].startswith(
    f'{text} ('
  )


def test_the_block_names_the_settings_that_are_not_the_defaults():
  found = block(
    STARTED,
    optimizer='sgd',
    mixup_alpha=0.2,
    max_steps=7,
    initial_learning_rate=0.02,
    augmentation='light',
    batch_size=8,
    eval_interval_steps=50,
  )
  assert found['settings'] == (
    'optimizer=sgd, mixup_alpha=0.2, eval_interval_steps=50, augmentation=light'
  )
  assert found['best model'] == str(pathlib.Path('TRAIN/best'))


def test_a_path_stays_whole():
  folder = '/photographs of  flowers/' + 'long ' * 20
  assert f'{folder} (train' in block(STARTED, data=folder)['data']
