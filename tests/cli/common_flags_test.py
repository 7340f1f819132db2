"""Tests of inception.cli.common_flags."""

import pathlib

import pytest
from absl import flags

from inception import flowers_data
from inception.cli import common_flags
from inception.settings import config
from inception.settings import training_config
from inception.testing import commands


def test_default_is_the_dataclass_fields():
  assert (
    common_flags.default(training_config.TrainConfig, 'num_epochs_per_decay')
    == 30
  )


def test_a_relative_path_is_the_users_under_bazel_run(monkeypatch, tmp_path):
  monkeypatch.setenv('BUILD_WORKING_DIRECTORY', str(tmp_path))
  assert common_flags.resolve_path('a b/c') == str(tmp_path / 'a b' / 'c')
  monkeypatch.setenv('BAZELW_WORKING_DIRECTORY', str(tmp_path / 'out'))
  assert common_flags.resolve_path('c') == str(tmp_path / 'out' / 'c')
  monkeypatch.delenv('BAZELW_WORKING_DIRECTORY')
  monkeypatch.delenv('BUILD_WORKING_DIRECTORY')
  assert common_flags.resolve_path('a b/c') == str(pathlib.Path('a b', 'c'))


def test_an_absolute_path_and_none_stay(monkeypatch, tmp_path):
  monkeypatch.setenv('BUILD_WORKING_DIRECTORY', str(tmp_path / 'elsewhere'))
  assert common_flags.resolve_path(str(tmp_path / 'd') + '/') == str(
    tmp_path / 'd'
  )
  assert common_flags.resolve_path('') == ''


def test_a_leading_tilde_is_the_home_folder():
  assert common_flags.resolve_path('~/x') == str(pathlib.Path.home() / 'x')


def test_build_names_the_flag_whose_value_is_refused():
  with pytest.raises(
    common_flags.UserError, match='^--batch_size must be >= 1, got 0$'
  ):
    common_flags.build(config.InputConfig, data_dir='d', batch_size=0)


def test_load_data_names_the_flag_whose_folder_cannot_be_used(tmp_path):
  settings = config.InputConfig(data_dir=str(tmp_path), subset='train')
  with pytest.raises(common_flags.UserError, match='^--data_dir: no train-'):
    common_flags.load_data(settings, load=flowers_data.load)
  (tmp_path / 'train-00000-of-00001').write_bytes(b'')
  data = common_flags.load_data(settings, load=flowers_data.load)
  assert data.num_classes == 5
  with pytest.raises(
    common_flags.UserError, match='^--eval_subset: no validation-'
  ):
    common_flags.check_subset(data, 'validation', 'eval_subset')


def test_an_argument_without_dashes_is_refused():
  common_flags.check_no_arguments(['program'])
  with pytest.raises(common_flags.UserError, match="argument 'batch_size=3'"):
    common_flags.check_no_arguments(['program', 'batch_size=3'])


def test_check_exists_takes_files_folders_and_prefixes(tmp_path):
  (tmp_path / 'model.ckpt-7.index').write_bytes(b'')
  (tmp_path / 'v1').write_bytes(b'')
  for path in (
    '',
    tmp_path,
    tmp_path / 'v1',
    tmp_path / 'model.ckpt-7',
    tmp_path / 'model.ckpt-7.index',
  ):
    common_flags.check_exists(str(path), 'flag')
  for path in (tmp_path / 'model.ckpt-8', tmp_path / 'no' / 'model'):
    with pytest.raises(common_flags.UserError, match='--flag: there is no'):
      common_flags.check_exists(str(path), 'flag')


def test_check_folder(tmp_path):
  common_flags.check_folder(str(tmp_path), 'flag')
  with pytest.raises(common_flags.UserError, match='--flag: .*not a folder'):
    common_flags.check_folder(str(tmp_path / 'no'), 'flag')


def test_make_folder_makes_parents_and_leaves_nothing_in_it(tmp_path):
  folder = tmp_path / 'a b' / 'größe'
  common_flags.make_folder(str(folder), 'flag')
  assert list(folder.iterdir()) == []


def test_make_folder_refuses_what_a_file_blocks(tmp_path):
  (tmp_path / 'file').write_bytes(b'')
  with pytest.raises(common_flags.UserError, match='--flag: cannot write into'):
    common_flags.make_folder(str(tmp_path / 'file' / 'folder'), 'flag')


def load(environment=None, *, code='', **kwargs):
  """stderr of a program that loads TensorFlow."""
  program = (
    f'{code}\nfrom inception.cli import common_flags\n'
    f'common_flags.load_tensorflow(**{kwargs!r})\n'
    'import tensorflow as tf\ntf.zeros([3]) + 1\n'
  )
  return commands.python(program, environment or {}).stderr


def test_tensorflow_is_loaded_without_greetings():
  assert load() == ''


def test_other_lines_that_the_import_writes_are_passed_on(tmp_path):
  (tmp_path / 'tensorflow.py').write_text(
    'import os\nos.write(2, b"a warning of some kind\\n")\n'
    'os.write(2, b"oneDNN custom operations are on. You may see\\n")\n'
    'zeros = lambda shape: 0\n',
    encoding='utf-8',
  )
  code = f'import sys; sys.path.insert(0, {str(tmp_path)!r})'
  assert load(code=code) == 'a warning of some kind\n'


def test_a_crash_while_tensorflow_is_loaded_is_told(tmp_path):
  (tmp_path / 'tensorflow.py').write_text(
    'import os\nos.abort()\n', encoding='utf-8'
  )
  code = f'import sys; sys.path.insert(0, {str(tmp_path)!r})'
  assert 'Aborted' in load(code=code)


@pytest.fixture(name='holder')
def holder_of_the_commands_flags(monkeypatch):
  """A set of flags of the test's own."""
  holder = flags.FlagValues()
  monkeypatch.setattr(common_flags, 'FLAGS', holder)
  flags.DEFINE_integer('number', 1, 'help', flag_values=holder)
  return holder


def test_a_wrong_flag_is_one_line_on_stderr_and_exit_code_2(
  holder, capsys, monkeypatch
):
  del holder
  monkeypatch.setattr('sys.argv', ['/x/flowers_train'])
  with pytest.raises(SystemExit) as stopped:
    common_flags._parse(['flowers_train', '--numbr=3'])
  assert stopped.value.code == 2
  error = capsys.readouterr().err
  assert error.count('\n') == 1
  assert error.startswith("flowers_train: Unknown command line flag 'numbr'")


def test_flags_are_parsed(holder):
  assert common_flags._parse(['program', 'x', '--number=3']) == ['program', 'x']
  assert holder.number == 3


def test_a_notice_is_one_line_on_stderr(tmp_path):
  program = (
    'import sys, warnings\n'
    'from inception.cli import common_flags\n'
    'from inception.jobs import errors\n'
    'def main(argv):\n'
    '  warnings.warn("no lock", errors.UserNotice)\n'
    '  warnings.warn("another")\n'
    'sys.argv = ["/x/flowers_train.py"]\n'
    'common_flags.run(main)\n'
  )
  done = commands.python(program, {})
  first, second, *_ = done.stderr.splitlines()
  assert first == 'flowers_train: WARNING: no lock.'
  assert second.endswith('UserWarning: another')
  assert done.returncode == 0
