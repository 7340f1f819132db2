"""Tests of the command flowers_train: flags, user errors, start-up."""

import re

import pytest

from inception.testing import commands
from inception.testing import datasets

# Name and default of every flag of the original, except the folders.
ORIGINAL_FLAGS = {
  'max_steps': '10000000',
  'subset': 'train',
  'num_gpus': '1',
  'log_device_placement': 'false',
  'fine_tune': 'false',
  'pretrained_model_checkpoint_path': '',
  'initial_learning_rate': '0.1',
  'num_epochs_per_decay': '30.0',
  'learning_rate_decay_factor': '0.16',
  'batch_size': '32',
  'image_size': '299',
  'num_preprocess_threads': '4',
  'num_readers': '4',
  'input_queue_memory_factor': '16',
}


@pytest.fixture(scope='module')
def data_dir(tmp_path_factory):
  folder = tmp_path_factory.mktemp('data')
  datasets.write(folder, {'train': 4, 'validation': 2}, class_names=('a', 'b'))
  return folder


def test_help_lists_the_originals_flags_with_their_defaults():
  done = commands.run('flowers_train', ['--help'])
  assert done.returncode == 0
  text = ' '.join(done.stdout.split())
  for name, default in ORIGINAL_FLAGS.items():
    parts = re.split(rf'--(?:\[no\])?{name}: ', text)
    assert len(parts) == 2, name
    section = parts[1][:600]
    assert f"(default: '{default}')" in section, name


def mistakes(data_dir, tmp_path):
  blocked = tmp_path / 'file'
  blocked.write_bytes(b'')
  empty = tmp_path / 'empty'
  empty.mkdir()
  ok = f'--data_dir={data_dir}'
  return {
    'unknown flag': (['--trian_dir=x'], 2, "'trian_dir'"),
    'no number': (['--batch_size=many'], 2, 'batch_size'),
    'zero': ([ok, '--batch_size=0'], 1, '--batch_size must be >= 1, got 0'),
    'argument': ([ok, 'stray'], 1, "unexpected argument 'stray'"),
    'fine_tune alone': (
      [ok, '--fine_tune'],
      1,
      'pretrained_model_checkpoint_path',
    ),
    'no data_dir': ([f'--data_dir={tmp_path / "nö such"}'], 1, 'nö such'),
    'empty data_dir': ([f'--data_dir={empty}'], 1, 'no train-'),
    'no such subset': ([ok, '--subset=test'], 1, "no subset 'test'"),
    'no checkpoint': (
      [ok, f'--pretrained_model_checkpoint_path={tmp_path / "m.ckpt"}'],
      1,
      'm.ckpt',
    ),
    'unwritable': (
      [ok, f'--train_dir={blocked / "x"}'],
      1,
      '--train_dir: cannot write',
    ),
  }


@pytest.mark.parametrize(
  'name',
  [
    'unknown flag',
    'no number',
    'zero',
    'argument',
    'fine_tune alone',
    'no data_dir',
    'empty data_dir',
    'no such subset',
    'no checkpoint',
    'unwritable',
  ],
)
def test_user_error_is_one_line_with_the_reason(name, data_dir, tmp_path):
  arguments, code, text = mistakes(data_dir, tmp_path)[name]
  done = commands.run(
    'flowers_train', [f'--train_dir={tmp_path / "t"}', *arguments]
  )
  assert done.returncode == code
  assert done.stderr.count('\n') == 1 and text in done.stderr
  assert done.stdout == ''


@pytest.mark.parametrize(
  'arguments', [['--help'], ['--trian_dir=x'], ['--data_dir=nowhere']]
)
def test_help_and_flag_errors_do_not_import_tensorflow(arguments):
  modules = commands.imported('flowers_train', arguments)
  assert 'inception.settings.config' in modules
  assert 'tensorflow' not in modules and 'numpy' not in modules
