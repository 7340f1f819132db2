"""Locks between processes, by a file in the folder that they protect.

hold   keeps other processes out within a block

The system frees the lock of a process that crashes; the file stays. Some
network drives cannot lock files (NFS without lockd, some FUSE and SMB mounts).
Work continues there without a lock, after one warning per drive, because a
second command in the same folder is rare and a refusal would help nobody.
"""

import contextlib
import os
import pathlib
import warnings
from collections.abc import Iterator

import filelock

from inception.jobs import errors

# Devices (os.stat's st_dev) that cannot lock files and were reported: a command
# may take several locks on one drive, and one line about it is enough.
_reported: set[int] = set()


@contextlib.contextmanager
def hold(
  path: str | os.PathLike, *, busy: Exception | None = None
) -> Iterator[None]:
  """Holds the lock of a file within the block.

  Args:
    path: the path of the lock file, which is created if it does not exist; its
      folder must exist.
    busy: the error to raise at once if another process holds the lock; None
      waits for that process.

  Raises:
    OSError: the file cannot be created or opened.
    Exception: `busy`.
  """
  # Created here to distinguish an unwritable folder from a drive that cannot
  # lock files.
  os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o666))
  # filelock's own fallback is a file that would survive a crash and keep every
  # later command out.
  lock = filelock.FileLock(path, fallback_to_soft=False)
  try:
    lock.acquire(timeout=-1 if busy is None else 0)
  except filelock.Timeout as error:
    if busy is None:
      raise
    raise busy from error
  except OSError as error:
    _report(path, error)
  try:
    yield
  finally:
    # The system frees the lock when the process ends, at the latest.
    with contextlib.suppress(OSError):
      lock.release()


def _report(path: str | os.PathLike, error: OSError) -> None:
  """Warns once per drive that it cannot lock files."""
  device = os.stat(path).st_dev
  if device in _reported:
    return
  _reported.add(device)
  warnings.warn(
    f'the drive of {str(pathlib.Path(path).parent)!r} cannot lock files '
    f'({error.strerror or error}): run no other command that writes there '
    'until this one has finished',
    errors.UserNotice,
    stacklevel=2,
  )
