"""The folder that a command writes into.

create         makes the folder
exclusive      keeps a second command out while the first one writes
guard          turns the system's errors of a block into sentences
describe       one such error, as a sentence
"""

import contextlib
import errno
import os
import pathlib
from collections.abc import Iterator

from inception.jobs import errors
from inception.jobs import locks

_LOCK_FILE = '.being_prepared.lock'


class FolderError(errors.UserError):
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
  """Holds the folder's lock within the block; see locks.hold.

  Raises:
    FolderError: another process holds it, or the folder is not writable.
  """
  busy = FolderError(
    f'another command is writing into {str(folder)!r}: wait '
    'until it has finished'
  )
  with contextlib.ExitStack() as stack:
    try:
      stack.enter_context(
        locks.hold(pathlib.Path(folder) / _LOCK_FILE, busy=busy)
      )
    except OSError as error:
      raise FolderError(
        f'cannot write into {str(folder)!r}: {_reason(error)}'
      ) from error
    yield


@contextlib.contextmanager
def guard(folder: str | os.PathLike) -> Iterator[None]:
  """Turns the system's errors within the block into sentences.

  A closed pipe is left alone: nobody reads what would be said.

  Args:
    folder: where the block is at work, for errors that name no file.

  Raises:
    UserError: the block raised an OSError.
  """
  try:
    yield
  except BrokenPipeError:
    raise
  except OSError as error:
    raise errors.UserError(describe(error, folder)) from error


def describe(error: OSError, folder: str | os.PathLike = '') -> str:
  """Returns the system's error as a sentence.

  Args:
    error: as the system raised it; some name no file.
    folder: where it was at work, for those; '' where nobody knows.
  """
  text = str(error)
  place = error.filename or folder
  if error.strerror and place:
    text = f'cannot use {str(place)!r}: {error.strerror}'
  if os.strerror(errno.ENOSPC) in text:
    text += ': free some space and run the command again'
  return text


def _reason(error: OSError) -> str:
  return error.strerror or str(error)
