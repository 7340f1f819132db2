"""Tests of the command flowers_eval: flags, mistakes, start-up."""

import pytest

from inception.testing import commands
from inception.testing import datasets

# Name and default of every flag of the original, but for the folders and
# num_examples, which means all there are unless given.
ORIGINAL_FLAGS = {
  'eval_interval_secs': '300.0',
  'run_once': 'false',
  'subset': 'validation',
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
  done = commands.run('flowers_eval', ['--help'])
  assert done.returncode == 0
  text = ' '.join(done.stdout.split())
  for name, default in ORIGINAL_FLAGS.items():
    section = text.split(f'{name}:', 1)[1][:600]
    assert f"(default: '{default}')" in section, name
  assert '--num_examples:' in text


def mistakes(data_dir, tmp_path):
  blocked = tmp_path / 'file'
  blocked.write_bytes(b'')
  empty = tmp_path / 'empty'
  empty.mkdir()
  ok = f'--data_dir={data_dir}'
  there = f'--checkpoint_dir={empty}'
  return {
    'unknown flag': (['--run_twice'], 2, "'run_twice'"),
    'zero': ([ok, '--num_examples=0'], 1, '--num_examples must be >= 1'),
    'no data_dir': ([f'--data_dir={tmp_path / "nö such"}'], 1, 'nö such'),
    'no such subset': ([ok, '--subset=test'], 1, "no subset 'test'"),
    'no checkpoint_dir': (
      [ok, '--run_once', f'--checkpoint_dir={tmp_path / "no"}'],
      1,
      '--checkpoint_dir',
    ),
    'unwritable': (
      [ok, there, f'--eval_dir={blocked / "x"}'],
      1,
      '--eval_dir: cannot write',
    ),
    'no checkpoint': ([ok, there, '--run_once'], 1, 'no checkpoint in'),
  }


@pytest.mark.parametrize(
  'name',
  [
    'unknown flag',
    'zero',
    'no data_dir',
    'no such subset',
    'no checkpoint_dir',
    'unwritable',
    'no checkpoint',
  ],
)
def test_a_mistake_is_one_line_that_names_it(name, data_dir, tmp_path):
  arguments, code, text = mistakes(data_dir, tmp_path)[name]
  done = commands.run(
    'flowers_eval', [f'--eval_dir={tmp_path / "e"}', *arguments]
  )
  assert done.returncode == code
  assert done.stderr.count('\n') == 1 and text in done.stderr
  assert done.stdout == ''


@pytest.mark.parametrize(
  'arguments', [['--help'], ['--run_twice'], ['--data_dir=nowhere']]
)
def test_help_and_flag_errors_do_not_import_tensorflow(arguments):
  modules = commands.imported('flowers_eval', arguments)
  assert 'inception.settings.config' in modules
  assert 'tensorflow' not in modules and 'numpy' not in modules
