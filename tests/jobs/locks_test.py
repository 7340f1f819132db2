"""Tests of inception.jobs.locks."""

import errno
import os
import sys
import threading
import warnings

import filelock
import pytest

from inception.jobs import errors
from inception.jobs import locks
from inception.testing import commands

_BUSY = errors.UserError('somebody else is at work')


@pytest.fixture(autouse=True)
def nothing_reported(monkeypatch):
  monkeypatch.setattr(locks, '_reported', set())


def cannot_lock(monkeypatch, error):
  """Makes every lock fail with an error, as a network drive does."""

  def acquire(self, **unused):
    raise error

  monkeypatch.setattr(filelock.FileLock, 'acquire', acquire)


def test_a_second_process_is_kept_out_until_the_first_has_finished(tmp_path):
  path = tmp_path / 'a b' / '.lock'
  path.parent.mkdir()
  code = (
    'import sys\n'
    'from inception.jobs import locks\n'
    'try:\n'
    '  with locks.hold(sys.argv[1], busy=ValueError("busy")):\n'
    '    print("in")\n'
    'except ValueError as error:\n'
    '  print(error)\n'
  )

  def second():
    done = commands.python(code, arguments=[path])
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()

  with locks.hold(path, busy=_BUSY):
    assert second() == 'busy'
  assert second() == 'in'


def test_waiting_process_gets_the_lock_after_the_other(tmp_path):
  path = tmp_path / '.lock'
  order = []
  waiting = threading.Event()

  def wait():
    waiting.set()
    with locks.hold(path):
      order.append('second')

  with locks.hold(path):
    thread = threading.Thread(target=wait)
    thread.start()
    waiting.wait()
    order.append('first')
  thread.join()
  assert order == ['first', 'second']


def test_the_lock_is_freed_after_an_error(tmp_path):
  with pytest.raises(ZeroDivisionError):
    with locks.hold(tmp_path / '.lock', busy=_BUSY):
      raise ZeroDivisionError
  with locks.hold(tmp_path / '.lock', busy=_BUSY):
    pass


def test_file_that_cannot_be_created_is_an_error(tmp_path):
  (tmp_path / 'folder').mkdir()
  for path in (tmp_path / 'folder', tmp_path / 'missing' / '.lock'):
    with pytest.raises(OSError):
      with locks.hold(path):
        pass
  assert not (tmp_path / 'missing').exists()


def test_error_of_the_work_is_not_mistaken_for_one_of_the_lock(tmp_path):
  with pytest.raises(OSError, match='the work'):
    with locks.hold(tmp_path / '.lock'):
      raise OSError(errno.ENOLCK, 'the work')


@pytest.mark.parametrize('waits', [False, True])
@pytest.mark.parametrize(
  'number',
  [
    errno.ENOLCK,
    errno.ENOSYS,
    errno.EOPNOTSUPP,
    errno.EINVAL,
    errno.EPERM,
    errno.EIO,
  ],
)
def test_work_continues_without_a_lock_after_one_warning(
  monkeypatch, tmp_path, number, waits
):
  cannot_lock(monkeypatch, OSError(number, os.strerror(number)))
  done = []
  with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter('always')
    for name in ('.first', '.second'):
      with locks.hold(tmp_path / name, busy=None if waits else _BUSY):
        done.append(name)
  assert done == ['.first', '.second']
  (warning,) = caught
  assert warning.category is errors.UserNotice
  assert str(warning.message) == (
    f'the drive of {str(tmp_path)!r} cannot lock files '
    f'({os.strerror(number)}): run no other command that writes there until '
    'this one has finished'
  )


@pytest.mark.skipif(sys.platform == 'win32', reason='Windows has no flock')
@pytest.mark.parametrize(
  'number', [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP]
)
def test_refused_flock_does_not_keep_the_next_command_out(
  monkeypatch, tmp_path, number
):
  import fcntl

  def flock(*unused):
    raise OSError(number, os.strerror(number))

  with monkeypatch.context() as patched:
    patched.setattr(fcntl, 'flock', flock)
    with pytest.warns(errors.UserNotice, match='cannot lock files'):
      with locks.hold(tmp_path / '.lock', busy=_BUSY):
        pass
  with locks.hold(tmp_path / '.lock', busy=_BUSY):
    pass


def test_error_while_freeing_the_lock_is_ignored(monkeypatch, tmp_path):
  def release(self, **unused):
    raise OSError(errno.EIO, 'gone')

  with monkeypatch.context() as patched:
    patched.setattr(filelock.FileLock, 'release', release)
    with locks.hold(tmp_path / '.lock', busy=_BUSY):
      pass
