"""Unpacks archives that nobody vouches for, ZIP or tar.

kind        'ZIP' or 'tar', by the content
unpack      every file of an archive, below one folder
file_names  the names of its files
"""

import os
from collections.abc import Iterable

from inception.downloads import archive_members
from inception.downloads import safe_tar
from inception.downloads import safe_zip

ArchiveError = archive_members.ArchiveError
DamagedArchiveError = archive_members.DamagedArchiveError

ZIP = 'ZIP'
TAR = 'tar'


def kind(archive: str | os.PathLike) -> str:
  """Returns ZIP for a ZIP file and TAR for every other one.

  Raises:
    OSError: it cannot be read.
  """
  return ZIP if safe_zip.is_zip(archive) else TAR


def unpack(archive: str | os.PathLike, folder: str | os.PathLike) -> int:
  """Unpacks a .zip, .tar, .tgz, .tar.bz2 or .tar.xz file; counts the files.

  Args:
    archive: the file; its content says what it is.
    folder: an existing folder. Where an error is raised, some files are in it.

  Raises:
    DamagedArchiveError: the archive is damaged, truncated or no archive.
    ArchiveError: it cannot be unpacked safely, or does not fit.
    OSError: the archive cannot be opened, or a file cannot be written.
  """
  if kind(archive) == ZIP:
    return safe_zip.unpack(archive, folder)
  return safe_tar.unpack(archive, folder)


def file_names(archive: str | os.PathLike) -> Iterable[str]:
  """Returns the names of the archive's files, with forward slashes.

  Raises:
    ArchiveError: it is damaged, or has members that are not safe.
    OSError: it cannot be opened.
  """
  if kind(archive) == ZIP:
    return safe_zip.file_names(archive)
  return safe_tar.file_names(archive)
