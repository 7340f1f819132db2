"""Writes files that appear complete or not at all.

write_text, write_bytes   write a small file
writing                   a block in which other code writes a file, such as an
                          archive or an image
put_in_place              the final step alone, for a file written over hours
replace, sync_file, sync_folder   the parts of put_in_place
temporary_path            the path at which the block of `writing` writes

A file is written under a temporary name in the same folder, flushed to the
disk, and renamed. A reader sees the old file or the new one, and so does the
next run after a crash or a power cut. An error leaves the old file and no
temporary; a kill leaves a temporary that the next write of the same file
replaces. Two processes must not write one file at the same time: see locks.
"""

import contextlib
import os
import pathlib
import time
from collections.abc import Iterator

# Windows refuses to replace a file while another program reads it; a virus
# scanner or an evaluation does so for a moment only.
_REPLACE_PAUSES_SECS = (0.05, 0.2, 0.5, 1.0)


def write_text(path: str | os.PathLike, text: str) -> None:
  r"""Writes a text in UTF-8, with \n at the end of each line on any system.

  Raises:
    OSError: it cannot be written; the old file is still there.
  """
  write_bytes(path, text.encode('utf-8'))


def write_bytes(path: str | os.PathLike, content: bytes) -> None:
  """Writes bytes to a file, replacing an existing one.

  Raises:
    OSError: it cannot be written; the old file is still there.
  """
  with writing(path) as temporary:
    temporary.write_bytes(content)


@contextlib.contextmanager
def writing(
  path: str | os.PathLike, *, durable: bool = True
) -> Iterator[pathlib.Path]:
  """Yields a temporary path; the file that the block writes there is renamed.

  Args:
    path: the final path of the file.
    durable: True flushes the file to the disk, which takes about 10 ms. False
      is for thousands of files that can be made again.

  Raises:
    OSError: it cannot be written; the old file is still there.
  """
  temporary = temporary_path(path)
  try:
    yield temporary
    if durable:
      put_in_place(temporary, path)
    else:
      replace(temporary, path)
  finally:
    temporary.unlink(missing_ok=True)


def temporary_path(path: str | os.PathLike) -> pathlib.Path:
  """Returns the temporary name of a file, in the same folder.

  It begins with a dot and ends with .tmp, so that no search for images, shards
  or checkpoints finds it.
  """
  path = pathlib.Path(path)
  return path.with_name(f'.{path.name.removeprefix(".")}.tmp')


def put_in_place(source: str | os.PathLike, target: str | os.PathLike) -> None:
  """Renames a closed file within its folder after flushing it to the disk.

  Raises:
    OSError: the disk is full or fails, or the target cannot be replaced.
  """
  sync_file(source)
  replace(source, target)
  sync_folder(pathlib.Path(target).parent)


def replace(source: str | os.PathLike, target: str | os.PathLike) -> None:
  """Renames a file as os.replace does; on Windows, waits for readers.

  Raises:
    OSError: the target cannot be replaced.
  """
  for pause in _REPLACE_PAUSES_SECS:
    try:
      os.replace(source, target)
      return
    except PermissionError:
      time.sleep(pause)
  os.replace(source, target)


def sync_file(path: str | os.PathLike) -> None:
  """Flushes a closed file to the disk.

  Raises:
    OSError: some disks report only here that they are full.
  """
  with open(path, 'rb+') as file:
    os.fsync(file.fileno())


def sync_folder(path: str | os.PathLike) -> None:
  """Flushes the names in a folder to the disk, if the system supports it.

  Windows and some network drives do not; they write the names later.
  """
  with contextlib.suppress(OSError):
    folder = os.open(path, os.O_RDONLY)
    try:
      os.fsync(folder)
    finally:
      os.close(folder)
