"""Tests of the command evaluate: any folder of records, no code edited."""

import pytest

from inception.testing import commands
from inception.testing import datasets


def test_checkpoint_of_train_is_evaluated(tmp_path):
  data_dir, train_dir = tmp_path / 'my dätä', tmp_path / 'run'
  data_dir.mkdir()
  datasets.write(
    data_dir,
    {'train': 6, 'validation': 5, 'test': 4},
    class_names=('one', 'two', 'three'),
  )
  shared = [f'--data_dir={data_dir}', '--batch_size=2']
  trained = commands.run(
    'train',
    [
      *shared,
      f'--train_dir={train_dir}',
      '--image_size=75',
      '--trainable_scopes=head',
      '--max_steps=1',
    ],
  )
  assert trained.returncode == 0, trained.stderr
  done = commands.run(
    'evaluate',
    [
      *shared,
      f'--checkpoint_dir={train_dir}',
      f'--eval_dir={tmp_path / "eval"}',
      '--subset=test',
      '--run_once',
    ],
  )
  assert done.returncode == 0, done.stderr
  assert 'the images are of 75 pixels' in done.stdout
  assert 'starting evaluation on (test).' in done.stdout
  # The background class can come before all three after a single step.
  assert 'recall @ 3 = ' in done.stdout
  assert '[4 examples]' in done.stdout


def test_records_without_class_names_are_refused(tmp_path):
  (tmp_path / 'validation-00000-of-00001').write_bytes(b'')
  done = commands.run(
    'evaluate', [f'--data_dir={tmp_path}', f'--eval_dir={tmp_path / "eval"}']
  )
  assert done.returncode == 1 and done.stdout == ''
  (line,) = done.stderr.splitlines()
  assert line.startswith('evaluate: --data_dir: ')
  assert 'dataset_info.json' in line
  assert 'flowers_eval or imagenet_eval' in line


@pytest.mark.parametrize('arguments', [['--help'], ['--data_dir=nowhere']])
def test_help_and_flag_errors_do_not_import_tensorflow(arguments):
  modules = commands.imported('evaluate', arguments)
  assert 'inception.settings.config' in modules
  assert 'tensorflow' not in modules and 'numpy' not in modules
