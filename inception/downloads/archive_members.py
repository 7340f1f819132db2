"""Checks and copying shared by the readers of untrusted archives.

ArchiveError, DamagedArchiveError
damaged, not_plain   make such errors
safe_parts           a member's path below the folder
copy                 copies the bytes of a member
Budget               a limit on the unpacked size of an archive
"""

import os
import pathlib
import shutil
from typing import IO, BinaryIO

from inception.jobs import errors

# An archive bomb unpacks to a thousand times its size (gzip's maximum is 1032);
# photographs become barely larger. Up to 1 GiB any ratio is accepted.
_MAX_RATIO = 100
_ALWAYS_FINE = 2**30
_CHUNK = 2**20


class ArchiveError(errors.UserError):
  """The archive cannot be unpacked; the text gives the reason."""


class DamagedArchiveError(ArchiveError):
  """The archive is damaged or truncated, or the file is not an archive."""


def damaged(
  archive: str | os.PathLike, error: BaseException
) -> DamagedArchiveError:
  """Returns the error for a damaged archive.

  Args:
    archive: the path of the archive.
    error: the error that its reader raised.
  """
  cause = ' '.join(str(error).split()) or type(error).__name__
  return DamagedArchiveError(
    f'{str(archive)!r} is truncated or damaged: {cause}'
  )


def safe_parts(name: str, archive: str | os.PathLike) -> tuple[str, ...]:
  """Returns the parts of a member's path below the folder.

  Args:
    name: the name of the member, with forward slashes.
    archive: the path of the archive, for the error.

  Raises:
    ArchiveError: the path would leave the folder.
  """
  parts = pathlib.PurePosixPath(name).parts
  for part in parts:
    windows = pathlib.PureWindowsPath(part)
    if part in ('/', '//', '..') or windows.drive or '\\' in part:
      raise ArchiveError(
        f'{str(archive)!r} has {name!r}, which would '
        'leave the folder: it is not unpacked'
      )
  return parts


def not_plain(name: str, archive: str | os.PathLike) -> ArchiveError:
  """Returns the error for a member that is a link, a device or the like."""
  return ArchiveError(
    f'{str(archive)!r} has {name!r}, which is neither a plain file nor a '
    'folder: it is not unpacked'
  )


def copy(
  source: IO[bytes],
  target: BinaryIO,
  archive: str | os.PathLike,
  damage: tuple[type[Exception], ...],
) -> None:
  """Copies the bytes of a member; an error while writing stays an OSError.

  Args:
    source: opened member.
    target: file to write into.
    archive: the path of the archive, for the error.
    damage: errors that reading a damaged archive raises.

  Raises:
    DamagedArchiveError: the member cannot be read.
    OSError: the file cannot be written.
  """
  while True:
    try:
      chunk = source.read(_CHUNK)
    except damage as error:
      raise damaged(archive, error) from error
    if not chunk:
      return
    target.write(chunk)


class Budget:
  """Counts the bytes that an archive unpacks to, and refuses a bomb."""

  def __init__(self, archive: str | os.PathLike, folder: str | os.PathLike):
    """Sets the limit from the archive's size.

    Args:
      archive: an existing file.
      folder: an existing folder, into which its files are unpacked.
    """
    self._archive = archive
    self._folder = folder
    self._limit = max(
      _ALWAYS_FINE, _MAX_RATIO * pathlib.Path(archive).stat().st_size
    )
    self._spent = 0

  def spend(self, size: int) -> None:
    """Adds `size` unpacked bytes.

    Raises:
      ArchiveError: the sum is more than a benign archive unpacks to.
    """
    self._spent += size
    if self._spent > self._limit:
      raise ArchiveError(
        f'{str(self._archive)!r} unpacks to more than {self._limit:,} bytes, '
        'which is far more than its own size: it is not unpacked'
      )

  def check_space(self, size: int) -> None:
    """Checks that `size` bytes are free in the folder.

    Raises:
      ArchiveError: fewer bytes are free.
    """
    free = shutil.disk_usage(self._folder).free
    if size > free:
      raise ArchiveError(
        f'{str(self._archive)!r} unpacks to {size:,} bytes and {free:,} are '
        f'free in {str(self._folder)!r}: free some space, or choose another '
        'folder'
      )
