"""Tests of the command imagenet_eval."""

import numpy as np
import pytest

from inception.checkpoints import checkpoint
from inception.checkpoints import run_info
from inception.testing import checkpoints
from inception.testing import commands
from inception.testing import datasets
from inception.testing import records


def evaluate(data_dir, folder, *arguments):
  return commands.run(
    'imagenet_eval',
    [
      f'--data_dir={data_dir}',
      f'--checkpoint_dir={folder}',
      f'--eval_dir={folder / "eval"}',
      '--image_size=75',
      '--batch_size=2',
      '--run_once',
      *arguments,
    ],
  )


def save(folder, *, outputs, favourite, class_names=()):
  """Writes a checkpoint whose averaged weights answer `favourite` always."""
  values = {
    f'{name}/ExponentialMovingAverage': np.zeros(value.shape, np.float32)
    for name, value in checkpoints.model_values(
      outputs=outputs, full_size=True
    ).items()
  }
  values['logits/logits/biases/ExponentialMovingAverage'][favourite] = 9
  if class_names:
    values[run_info.VARIABLE] = run_info.RunInfo(
      class_names=class_names,
      data_name='x',
      image_size=75,
      preprocessing={},
      settings={},
    ).to_json()
  checkpoint.save(folder, 3, values)


def test_records_of_2016_are_taken_for_imagenet(tmp_path):
  examples = [
    records.example(records.jpeg(records.picture(32, 32, seed=i)), label)
    for i, label in enumerate([7, 1000, 7])
  ]
  records.write_shards(tmp_path, 'validation', [examples])
  save(tmp_path, outputs=1001, favourite=7)
  done = evaluate(tmp_path, tmp_path)
  assert done.returncode == 0, done.stderr
  assert 'model.ckpt-3 at step=3.' in done.stdout
  assert 'precision @ 1 = 0.6667' in done.stdout
  assert '[3 examples]' in done.stdout


def test_dataset_info_takes_precedence(tmp_path):
  datasets.write(tmp_path, {'validation': 4}, class_names=('a', 'b'))
  save(tmp_path, outputs=3, favourite=2, class_names=('a', 'b'))
  done = evaluate(tmp_path, tmp_path)
  assert done.returncode == 0, done.stderr
  assert 'precision @ 1 = 0.5000 recall @ 2 = 1.0000 [4 exam' in done.stdout


@pytest.mark.parametrize('argument', ['--data_dir=nowhere', '--num_examples=0'])
def test_a_mistake_is_one_line(argument, tmp_path):
  done = evaluate(tmp_path, tmp_path, argument)
  assert done.returncode == 1 and done.stdout == ''
  (line,) = done.stderr.splitlines()
  assert line.startswith('imagenet_eval: --')
