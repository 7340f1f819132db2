"""Unpacks an untrusted tar file.

  unpack      unpacks all files of an archive into a folder
  file_names  the names of its files

This module writes the files instead of tarfile, so that only plain files and
folders with the user's own permissions are created, on every version of Python.
Links, devices, names that lead out of the folder and archive bombs are refused.
"""

import lzma
import os
import pathlib
import tarfile
import zlib
from collections.abc import Iterator
from typing import IO, BinaryIO, cast

from inception.downloads import archive_members
from inception.downloads import web_pages

_CHUNK = 2**20
# Errors that reading a damaged archive raises.
_DAMAGE = (
  tarfile.TarError,
  OSError,
  EOFError,
  ValueError,
  zlib.error,
  lzma.LZMAError,
)


ArchiveError = archive_members.ArchiveError
DamagedArchiveError = archive_members.DamagedArchiveError

# Unsupported archives that users may give, by their first bytes.
_OTHERS = {
  b'7z\xbc\xaf\x27\x1c': '7-Zip',
  b'Rar!\x1a\x07': 'RAR',
  b'\x28\xb5\x2f\xfd': 'Zstandard',
}


def unpack(archive: str | os.PathLike, folder: str | os.PathLike) -> int:
  """Unpacks a .tar, .tgz, .tar.bz2 or .tar.xz file.

  Args:
    archive: the path of the file; its compression is detected from the content.
    folder: an existing folder. After an error it may contain some of the files.

  Returns:
    The number of unpacked files.

  Raises:
    DamagedArchiveError: the file is damaged, truncated or not a tar file.
    ArchiveError: the archive has a member that would not be a plain file below
      `folder`, is a bomb, or is an archive of another kind.
    OSError: the archive cannot be opened, or a file cannot be written.
  """
  num_files = 0
  budget = archive_members.Budget(archive, folder)
  with open(archive, 'rb') as file:
    with _open(file, archive) as tar:
      for member, parts in _members(tar, archive):
        path = pathlib.Path(folder, *parts)
        if member.isdir():
          path.mkdir(parents=True, exist_ok=True)
        else:
          budget.spend(member.size)
          path.parent.mkdir(parents=True, exist_ok=True)
          # Only links and devices have no content; _safe_parts refuses them.
          source = cast(IO[bytes], tar.extractfile(member))
          with open(path, 'wb') as target:
            archive_members.copy(source, target, archive, _DAMAGE)
          num_files += 1
  return num_files


def file_names(archive: str | os.PathLike) -> list[str]:
  """Returns the names of the archive's files, with forward slashes.

  Raises:
    ArchiveError: the archive is damaged, or has members that unpack refuses.
    OSError: the archive cannot be opened.
  """
  with open(archive, 'rb') as file, _open(file, archive) as tar:
    return [
      '/'.join(parts)
      for member, parts in _members(tar, archive)
      if not member.isdir()
    ]


def _open(file: BinaryIO, archive: str | os.PathLike) -> tarfile.TarFile:
  try:
    return tarfile.open(fileobj=file, mode='r:*')
  except _DAMAGE as error:
    raise _no_tar(archive) from error


def _no_tar(archive: str | os.PathLike) -> ArchiveError:
  """Returns the error for a file that tarfile cannot open."""
  if web_pages.is_page_file(archive):
    return DamagedArchiveError(
      f'{str(archive)!r} is not an archive but a web page: download it again'
    )
  with open(archive, 'rb') as file:
    head = file.read(8)
  for start, name in _OTHERS.items():
    if head.startswith(start):
      return ArchiveError(
        f'{str(archive)!r} is a {name} archive: unpack it, and give a ZIP or '
        'tar file of its content'
      )
  return DamagedArchiveError(
    f'{str(archive)!r} is not a tar file, or is damaged in its header'
  )


def _members(
  tar: tarfile.TarFile, archive: str | os.PathLike
) -> Iterator[tuple[tarfile.TarInfo, tuple[str, ...]]]:
  """Yields each member and the parts of its path.

  Then it reads to the end of the archive, where the checksum is.
  """
  # An open archive has a file.
  file = cast(BinaryIO, tar.fileobj)
  try:
    for member in tar:
      yield member, _safe_parts(member, archive)
    while file.read(_CHUNK):
      pass
  except _DAMAGE as error:
    raise archive_members.damaged(archive, error) from error


def _safe_parts(
  member: tarfile.TarInfo, archive: str | os.PathLike
) -> tuple[str, ...]:
  """Returns the parts of the member's path below the folder."""
  if member.issparse() or not (member.isreg() or member.isdir()):
    raise archive_members.not_plain(member.name, archive)
  return archive_members.safe_parts(member.name, archive)
