"""The files of checkpoints: which are complete, which is the newest.

This module knows names and folders and nothing of tensors. It imports nothing
heavy, so that a command can refuse a wrong path before it has spent three
seconds on TensorFlow. checkpoint_publisher is its other half: it writes.

A checkpoint is called by its prefix, such as 'folder/model.ckpt-100'. It is
  V2: PREFIX.index and all of PREFIX.data-NNNNN-of-NNNNN, or
  V1: one file of that very name (TensorFlow before 0.12).
The text file `checkpoint` beside them, TensorFlow's own, names the newest.

  CheckpointError, DamagedError
  resolve             a user's path -> what to read
  list_checkpoints    of a folder, by step
  latest              of a folder
  parts_of            what there is of one, complete or not
  is_temporary        whether a name is of the moment of publishing
  read_state          the text file
"""

import contextlib
import os
import pathlib
import re

from inception.checkpoints import other_models
from inception.jobs import errors

STATE_FILE = 'checkpoint'
HDF5 = 'HDF5'
V1 = 'V1'
V2 = 'V2'

# V1 files and V2 indices are tables, which end in this number: see
# kTableMagicNumber in TensorFlow's lib/io/format.h.
_TABLE_END = (0xDB4775248B80FB57).to_bytes(8, 'little')
_HDF5_START = b'\x89HDF\r\n\x1a\n'

_STEPPED = re.compile(r'.*ckpt-(?P<step>\d+)', re.DOTALL)
# What checkpoint_publisher calls a checkpoint for a moment.
_TEMPORARY = re.compile(r'\.tmp-[0-9a-f]{8}(\.old)?$')
_INDEX = '.index'
_PART = re.compile(r'\.(index|meta|data-\d{5}-of-\d{5})$')

_STATE_LINE = re.compile(
  rb'^[ \t]*(?P<field>(?:all_)?model_checkpoint_paths?)[ \t]*:[ \t]*'
  rb'"(?P<value>(?:[^"\\\r\n]|\\.)*)"',
  re.MULTILINE,
)
_ESCAPE = re.compile(rb'\\([0-7]{1,3}|.)')
_ESCAPED = {b'n': b'\n', b't': b'\t', b'r': b'\r'}


class CheckpointError(errors.UserError):
  """A checkpoint cannot be used; the text says which, why and what to do."""


class DamagedError(CheckpointError):
  """The files of a checkpoint do not hold what was written, or not all of it.

  Attributes:
    reason: the text without what to do.
  """

  def __init__(self, path: str, fault: str, remedy: str):
    """Makes the text PATH FAULT: REMEDY."""
    super().__init__(f'{path!r} {fault}: {remedy}')
    self.reason = f'{path!r} {fault}'


def step_in_name(prefix: str) -> int | None:
  """Returns N of a prefix that ends in 'ckpt-N', else None."""
  name = _TEMPORARY.sub('', os.path.basename(prefix))
  match = _STEPPED.fullmatch(name)
  return int(match['step']) if match else None


def format_of(prefix: str | os.PathLike) -> str | None:
  """Returns V1, V2 or HDF5: what is complete under this name; else None."""
  prefix = os.fspath(prefix)
  if _ends_as_table(prefix + _INDEX) and _data_files(prefix):
    return V2
  if _ends_as_table(prefix) and not prefix.endswith(_INDEX):
    return V1
  return HDF5 if _read_bytes(prefix, 0, 8) == _HDF5_START else None


def files_of(prefix: str, kind: str) -> list[str]:
  """Returns the paths of the files of a complete checkpoint."""
  return [prefix + _INDEX] + _data_files(prefix) if kind == V2 else [prefix]


def list_checkpoints(directory: str | os.PathLike) -> list[tuple[int, str]]:
  """Returns (step, prefix) of each complete checkpoint, by rising step.

  Raises:
    CheckpointError: the folder cannot be read. A folder that is not there has
      no checkpoints.
  """
  directory = os.fspath(directory)
  prefixes = {
    os.path.join(directory, name.removesuffix(_INDEX))
    for name in file_names(directory)
  }
  return sorted(
    (step, prefix)
    for prefix in prefixes
    if (step := step_in_name(prefix)) is not None
    and not is_temporary(prefix)
    and format_of(prefix) in (V1, V2)
  )


def latest(directory: str | os.PathLike) -> str | None:
  """Returns the prefix of the newest complete checkpoint; None without any.

  The newest is what the state file names. Where that is missing, broken or
  names what is no longer there, it is the one of the highest step.

  Raises:
    CheckpointError: the folder cannot be read.
  """
  named, _ = read_state(directory)
  if named is not None:
    # The folder may have been moved since, so its own files count first.
    for prefix in (
      os.path.join(directory, last_part(named)),
      os.path.join(directory, named),
    ):
      if format_of(prefix) in (V1, V2):
        return prefix
  checkpoints = list_checkpoints(directory)
  return checkpoints[-1][1] if checkpoints else None


def resolve(path: str | os.PathLike) -> tuple[str, str]:
  """Returns what a user's path means: (prefix, V1 or V2) or (file, HDF5).

  Args:
    path: a prefix, one of a checkpoint's files, an .h5 file, or a folder,
      which means its newest checkpoint.

  Raises:
    CheckpointError: there is nothing complete to read.
  """
  path = os.fspath(path)
  if os.path.isdir(path):
    found = latest(path) or _only_pretrained(path)
    if found is None and (reason := other_models.why_not(path)):
      raise CheckpointError(f'{path!r} {reason}')
    if found is None:
      raise CheckpointError(
        f'there is no complete checkpoint in the folder {path!r}: give the '
        'checkpoint itself, such as FOLDER/model.ckpt-157585'
      )
    return found, format_of(found)
  for prefix in (path, _PART.sub('', path)):
    kind = format_of(prefix)
    if kind is not None:
      return prefix, kind
  raise _what_is_wrong(path)


def parts_of(prefix: str | os.PathLike) -> list[str]:
  """Returns the paths of all files of a checkpoint, be it complete or not.

  The index comes first: without it the others are no V2 checkpoint. .meta is
  among them, the graph that TensorFlow 1 writes.

  Raises:
    CheckpointError: the folder cannot be read.
  """
  folder, base = os.path.split(os.fspath(prefix))
  names = [
    name
    for name in file_names(folder or os.curdir)
    if name == base or (_PART.sub('', name) == base)
  ]
  paths = [os.path.join(folder, name) for name in sorted(names)]
  return sorted(
    filter(os.path.isfile, paths), key=lambda path: not path.endswith(_INDEX)
  )


def read_state(directory: str | os.PathLike) -> tuple[str | None, list[str]]:
  """Returns (newest, all) as the state file writes them; (None, []) if none."""
  newest, every = None, []
  with contextlib.suppress(OSError, UnicodeDecodeError):
    state = pathlib.Path(directory, STATE_FILE).read_bytes()
    for match in _STATE_LINE.finditer(state):
      value = _ESCAPE.sub(_unescaped, match['value']).decode('utf-8')
      if match['field'] == b'model_checkpoint_path':
        newest = value
      else:
        every.append(value)
  return newest, every


def last_part(path: str) -> str:
  """Returns what follows the last / or \\, on whichever system it was made."""
  return re.split(r'[\\/]', path)[-1]


def file_names(directory: str | os.PathLike) -> list[str]:
  """Returns the names in a folder; none if there is no folder.

  Raises:
    CheckpointError: the folder cannot be read.
  """
  try:
    return os.listdir(directory)
  except (FileNotFoundError, NotADirectoryError):
    return []
  except OSError as error:
    raise CheckpointError(
      f'cannot read the folder {os.fspath(directory)!r} ({error.strerror}): '
      'check its permissions'
    ) from error


def is_temporary(prefix: str) -> bool:
  """Whether this is a name that a checkpoint has for a moment only."""
  return _TEMPORARY.search(prefix) is not None


def _what_is_wrong(path: str) -> CheckpointError:
  """Returns why `path` is not a checkpoint, and what to do."""
  prefix = _PART.sub('', path)
  is_file = os.path.isfile(path)
  if any(_PART.search(part) for part in parts_of(prefix)):
    return DamagedError(
      prefix,
      'is not complete',
      'its .index file and all its .data files '
      'must be there whole, so copy or download them again',
    )
  if is_file and (reason := other_models.why_not(path)):
    return CheckpointError(f'{path!r} {reason}')
  if is_file:
    return DamagedError(
      path,
      'is damaged, or neither a TensorFlow checkpoint nor an .h5 file',
      'copy or download it again',
    )
  folder = os.path.dirname(path) or os.curdir
  if not os.path.isdir(folder):
    return CheckpointError(
      f'there is no checkpoint {path!r}, for there is no folder {folder!r}: '
      'check the path'
    )
  there = _complete_names(folder)
  name = os.path.basename(path)
  meant = [
    other
    for other in there
    if other.startswith(f'{name}.') or name.startswith(f'{other}.')
  ]
  if len(meant) == 1:
    meant = os.path.join(os.path.dirname(path), meant[0])
    return CheckpointError(f'there is no checkpoint {path!r}: give {meant!r}')
  hint = (
    f'its folder has {", ".join(there[-3:])}'
    if there
    else 'its folder holds no complete checkpoint'
  )
  return CheckpointError(f'there is no checkpoint {path!r}: {hint}')


def _complete_names(folder: str) -> list[str]:
  """Returns the names of the folder's checkpoints, by rising step."""
  stepped = [os.path.basename(path) for _, path in list_checkpoints(folder)]
  names = {name.removesuffix(_INDEX) for name in file_names(folder)}
  others = sorted(
    name
    for name in names - set(stepped)
    if not is_temporary(name) and format_of(os.path.join(folder, name))
  )
  return others + stepped


def _only_pretrained(folder: str) -> str | None:
  """Returns the checkpoint without a step in its name, if there is just one."""
  names = {name.removesuffix(_INDEX) for name in file_names(folder)}
  found = [
    path
    for name in names
    if name.endswith(('.ckpt', '.h5'))
    and format_of(path := os.path.join(folder, name))
  ]
  return found[0] if len(found) == 1 else None


def _unescaped(match: re.Match) -> bytes:
  code = match[1]
  if code.isdigit():
    return bytes([int(code, 8) & 0xFF])
  return _ESCAPED.get(code, code)


def _read_bytes(path: str, offset: int, count: int) -> bytes:
  """Returns bytes of a file, from its end for a negative offset; b'' if not."""
  try:
    with open(path, 'rb') as file:
      file.seek(offset, os.SEEK_END if offset < 0 else os.SEEK_SET)
      return file.read(count)
  except OSError:  # Not there, too short, a folder, or not ours to read.
    return b''


def _ends_as_table(path: str) -> bool:
  return _read_bytes(path, -8, 8) == _TABLE_END


def _data_files(prefix: str) -> list[str]:
  """Returns all N files PREFIX.data-?????-of-N, if there is such an N."""
  pattern = re.compile(
    re.escape(os.path.basename(prefix)) + r'\.data-\d{5}-of-(?P<total>\d{5})'
  )
  folder = os.path.dirname(prefix)
  found = {}
  for name in file_names(folder or os.curdir):
    if match := pattern.fullmatch(name):
      found.setdefault(int(match['total']), []).append(name)
  return next(
    (
      [os.path.join(folder, name) for name in names]
      for total, names in found.items()
      if len(names) == total
    ),
    [],
  )
