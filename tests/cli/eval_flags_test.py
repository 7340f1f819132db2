"""Tests that flags of the evaluation commands become settings."""

import pytest
from absl import flags
from absl.testing import flagsaver

from inception.cli import common_flags
from inception.cli import eval_flags
from inception.jobs import errors

if 'eval_dir' not in flags.FLAGS:
  eval_flags.define()
FLAGS = flags.FLAGS


@pytest.fixture(autouse=True)
def restored():
  with flagsaver.flagsaver():
    yield


def parse(*arguments):
  FLAGS(['evaluate', *arguments])


def test_flags_become_settings(tmp_path, monkeypatch):
  monkeypatch.setenv('BUILD_WORKING_DIRECTORY', str(tmp_path))
  parse('--eval_dir=e', '--checkpoint_dir=c', '--run_once', '--num_examples=7')
  made = eval_flags.eval_config()
  assert made.eval_dir == str(tmp_path / 'e')
  assert made.checkpoint_dir == str(tmp_path / 'c')
  assert made.run_once
  assert made.num_examples == 7
  assert made.eval_interval_secs == 300


@pytest.mark.parametrize(
  'arguments,of_training', [([], True), (['--image_size=299'], False)]
)
def test_given_image_size_takes_precedence_over_the_trainings(
  arguments, of_training
):
  parse(*arguments)
  assert eval_flags.eval_config().use_training_image_size is of_training


def test_checkpoints_are_separated_by_commas(tmp_path, monkeypatch):
  monkeypatch.setenv('BUILD_WORKING_DIRECTORY', str(tmp_path))
  parse('--checkpoint_path=a/model.ckpt-1, b', '--compare_to=c')
  made = eval_flags.eval_config()
  assert made.checkpoint_paths == (
    str(tmp_path / 'a/model.ckpt-1'),
    str(tmp_path / 'b'),
  )
  assert made.compare_to == str(tmp_path / 'c')


def test_a_refused_value_names_the_flag():
  parse('--eval_interval_secs=0')
  with pytest.raises(errors.UserError, match='^--eval_interval_secs'):
    eval_flags.eval_config()


@pytest.mark.parametrize('flag', ['target_precision', 'coverage'])
@pytest.mark.parametrize('subset', ['train', 'all'])
def test_nothing_is_fitted_on_the_training_set(flag, subset):
  parse(f'--{flag}=0.9', f'--subset={subset}')
  with pytest.raises(errors.UserError, match=f'--{flag} must be found'):
    eval_flags.check_subset_for_fitting(
      eval_flags.eval_config(), common_flags.input_config(subset=subset)
    )
  eval_flags.check_subset_for_fitting(
    eval_flags.eval_config(), common_flags.input_config(subset='test')
  )
