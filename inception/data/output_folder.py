"""A folder that a command writes into: its own, and free of others' shards.

  create         makes the folder
  exclusive      keeps a second command out while the first one writes
  check_shards   refuses to mix or overwrite what this program did not write
  own_shards     in how many shards this program's records are
  describe       what the system says of a file, as a sentence
"""

import contextlib
import errno
import os
import pathlib
from collections.abc import Iterator, Mapping

import filelock

from inception import dataset

_LOCK_FILE = '.being_prepared.lock'
_SUBSETS = ('train', 'validation', 'test')


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
    raise FolderError(f'cannot make the folder {str(folder)!r}: '
                      f'{_reason(error)}') from error


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
    raise FolderError(f'another command is writing into {str(folder)!r}: wait '
                      'until it has finished') from error
  except OSError as error:
    raise FolderError(f'cannot write into {str(folder)!r}: '
                      f'{_reason(error)}') from error
  try:
    yield
  finally:
    lock.release()


def check_shards(folder: str | os.PathLike,
                 num_shards: Mapping[str, int]) -> None:
  """Checks that writing these shards mixes with and destroys nothing.

  Records with dataset_info.json beside them are this program's own and may be
  written anew.

  Args:
    folder: where the shards will be.
    num_shards: {subset: how many shards}.

  Raises:
    FolderError: there are shards of another number, or of another program.
  """
  is_ours = (pathlib.Path(folder) / dataset.INFO_FILE).is_file()
  for subset in _SUBSETS:
    if subset not in num_shards and dataset.find_shards(folder, subset):
      raise FolderError(
          f'{str(folder)!r} holds {subset} records, and this command would '
          'write other subsets beside them: move them away or choose another '
          'folder')
  for subset, number in num_shards.items():
    sets = dataset.find_shards(folder, subset)
    others = sorted(set(sets) - {number})
    if sets and not is_ours:
      raise FolderError(
          f'{str(folder)!r} holds {subset} records that this program did not '
          f'write (no {dataset.INFO_FILE} beside them): move them away or '
          'choose another folder')
    if others:
      raise FolderError(
          f'{str(folder)!r} holds {subset} records in {others[0]} shards, and '
          f'{number} would be added beside them: move the old ones away or ask '
          f'for {others[0]}')


def own_shards(folder: str | os.PathLike, subset: str) -> int | None:
  """Returns in how many shards this program's records of a subset are.

  None where there are none, or where they are not this program's.
  """
  try:
    sets = dataset.find_shards(folder, subset)
  except OSError:
    return None
  is_ours = (pathlib.Path(folder) / dataset.INFO_FILE).is_file()
  return next(iter(sets)) if is_ours and len(sets) == 1 else None


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
