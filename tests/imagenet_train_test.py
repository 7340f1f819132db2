"""Tests of the command imagenet_train."""

import pytest

from inception.testing import commands
from inception.testing import datasets
from inception.testing import records


def train(data_dir, train_dir, *arguments):
  return commands.run(
    'imagenet_train',
    [
      f'--data_dir={data_dir}',
      f'--train_dir={train_dir}',
      '--image_size=75',
      '--batch_size=2',
      '--max_steps=1',
      '--trainable_scopes=logits',
      *arguments,
    ],
  )


def test_records_of_2016_are_assumed_to_be_imagenet(tmp_path):
  examples = [
    records.example(records.jpeg(records.picture(32, 32, seed=i)), label)
    for i, label in enumerate([1, 1000, 7])
  ]
  records.write_shards(tmp_path, 'train', [examples])
  done = train(tmp_path, tmp_path / 'run')
  assert done.returncode == 0, done.stderr
  assert 'images of 1000 classes' in done.stdout
  assert 'Finished: 1 steps' in done.stdout


def test_dataset_info_takes_precedence(tmp_path):
  datasets.write(tmp_path, {'train': 4}, class_names=('a', 'b'))
  done = train(tmp_path, tmp_path / 'run')
  assert done.returncode == 0, done.stderr
  assert 'images of 2 classes' in done.stdout


@pytest.mark.parametrize('argument', ['--data_dir=nowhere', '--max_steps=0'])
def test_user_error_is_one_line(argument, tmp_path):
  done = commands.run('imagenet_train', [f'--train_dir={tmp_path}', argument])
  assert done.returncode == 1 and done.stderr.count('\n') == 1
  assert argument[2:10] in done.stderr
