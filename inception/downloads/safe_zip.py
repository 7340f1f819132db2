"""Unpacks an untrusted ZIP file.

  is_zip      recognises a ZIP file by its content
  unpack      unpacks all files of an archive into a folder
  file_names  the names of its files

As in safe_tar, this module writes the files itself: plain files with the user's
own permissions. Links, names that lead out of the folder and archive bombs are
refused.
"""

import lzma
import os
import pathlib
import stat
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from inception.downloads import archive_members

_STARTS = (b'PK\x03\x04', b'PK\x05\x06')  # The second begins an empty archive.
# Systems that store a file's kind as Unix does: Unix and macOS.
_UNIX = (3, 19)
_IS_ENCRYPTED = 0x1
# Folder of metadata that macOS adds; it has none of the user's files.
_NOTES = '__MACOSX'
# Errors that reading a damaged archive raises.
_DAMAGE = (
  zipfile.BadZipFile,
  OSError,
  EOFError,
  ValueError,
  LookupError,
  zlib.error,
  lzma.LZMAError,
)


def is_zip(path: str | os.PathLike) -> bool:
  """Returns True if the file begins like a ZIP file.

  Raises:
    OSError: the file cannot be read.
  """
  with open(path, 'rb') as file:
    return file.read(4) in _STARTS


def unpack(archive: str | os.PathLike, folder: str | os.PathLike) -> int:
  """Unpacks a ZIP file.

  Args:
    archive: the path of the file.
    folder: an existing folder. After an error it may contain some of the files.

  Returns:
    The number of unpacked files.

  Raises:
    DamagedArchiveError: the archive is damaged or truncated.
    ArchiveError: the archive is encrypted, does not fit on the disk, is a bomb,
      or has a member that would not be a plain file below `folder`.
    OSError: the archive cannot be opened, or a file cannot be written.
  """
  budget = archive_members.Budget(archive, folder)
  with open(archive, 'rb') as file, _open(file, archive) as unpacked:
    # Check all members first, so that nothing of a bad archive is written.
    members = list(_members(unpacked, archive))
    size = sum(info.file_size for info, _ in members)
    budget.spend(size)
    budget.check_space(size)
    num_files = 0
    for info, parts in members:
      path = pathlib.Path(folder, *parts)
      if _is_folder(info):
        path.mkdir(parents=True, exist_ok=True)
        continue
      path.parent.mkdir(parents=True, exist_ok=True)
      with open(path, 'wb') as target:
        _copy(unpacked, info, target, archive)
      num_files += 1
  return num_files


def file_names(archive: str | os.PathLike) -> list[str]:
  """Returns the names of the archive's files, with forward slashes.

  Raises:
    DamagedArchiveError: the archive is damaged or truncated.
    ArchiveError: the archive has members that unpack refuses.
    OSError: the archive cannot be opened.
  """
  with open(archive, 'rb') as file, _open(file, archive) as unpacked:
    return [
      '/'.join(parts)
      for info, parts in _members(unpacked, archive)
      if not _is_folder(info)
    ]


def _open(file: BinaryIO, archive: str | os.PathLike) -> zipfile.ZipFile:
  try:
    return zipfile.ZipFile(file)
  except _DAMAGE as error:
    raise archive_members.damaged(archive, error) from error
  except NotImplementedError as error:
    raise archive_members.ArchiveError(
      f'{str(archive)!r} cannot be unpacked ({error}): make a ZIP or tar file '
      'of it without special options'
    ) from error


def _members(
  unpacked: zipfile.ZipFile, archive: str | os.PathLike
) -> Iterator[tuple[zipfile.ZipInfo, tuple[str, ...]]]:
  """Yields each member and the parts of its path.

  Raises:
    ArchiveError: one of them cannot be unpacked.
  """
  for info in unpacked.infolist():
    # PowerShell 5 and .NET write backslashes, contrary to ZIP's specification.
    name = info.filename.replace('\\', '/')
    parts = archive_members.safe_parts(name, archive)
    kind = stat.S_IFMT(info.external_attr >> 16)
    if info.create_system in _UNIX and kind not in (
      0,
      stat.S_IFREG,
      stat.S_IFDIR,
    ):
      raise archive_members.not_plain(name, archive)
    if info.flag_bits & _IS_ENCRYPTED:
      raise archive_members.ArchiveError(
        f'{str(archive)!r} is encrypted: unpack it with its password, and give '
        'a ZIP or tar file without one'
      )
    if parts and parts[0] != _NOTES:
      yield info, parts


def _is_folder(info: zipfile.ZipInfo) -> bool:
  return info.filename.endswith(('/', '\\'))


def _copy(
  unpacked: zipfile.ZipFile,
  info: zipfile.ZipInfo,
  target: BinaryIO,
  archive: str | os.PathLike,
) -> None:
  """Copies a member's bytes; an error while writing stays an OSError."""
  try:
    source = unpacked.open(info)
  except (NotImplementedError, RuntimeError) as error:
    raise archive_members.ArchiveError(
      f'{str(archive)!r}: {info.filename!r} is compressed by an unsupported '
      f'method ({error}): make a ZIP file with the usual method, Deflate, or a '
      'tar file'
    ) from error
  except _DAMAGE as error:
    raise archive_members.damaged(archive, error) from error
  with source:
    archive_members.copy(source, target, archive, _DAMAGE)
