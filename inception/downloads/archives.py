"""Unpacks untrusted archives, ZIP or tar.

kind        'ZIP' or 'tar', detected from the content
unpack      unpacks all files of an archive into a folder
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
  """Returns ZIP for a ZIP file and TAR for any other file.

  Raises:
    OSError: the file cannot be read.
  """
  return ZIP if safe_zip.is_zip(archive) else TAR


def unpack(archive: str | os.PathLike, folder: str | os.PathLike) -> int:
  """Unpacks a .zip, .tar, .tgz, .tar.bz2 or .tar.xz file.

  Args:
    archive: the path of the file, whose format is detected from its content.
    folder: an existing folder. After an error it may contain some of the files.

  Returns:
    The number of unpacked files.

  Raises:
    DamagedArchiveError: the file is damaged, truncated or not an archive.
    ArchiveError: it cannot be unpacked safely, or does not fit on the disk.
    OSError: the archive cannot be opened, or a file cannot be written.
  """
  if kind(archive) == ZIP:
    return safe_zip.unpack(archive, folder)
  return safe_tar.unpack(archive, folder)


def file_names(archive: str | os.PathLike) -> Iterable[str]:
  """Returns the names of the archive's files, with forward slashes.

  Raises:
    ArchiveError: the archive is damaged, or has unsafe members.
    OSError: the archive cannot be opened.
  """
  if kind(archive) == ZIP:
    return safe_zip.file_names(archive)
  return safe_tar.file_names(archive)
