"""The folder into which a command writes.

create         makes the folder
exclusive      keeps a second command out while the first one writes
guard          turns system errors within a block into one-sentence UserErrors
describe       describes a system error in one sentence
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
  """The folder is not writable; the text gives the reason and the remedy."""


def create(folder: str | os.PathLike) -> None:
  """Makes the folder and its parents, if they do not exist.

  Raises:
    FolderError: the folder cannot be made, or is a file.
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
  """Turns system errors within the block into one-sentence UserErrors.

  A BrokenPipeError is not changed: nobody would read the sentence.

  Args:
    folder: the folder in which the block works, for errors that name no file.

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
  """Returns a system error as one sentence.

  Args:
    error: the error, which may name a file.
    folder: the folder to name if the error names no file; '' if unknown.
  """
  text = str(error)
  path = error.filename or folder
  if error.strerror and path:
    text = f'cannot use {str(path)!r}: {error.strerror}'
  if os.strerror(errno.ENOSPC) in text:
    text += ': free some space and run the command again'
  return text


def _reason(error: OSError) -> str:
  return error.strerror or str(error)
