"""Mistakes of an evaluation command end with one sentence.

What a command prints is tested with the commands.
"""

import pytest
from absl import flags
from absl.testing import flagsaver

from inception import dataset
from inception.cli import eval_command
from inception.cli import eval_flags
from inception.jobs import errors
from inception.testing import datasets

if 'eval_dir' not in flags.FLAGS:
  eval_flags.define()


def run(*arguments, load=dataset.read_info):
  with flagsaver.flagsaver():
    argv = flags.FLAGS(['evaluate', *map(str, arguments)])
    return eval_command.run(argv, load=load)


def test_an_argument_without_flag_is_refused():
  with pytest.raises(errors.UserError, match="argument 'more'"):
    run('more')


def test_data_that_cannot_be_loaded_names_its_flag(tmp_path):
  def load(data_dir):
    raise dataset.DatasetError(f'nothing in {data_dir}')

  with pytest.raises(errors.UserError, match='--data_dir: nothing in'):
    run(f'--data_dir={tmp_path}', load=load)


def test_a_missing_checkpoint_folder_is_refused_with_run_once(tmp_path):
  datasets.write(tmp_path, {'validation': 4}, class_names=('a', 'b'))
  with pytest.raises(errors.UserError, match='--checkpoint_dir'):
    run(
      f'--data_dir={tmp_path}',
      f'--checkpoint_dir={tmp_path / "none"}',
      '--run_once',
    )


def test_a_folder_without_checkpoint_is_refused_with_run_once(tmp_path):
  datasets.write(tmp_path, {'validation': 4}, class_names=('a', 'b'))
  with pytest.raises(errors.UserError, match='no checkpoint in'):
    run(
      f'--data_dir={tmp_path}',
      f'--checkpoint_dir={tmp_path}',
      f'--eval_dir={tmp_path / "eval"}',
      '--run_once',
    )


def test_a_missing_checkpoint_is_refused_by_its_flag(tmp_path):
  datasets.write(tmp_path, {'validation': 4}, class_names=('a', 'b'))
  with pytest.raises(errors.UserError, match='--checkpoint_path: there is no'):
    run(f'--data_dir={tmp_path}', f'--checkpoint_path={tmp_path / "none"}')
