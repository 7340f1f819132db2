"""Tests of inception.cli.run_banner."""

import pathlib

import pytest

from inception.cli import run_banner
from inception.settings import config
from inception.settings import training_config
from inception.testing import started_runs


def summary(
  event,
  *,
  first_step=0,
  start='',
  data='DATA',
  batch_size=32,
  augmentation='inception',
  **settings,
):
  """Returns {name: value} of the summary."""
  lines = run_banner.lines(
    event,
    training_config.TrainConfig(train_dir='TRAIN', **settings),
    config.InputConfig(
      data_dir=data, batch_size=batch_size, augmentation=augmentation
    ),
    first_step=first_step,
    start=start,
  )
  values, name = {}, None
  for line in lines[1:]:
    if line[2] != ' ':
      name, _, line = line.partition(':')
      values[name.strip()] = line.strip()
    else:
      values[name.strip()] += f' {line.strip()}'
  return values


def test_summary_of_a_plain_run(tmp_path):
  assert summary(
    started_runs.STARTED, start='restored from model.ckpt-7 (x)'
  ) == {
    'device': 'CPU',
    'precision': 'bfloat16 on AMX, variables in float32',
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


def test_summary_of_a_run_on_many_devices():
  values = summary(
    started_runs.replaced(
      devices=('GPU:0', 'GPU:1'),
      hosts=2,
      compute_dtype='float32',
      instructions='',
    ),
    batch_size=32,
  )
  assert values['device'] == 'GPU:0, GPU:1 on each of 2 hosts'
  assert values['batch size'] == '32 (8 per device)'
  assert values['precision'] == 'float32'


@pytest.mark.parametrize(
  ('compute_dtype', 'instructions', 'text'),
  [
    (
      'float32',
      'AVX512-BF16',
      'float32; the processor has AVX512-BF16, which --precision=bfloat16 uses',
    ),
    ('bfloat16', '', 'bfloat16, variables in float32'),
    ('float16', 'AMX', 'float16, variables in float32'),
  ],
)
def test_summary_says_what_the_processor_offers(
  compute_dtype, instructions, text
):
  values = summary(
    started_runs.replaced(
      compute_dtype=compute_dtype, instructions=instructions
    )
  )
  assert values['precision'] == text


def test_summary_abbreviates_many_classes():
  names = tuple(f'class number {i}' for i in range(120))
  values = summary(started_runs.replaced(class_names=names))
  assert values['classes'] == (f'120: {", ".join(names[:10])} and 110 more')
  assert (
    max(
      map(
        len,
        run_banner.lines(
          started_runs.replaced(class_names=names),
          training_config.TrainConfig(train_dir='TRAIN'),
          config.InputConfig(data_dir='DATA'),
        ),
      )
    )
    <= 80
  )


def test_summary_of_a_resumed_run():
  values = summary(
    started_runs.STARTED, first_step=1200, start='resumed from x'
  )
  assert values['start'] == 'resumed from x'
  assert values['steps'] == '425 (16.0 epochs), 1,200 of them done'


def test_summary_of_a_run_limited_by_time():
  values = summary(started_runs.STARTED, minutes=2.5)
  assert values['steps'] == 'as many as fit into 2.5 min'


def test_summary_of_random_weights():
  assert (
    summary(started_runs.replaced(from_scratch=True))['start']
    == 'random weights'
  )


@pytest.mark.parametrize(
  ('layers', 'text'),
  [
    ('head', 'the last layer alone'),
    ('logits,mixed_8x8x2048', 'logits,mixed_8x8x2048'),
  ],
)
def test_summary_names_the_trained_layers(layers, text):
  assert summary(started_runs.STARTED, trainable_scopes=layers)[
    'trained'
  ].startswith(f'{text} (')


def test_summary_lists_settings_that_differ_from_the_defaults():
  values = summary(
    started_runs.STARTED,
    optimizer='sgd',
    mixup_alpha=0.2,
    max_steps=7,
    initial_learning_rate=0.02,
    augmentation='light',
    batch_size=8,
    eval_interval_steps=50,
  )
  assert values['settings'] == (
    'optimizer=sgd, mixup_alpha=0.2, eval_interval_steps=50, augmentation=light'
  )
  assert values['best model'] == str(pathlib.Path('TRAIN/best'))


def test_paths_are_not_wrapped():
  folder = '/photographs of  flowers/' + 'long ' * 20
  assert (
    f'{folder} (train' in summary(started_runs.STARTED, data=folder)['data']
  )
