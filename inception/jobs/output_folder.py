"""The folder that a command writes into.

create         makes the folder
exclusive      keeps a second command out while the first one writes
describe       what the system says of a file, as a sentence
"""

import contextlib
import errno
import os
import pathlib
from collections.abc import Iterator

import filelock

_LOCK_FILE = '.being_prepared.lock'


class FolderError(ValueError):
  """The folder cannot be written into; the text says why and what to do."""


def create(folder: str | os.PathLike) -> None:
  """Makes the folder, and those above it, where they do not exist.

  Raises:
    FolderError: it cannot be made, or is a file.
  """
  try:
    os.makedirs(folder, exist_ok=True)
  except OSError as error:
    raise FolderError(
      f'cannot make the folder {str(folder)!r}: {_reason(error)}'
    ) from error


@contextlib.contextmanager
def exclusive(folder: str | os.PathLike) -> Iterator[None]:
  """Holds the folder's lock within the block; the system frees it on a crash.

  Raises:
    FolderError: another process holds it, or the folder is not writable.
  """
  lock = filelock.FileLock(pathlib.Path(folder) / _LOCK_FILE)
  try:
    lock.acquire(timeout=0)
  except filelock.Timeout as error:
    raise FolderError(
      f'another command is writing into {str(folder)!r}: wait '
      'until it has finished'
    ) from error
  except OSError as error:
    raise FolderError(
      f'cannot write into {str(folder)!r}: {_reason(error)}'
    ) from error
  try:
    yield
  finally:
    lock.release()


def describe(error: OSError, folder: str) -> str:
  """Returns the system's error as a sentence.

  Args:
    error: as the system raised it; some name no file.
    folder: where it was at work, for those.
  """
  text = str(error)
  if error.strerror:
    text = f'cannot use {str(error.filename or folder)!r}: {error.strerror}'
  if os.strerror(errno.ENOSPC) in text:
    text += ': free some space and run the command again'
  return text


def _reason(error: OSError) -> str:
  return error.strerror or str(error)
