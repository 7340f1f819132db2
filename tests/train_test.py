"""Tests of the command train on various folders of records."""

import json

import pytest

from inception.checkpoints import checkpoint
from inception.checkpoints import run_info
from inception.testing import commands
from inception.testing import datasets


def train(data_dir, train_dir, *arguments):
  return commands.run(
    'train',
    [
      f'--data_dir={data_dir}',
      f'--train_dir={train_dir}',
      '--image_size=75',
      '--batch_size=2',
      '--recipe=modern',
      '--trainable_scopes=head',
      '--max_steps=2',
      *arguments,
    ],
  )


@pytest.mark.parametrize('count', [3, 120])
def test_any_number_of_classes_is_trained_and_recorded(count, tmp_path):
  data_dir, train_dir = tmp_path / 'my dätä', tmp_path / 'run'
  data_dir.mkdir()
  names = tuple(f'class {i}' for i in range(count))
  datasets.write(
    data_dir, {'train': count, 'validation': count}, class_names=names
  )
  done = train(data_dir, train_dir, '--eval_interval_steps=1')
  assert done.returncode == 0, done.stderr
  assert f'Training on {count} images of {count} classes' in done.stdout
  text = checkpoint.read_text(checkpoint.latest(train_dir), run_info.VARIABLE)
  info = run_info.RunInfo.from_json(text)
  assert info.class_names == names
  assert info.image_size == 75
  lines = [
    json.loads(line)
    for line in (train_dir / 'metrics.jsonl').read_text('utf-8').splitlines()
  ]
  assert [line['num_examples'] for line in lines if line['kind'] == 'eval'] == [
    count,
    count,
  ]


def test_records_without_dataset_info_are_refused(tmp_path):
  (tmp_path / 'train-00000-of-00001').write_bytes(b'')
  done = train(tmp_path, tmp_path / 'run')
  assert done.returncode == 1 and done.stdout == ''
  (line,) = done.stderr.splitlines()
  assert 'dataset_info.json' in line and 'build_image_data' in line


def test_missing_subset_names_the_flag(tmp_path):
  datasets.write(tmp_path, {'train': 4}, class_names=('a', 'b'))
  done = train(tmp_path, tmp_path / 'run', '--eval_interval_steps=1')
  assert done.returncode == 1
  (line,) = done.stderr.splitlines()
  assert line.startswith('train: --eval_subset: ')
