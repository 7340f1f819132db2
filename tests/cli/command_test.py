"""Tests of inception.cli.command."""

import os
import pathlib
import subprocess
import sys

import pytest
from absl import flags

from inception.cli import command
from inception.jobs import errors
from inception.testing import commands


def test_relative_path_is_the_users_under_bazel_run(monkeypatch, tmp_path):
  monkeypatch.setenv('BUILD_WORKING_DIRECTORY', str(tmp_path))
  assert command.resolve_path('a b/c') == str(tmp_path / 'a b' / 'c')
  monkeypatch.setenv('BAZELW_WORKING_DIRECTORY', str(tmp_path / 'out'))
  assert command.resolve_path('c') == str(tmp_path / 'out' / 'c')
  monkeypatch.delenv('BAZELW_WORKING_DIRECTORY')
  monkeypatch.delenv('BUILD_WORKING_DIRECTORY')
  assert command.resolve_path('a b/c') == str(pathlib.Path('a b', 'c'))


def test_absolute_and_empty_paths_are_unchanged(monkeypatch, tmp_path):
  monkeypatch.setenv('BUILD_WORKING_DIRECTORY', str(tmp_path / 'elsewhere'))
  assert command.resolve_path(str(tmp_path / 'd') + '/') == str(tmp_path / 'd')
  assert command.resolve_path('') == ''


def test_leading_tilde_is_the_home_folder():
  assert command.resolve_path('~/x') == str(pathlib.Path.home() / 'x')


def test_argument_without_dashes_is_refused():
  command.check_no_arguments(['program'])
  with pytest.raises(errors.UserError, match="argument 'batch_size=3'"):
    command.check_no_arguments(['program', 'batch_size=3'])


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
    command.check_exists(str(path), 'flag')
  for path in (tmp_path / 'model.ckpt-8', tmp_path / 'no' / 'model'):
    with pytest.raises(errors.UserError, match='--flag: there is no'):
      command.check_exists(str(path), 'flag')


def test_check_folder(tmp_path):
  command.check_folder(str(tmp_path), 'flag')
  with pytest.raises(errors.UserError, match='--flag: .*not a folder'):
    command.check_folder(str(tmp_path / 'no'), 'flag')


def test_make_folder_creates_parents_and_leaves_no_file(tmp_path):
  folder = tmp_path / 'a b' / 'größe'
  command.make_folder(str(folder), 'flag')
  assert list(folder.iterdir()) == []


def test_make_folder_refuses_a_path_below_a_file(tmp_path):
  (tmp_path / 'file').write_bytes(b'')
  with pytest.raises(errors.UserError, match='--flag: cannot write into'):
    command.make_folder(str(tmp_path / 'file' / 'folder'), 'flag')


def load(environment=None, *, code='', **kwargs):
  """Returns the stderr of a program that loads TensorFlow."""
  program = (
    f'{code}\nfrom inception.cli import command\n'
    f'command.load_tensorflow(**{kwargs!r})\n'
    'import tensorflow as tf\ntf.zeros([3]) + 1\n'
  )
  return commands.python(program, environment or {}).stderr


def test_tensorflow_is_loaded_without_start_up_messages():
  assert load() == ''


def test_tensorflow_is_loaded_without_keras():
  code = (
    'import atexit, sys\n'
    'atexit.register(lambda: print("keras" in sys.modules, file=sys.stderr))'
  )
  assert load(code=code) == 'False\n'


def test_other_lines_from_the_import_are_passed_on(tmp_path):
  (tmp_path / 'tensorflow.py').write_text(
    'import os\nos.write(2, b"a warning of some kind\\n")\n'
    'os.write(2, b"oneDNN custom operations are on. You may see\\n")\n'
    'zeros = lambda shape: 0\n',
    encoding='utf-8',
  )
  code = f'import sys; sys.path.insert(0, {str(tmp_path)!r})'
  assert load(code=code) == 'a warning of some kind\n'


def test_crash_while_loading_tensorflow_is_reported(tmp_path):
  (tmp_path / 'tensorflow.py').write_text(
    'import os\nos.abort()\n', encoding='utf-8'
  )
  code = f'import sys; sys.path.insert(0, {str(tmp_path)!r})'
  assert 'Aborted' in load(code=code)


@pytest.fixture(name='holder')
def _holder(monkeypatch):
  """Flags for this test alone."""
  holder = flags.FlagValues()
  monkeypatch.setattr(command, 'FLAGS', holder)
  flags.DEFINE_integer('number', 1, 'help', flag_values=holder)
  return holder


def test_wrong_flag_is_one_line_on_stderr_and_exit_code_2(
  holder, capsys, monkeypatch
):
  del holder
  monkeypatch.setattr('sys.argv', ['/x/flowers_train'])
  with pytest.raises(SystemExit) as stopped:
    command._parse(['flowers_train', '--numbr=3'])
  assert stopped.value.code == 2
  error = capsys.readouterr().err
  assert error.count('\n') == 1
  assert error.startswith("flowers_train: Unknown command line flag 'numbr'")


def test_flags_are_parsed(holder):
  assert command._parse(['program', 'x', '--number=3']) == ['program', 'x']
  assert holder.number == 3


def test_naming_prefixes_only_user_errors():
  with pytest.raises(errors.UserError, match='^--html: no folder$'):
    with command.naming('html'):
      raise errors.UserError('no folder')
  with pytest.raises(ZeroDivisionError):
    with command.naming('html'):
      raise ZeroDivisionError


def run(*lines):
  """Returns the finished flowers_train whose main() has these lines."""
  program = [
    'import os, sys, warnings',
    'from inception.cli import command',
    'from inception.jobs import errors',
    'def main(argv):',
    *(f'  {line}' for line in lines),
    'sys.argv = ["/x/flowers_train.py"]',
    'command.run(main)',
  ]
  return commands.python('\n'.join(program), {})


@pytest.mark.parametrize(
  ('error', 'text'),
  [
    ('errors.UserError("give another")', 'give another'),
    (
      'OSError(28, os.strerror(28), "a b")',
      "cannot use 'a b': No space left on device: free some space and run "
      'the command again',
    ),
    ('OSError(13, "Permission denied")', '[Errno 13] Permission denied'),
  ],
)
@pytest.mark.skipif(sys.platform == 'win32', reason='other words')
def test_user_errors_are_one_line_and_exit_code_1(error, text):
  done = run(f'raise {error}')
  assert done.stderr == f'flowers_train: {text}\n'
  assert done.returncode == 1


def test_program_error_keeps_its_traceback():
  done = run('raise ZeroDivisionError')
  assert 'Traceback' in done.stderr
  assert done.returncode == 1


def test_main_returns_the_exit_code():
  assert run('return 3').returncode == 3


def test_notice_is_one_line_on_stderr():
  done = run(
    'warnings.warn("no lock", errors.UserNotice)', 'warnings.warn("another")'
  )
  first, second, *_ = done.stderr.splitlines()
  assert first == 'flowers_train: WARNING: no lock.'
  assert second.endswith('UserWarning: another')
  assert done.returncode == 0


def unread(code, stream, arguments=()):
  """Runs main() with a stream whose other end is closed from the start.

  Returns:
    (exit code, output to the other stream).
  """
  program = (
    'import sys\n'
    'from absl import flags\n'
    'from inception.cli import command\n'
    'flags.DEFINE_integer("number", 1, "Number of things.")\n'
    f'def main(argv):\n  {code}\n'
    f'sys.argv = ["/x/count.py", *{list(arguments)!r}]\n'
    'command.run(main)\n'
  )
  reader, writer = os.pipe()
  os.close(reader)
  done = subprocess.run(
    [sys.executable, '-c', program],
    env={**os.environ, 'PYTHONPATH': os.pathsep.join(sys.path)},
    encoding='utf-8',
    check=False,
    stdout=writer if stream == 'stdout' else subprocess.PIPE,
    stderr=writer if stream == 'stderr' else subprocess.PIPE,
  )
  os.close(writer)
  return done.returncode, done.stderr if stream == 'stdout' else done.stdout


@pytest.mark.skipif(sys.platform == 'win32', reason='other pipes')
@pytest.mark.parametrize(
  ('stream', 'code', 'arguments', 'exit_code'),
  [
    ('stdout', 'pass', ['--help'], 0),
    ('stdout', 'pass', ['--helpfull'], 0),
    ('stderr', 'pass', ['--numbr=3'], 2),
    ('stdout', 'print("a line"); print("another")', [], 1),
    ('stdout', 'print("no line end", end="")', [], 1),
    ('stderr', 'raise ValueError', [], 1),
    (
      'stderr',
      'from inception.jobs import errors; raise errors.UserError',
      [],
      1,
    ),
    ('stdout', 'return 3', [], 3),
  ],
)
def test_command_ends_quietly_after_its_reader(
  stream, code, arguments, exit_code
):
  assert unread(code, stream, arguments) == (exit_code, '')


def test_help_exits_with_0_and_shows_no_path_of_the_program():
  program = (
    'import sys\n'
    'sys.argv = ["/x/count.py", "--number=7", "--help"]\n'
    'from absl import flags\n'
    'from inception.cli import command\n'
    'flags.DEFINE_integer("number", 1, "Number of things.")\n'
    'def main(argv):\n  raise ZeroDivisionError\n'
    'command.run(main)\n'
  )
  done = commands.python(program, {})
  assert (done.returncode, done.stderr) == (0, '')
  assert done.stdout.startswith('Usage: count [--FLAG=VALUE ...]\n\nFlags:\n')
  assert '  --number: Number of things.\n' in done.stdout
  assert '/x/' not in done.stdout


@pytest.mark.skipif(sys.platform == 'win32', reason='a shell of its own')
def test_command_runs_without_standard_streams():
  program = (
    'import os, sys\nos.close(1)\nos.close(2)\n'
    'from inception.cli import command\n'
    'sys.stdout = sys.stderr = None\n'
    'command.run(lambda argv: 4)\n'
  )
  assert commands.python(program, {}).returncode == 4
