"""Common ground of the archives that nobody vouches for.

ArchiveError, DamagedArchiveError
safe_parts   a member's path below the folder
Budget       a limit on what an archive may unpack to
"""

import os
import pathlib
import shutil

from inception.jobs import errors

# An archive bomb is a thousand times larger unpacked (gzip's most is 1032);
# photographs are barely larger. Small archives may do as they like.
_MAX_RATIO = 100
_ALWAYS_FINE = 2**30


class ArchiveError(errors.UserError):
  """The archive cannot be unpacked; the text says why."""


class DamagedArchiveError(ArchiveError):
  """It is not as it was made, or no archive at all."""


def damaged(
  archive: str | os.PathLike, error: BaseException
) -> DamagedArchiveError:
  """Returns the error for what a reader has found in an archive."""
  cause = ' '.join(str(error).split()) or type(error).__name__
  return DamagedArchiveError(
    f'{str(archive)!r} is truncated or damaged: {cause}'
  )


def safe_parts(name: str, archive: str | os.PathLike) -> tuple[str, ...]:
  """Returns the parts of a member's path below the folder.

  Args:
    name: the member's, with forward slashes.
    archive: for the error.

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
  """Returns the error for a link, a device or the like."""
  return ArchiveError(
    f'{str(archive)!r} has {name!r}, which is neither a plain file nor a '
    'folder: it is not unpacked'
  )


class Budget:
  """Counts what an archive unpacks to, and refuses a bomb."""

  def __init__(self, archive: str | os.PathLike, folder: str | os.PathLike):
    """Starts at nothing.

    Args:
      archive: an existing file.
      folder: an existing folder, where its files go.
    """
    self._archive = archive
    self._folder = folder
    self._limit = max(
      _ALWAYS_FINE, _MAX_RATIO * pathlib.Path(archive).stat().st_size
    )
    self._spent = 0

  def spend(self, size: int) -> None:
    """Counts so many bytes.

    Raises:
      ArchiveError: that is more than an honest archive unpacks to.
    """
    self._spent += size
    if self._spent > self._limit:
      raise ArchiveError(
        f'{str(self._archive)!r} unpacks to more than {self._limit:,} bytes, '
        'which is far more than its own size: it is not unpacked'
      )

  def check_space(self, size: int) -> None:
    """Checks beforehand that `size` bytes are free.

    Raises:
      ArchiveError: they are not.
    """
    free = shutil.disk_usage(self._folder).free
    if size > free:
      raise ArchiveError(
        f'{str(self._archive)!r} unpacks to {size:,} bytes and {free:,} are '
        f'free in {str(self._folder)!r}: free some space, or choose another '
        'folder'
      )
