"""Unpacks a tar file that nobody vouches for.

  unpack   every file of an archive, below one folder

This module makes the files, and not tarfile: plain files and folders with the
user's own permissions and nothing else, on every version of Python. Links,
devices and names that lead elsewhere are refused.
"""

import lzma
import os
import pathlib
import tarfile
import zlib

from inception.jobs import errors

_CHUNK = 2**20
# What reading a damaged archive raises.
_DAMAGE = (
  tarfile.TarError,
  OSError,
  EOFError,
  ValueError,
  zlib.error,
  lzma.LZMAError,
)


class ArchiveError(errors.UserError):
  """The archive cannot be unpacked; the text says why."""


def unpack(archive: str | os.PathLike, folder: str | os.PathLike) -> int:
  """Unpacks a .tar, .tgz, .tar.bz2 or .tar.xz file; returns how many files.

  Args:
    archive: the file; its content says how it is compressed.
    folder: an existing folder. Where an error is raised, some files are in it.

  Raises:
    ArchiveError: the archive is damaged or truncated, or has a member that
      would not be a plain file below `folder`.
    OSError: the archive cannot be opened, or a file cannot be written.
  """
  num_files = 0
  with open(archive, 'rb') as file:
    with _open(file, archive) as tar:
      for member in _members(tar, archive):
        path = pathlib.Path(folder, *_safe_parts(member, archive))
        if member.isdir():
          path.mkdir(parents=True, exist_ok=True)
        else:
          path.parent.mkdir(parents=True, exist_ok=True)
          with open(path, 'wb') as target:
            _copy(tar, member, target, archive)
          num_files += 1
  return num_files


def _open(file, archive) -> tarfile.TarFile:
  try:
    return tarfile.open(fileobj=file, mode='r:*')
  except _DAMAGE as error:
    raise ArchiveError(
      f'{str(archive)!r} is not a tar file, or is damaged in its header'
    ) from error


def _members(tar, archive):
  """Yields the members; reads on to the end, where the checksum is."""
  try:
    yield from tar
    while tar.fileobj.read(_CHUNK):
      pass
  except _DAMAGE as error:
    raise _damaged(archive, error) from error


def _safe_parts(
  member: tarfile.TarInfo, archive: str | os.PathLike
) -> tuple[str, ...]:
  """Returns the parts of the member's path below the folder."""
  if member.issparse() or not (member.isreg() or member.isdir()):
    raise ArchiveError(
      f'{str(archive)!r} has {member.name!r}, which is '
      'neither a plain file nor a folder: it is not unpacked'
    )
  parts = pathlib.PurePosixPath(member.name).parts
  for part in parts:
    windows = pathlib.PureWindowsPath(part)
    if part in ('/', '//', '..') or windows.drive or '\\' in part:
      raise ArchiveError(
        f'{str(archive)!r} has {member.name!r}, which would '
        'leave the folder: it is not unpacked'
      )
  return parts


def _copy(tar, member, target, archive) -> None:
  """Copies a member's bytes; an error while writing stays an OSError."""
  source = tar.extractfile(member)
  while True:
    try:
      chunk = source.read(_CHUNK)
    except _DAMAGE as error:
      raise _damaged(archive, error) from error
    if not chunk:
      return
    target.write(chunk)


def _damaged(archive, error) -> ArchiveError:
  return ArchiveError(
    f'{str(archive)!r} is truncated or damaged: {_one_line(error)}'
  )


def _one_line(error: BaseException) -> str:
  return ' '.join(str(error).split()) or type(error).__name__
