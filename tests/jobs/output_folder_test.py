"""Tests of the folder into which a command writes."""

import errno
import os

import pytest

from inception.jobs import errors
from inception.jobs import output_folder
from inception.testing import commands


def touch(folder, *names):
  for name in names:
    (folder / name).write_bytes(b'')


def test_create_makes_all_folders_of_a_path(tmp_path):
  folder = tmp_path / 'with space' / '\u00e4' / 'deep'
  output_folder.create(folder)
  output_folder.create(folder)
  assert folder.is_dir()


def test_file_in_place_of_the_folder_is_refused(tmp_path):
  touch(tmp_path, 'file')
  for path in (tmp_path / 'file', tmp_path / 'file' / 'below'):
    with pytest.raises(output_folder.FolderError, match='cannot make'):
      output_folder.create(path)


def test_a_second_process_is_kept_out(tmp_path):
  code = (
    'import sys\n'
    'from inception.jobs import output_folder\n'
    'try:\n'
    '  with output_folder.exclusive(sys.argv[1]):\n'
    '    print("in")\n'
    'except output_folder.FolderError as error:\n'
    '  print(error)\n'
  )

  def second():
    done = commands.python(code, arguments=[tmp_path])
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()

  with output_folder.exclusive(tmp_path):
    assert 'another command is writing into' in second()
  assert second() == 'in'


def test_the_lock_is_freed_after_an_error(tmp_path):
  with pytest.raises(ZeroDivisionError):
    with output_folder.exclusive(tmp_path):
      raise ZeroDivisionError
  with output_folder.exclusive(tmp_path):
    pass


def test_a_folder_that_is_not_writable_is_refused(tmp_path):
  # Not even the superuser can open a folder in place of the lock file.
  (tmp_path / '.being_prepared.lock').mkdir()
  with pytest.raises(output_folder.FolderError, match='cannot write into'):
    with output_folder.exclusive(tmp_path):
      pass


@pytest.mark.parametrize(
  ('error', 'text'),
  [
    (
      OSError(errno.EACCES, 'Permission denied', 'a b'),
      "cannot use 'a b': Permission denied",
    ),
    (
      OSError(errno.EIO, 'Input/output error'),
      "cannot use 'out': Input/output error",
    ),
    (OSError('cannot write x: it is gone'), 'cannot write x: it is gone'),
  ],
)
def test_error_is_described_with_its_file(error, text):
  assert output_folder.describe(error, 'out') == text
  with pytest.raises(errors.UserError) as caught:
    with output_folder.guard('out'):
      raise error
  assert str(caught.value) == text


def test_error_without_file_and_folder_is_unchanged():
  error = OSError(errno.EIO, 'Input/output error')
  assert output_folder.describe(error) == str(error)


@pytest.mark.parametrize(
  'error', [BrokenPipeError(), errors.UserError('x'), ZeroDivisionError()]
)
def test_other_errors_pass_the_guard(error):
  with pytest.raises(type(error)) as caught:
    with output_folder.guard('out'):
      raise error
  assert caught.value is error


@pytest.mark.parametrize(
  'error',
  [
    OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), 'x'),
    OSError(f'cannot write x: {os.strerror(errno.ENOSPC)}'),
  ],
)
def test_full_disk_is_reported_with_the_remedy(error):
  assert 'free some space' in output_folder.describe(error, 'out')
