"""The files that arguments name: paths, folders, patterns, or a list.

expand      returns the FileList of arguments
read_list   returns the paths in the bytes of standard input
FileList    the files
InputError  an argument names no image

Not every shell expands '*.jpg', and none does within quotation marks: a
pattern that is not itself a file's name is expanded here, too.
"""

import dataclasses
import glob
import os
from collections.abc import Callable, Iterable, Sequence

from inception.images import directory_entries
from inception.images import image_files
from inception.images import image_signatures
from inception.jobs import errors

STDIN = '-'

# Enough for image_signatures.begins_as_image.
_BEGINNING = 16
_UTF_16 = (b'\xff\xfe', b'\xfe\xff')  # PowerShell's > writes it.


class InputError(errors.UserError):
  """An argument names no image; the text says which and what to do."""


@dataclasses.dataclass(frozen=True)
class FileList:
  """The files that arguments name.

  Attributes:
    names: names of the files, as they were given or found.
    base: folder that relative names refer to.
    num_left_out: number of files in folders whose name and first bytes are not
      an image's.
  """

  names: tuple[str, ...]
  base: str = ''
  num_left_out: int = 0

  def path(self, name: str) -> str:
    """Returns the path of a file."""
    return os.path.join(self.base, name)

  def shard(self, index: int, count: int) -> 'FileList':
    """Returns every count-th file, starting with the index-th."""
    return dataclasses.replace(self, names=self.names[index::count])


def expand(
  arguments: Sequence[str],
  *,
  base: str = '',
  read_stdin: Callable[[], bytes] = lambda: b'',
) -> FileList:
  """Returns the files that the arguments name, in their order.

  Args:
    arguments: files, folders (searched to any depth), patterns, or '-' for a
      list on standard input. A file is taken whatever its name is; of a folder,
      the files with the name or the first bytes of an image are taken.
    base: folder that relative paths refer to.
    read_stdin: returns all of standard input.

  Raises:
    InputError: an argument names nothing, or the list cannot be read.
  """
  if not arguments:
    raise InputError(
      'give what to classify: files, folders, patterns such as "*.jpg", or - '
      'for a list on standard input'
    )
  names, left_out = [], 0
  for argument in arguments:
    if argument == STDIN:
      files, others = _listed(read_stdin, base)
    else:
      files, others = _expanded(os.path.expanduser(argument), base)
    names += files
    left_out += others
  return FileList(tuple(names), base, left_out)


def read_list(content: bytes) -> list[str]:
  """Returns the paths in a list: one per line, or each ended by a zero byte.

  Raises:
    InputError: the list is empty, or not a list.
  """
  if image_signatures.begins_as_image(content[:_BEGINNING]):
    raise InputError(
      'standard input is an image, not a list of files: give the file itself'
    )
  if content.startswith(_UTF_16):
    try:
      content = content.decode('utf-16').encode('utf-8')
    except UnicodeError as error:
      raise InputError(
        'the list on standard input is neither UTF-8 nor UTF-16: save it as '
        'UTF-8'
      ) from error
  content = content.removeprefix(b'\xef\xbb\xbf')
  if b'\0' in content:  # The output of find -print0.
    parts = content.split(b'\0')
  else:
    parts = [line.rstrip(b'\r') for line in content.split(b'\n')]
  # A path on Linux is bytes, which need not be UTF-8.
  names = [os.fsdecode(part) for part in parts if part]
  if not names:
    raise InputError(
      'the list on standard input is empty: it should have one file per line'
    )
  return names


def _listed(
  read_stdin: Callable[[], bytes], base: str
) -> tuple[list[str], int]:
  """Returns the files of the list, missing ones included, and how many others.

  Raises:
    InputError: the list cannot be read.
  """
  try:
    content = read_stdin()
  except (OSError, ValueError, AttributeError) as error:
    # In Python, a closed standard input is None.
    reason = 'it is closed' if isinstance(error, AttributeError) else error
    raise InputError(
      f'the list on standard input cannot be read ({reason}): pipe it in, as '
      'in find photos -name "*.jpg" | predict -'
    ) from error
  names, left_out = [], 0
  for name in read_list(content):
    if os.path.isdir(os.path.join(base, name)):
      files, others = _in_folder(name, base)
      names += files
      left_out += others
    else:
      names.append(name)
  return names, left_out


def _expanded(argument: str, base: str) -> tuple[list[str], int]:
  path = os.path.join(base, argument)
  if os.path.isdir(path):
    files, left_out = _in_folder(argument, base)
    if not files:
      raise InputError(
        f'the folder {argument!r} holds no image: give one that does'
      )
    return files, left_out
  # A broken link counts as a file: its row will report it.
  if os.path.lexists(path):
    return [argument], 0
  if not glob.has_magic(argument):
    raise InputError(f'there is no file or folder {argument!r}: check the path')
  matches = sorted(glob.glob(argument, root_dir=base or None, recursive=True))
  names, left_out = [], 0
  for match in matches:
    if os.path.isdir(os.path.join(base, match)):
      # ** matches the folders above a file as well as the file.
      if '**' in argument:
        continue
      files, others = _in_folder(match, base)
      names += files
      left_out += others
    else:
      names.append(match)
  if not names:
    raise InputError(
      f'the pattern {argument!r} matches no image: check it, or give a folder'
    )
  return names, left_out


def _in_folder(folder: str, base: str) -> tuple[list[str], int]:
  try:
    path = os.path.join(base, folder)
    below, num_others, skipped = image_files.find_below(path)
  except OSError as error:
    raise InputError(
      f'the folder {folder!r} cannot be read ({error.strerror}): check its '
      'permissions'
    ) from error
  if skipped and not below:
    raise InputError(
      f'{skipped[0].path!r} is {skipped[0].reason}: give a folder with images'
    )
  kept = [
    os.path.join(folder, os.path.relpath(image, path))
    for image in _images(below)
  ]
  return kept, num_others + len(below) - len(kept)


def _images(paths: Iterable[str]) -> Iterable[str]:
  for path in paths:
    if directory_entries.has_image_ending(
      path
    ) or image_signatures.begins_as_image(_beginning(path)):
      yield path


def _beginning(path: str) -> bytes:
  try:
    with open(path, 'rb') as file:
      return file.read(_BEGINNING)
  except OSError:
    return b''
