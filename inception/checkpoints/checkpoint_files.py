"""Finds the files of checkpoints: complete ones, and the newest of a folder.

This module deals with names and folders, not with tensors. It imports nothing
heavy, so that a command can refuse a wrong path before it has spent three
seconds on importing TensorFlow. Its counterpart checkpoint_publisher writes.

A checkpoint is identified by its prefix, such as 'folder/model.ckpt-100'. It is
  V2: PREFIX.index and all of PREFIX.data-NNNNN-of-NNNNN, or
  V1: one file with exactly this name (TensorFlow before 0.12).
The text file `checkpoint` beside them names the newest; see checkpoint_state.

  CheckpointError, DamagedError, damaged
  list_checkpoints    the complete checkpoints of a folder, by step
  latest              the newest checkpoint of a folder
  prefix_of_file      the prefix of one of a checkpoint's files
  parts_of            the existing files of a checkpoint, complete or not
  is_temporary        whether a name is used only while publishing
"""

import os
import re

from inception.checkpoints import checkpoint_state
from inception.jobs import errors

HDF5 = 'HDF5'
V1 = 'V1'
V2 = 'V2'

# V1 files and V2 indices are tables, which end with this number: see
# kTableMagicNumber in TensorFlow's lib/io/format.h.
_TABLE_END = (0xDB4775248B80FB57).to_bytes(8, 'little')
_HDF5_START = b'\x89HDF\r\n\x1a\n'

_STEPPED = re.compile(r'.*ckpt-(?P<step>\d+)', re.DOTALL)
# Suffix that checkpoint_publisher uses while it publishes a checkpoint.
_TEMPORARY = re.compile(r'\.tmp-[0-9a-f]{8}(\.old)?$')
_INDEX = '.index'
_PART = re.compile(r'\.(index|meta|data-\d{5}-of-\d{5})$')


class CheckpointError(errors.UserError):
  """A checkpoint cannot be used; the text names it, the reason and a remedy."""


class DamagedError(CheckpointError):
  """The files of a checkpoint are corrupt or incomplete.

  Attributes:
    reason: the text without the remedy.
  """

  def __init__(self, path: str, fault: str, remedy: str) -> None:
    """Builds the text PATH FAULT: REMEDY."""
    super().__init__(f'{path!r} {fault}: {remedy}')
    self.reason = f'{path!r} {fault}'


def damaged(path: str, error: Exception) -> DamagedError:
  """Returns the DamagedError for an error of TensorFlow or h5py."""
  # TensorFlow continues with 'perhaps ...', a guess that does not apply here.
  cause = re.split(r'[.:]? [Pp]erhaps|\n', str(error).strip())[0]
  return DamagedError(
    path,
    f'is damaged ({cause})',
    'copy or download it again, or delete it to resume from an earlier one',
  )


def step_in_name(prefix: str) -> int | None:
  """Returns N if the prefix ends in 'ckpt-N', else None."""
  name = _TEMPORARY.sub('', os.path.basename(prefix))
  match = _STEPPED.fullmatch(name)
  return int(match['step']) if match else None


def format_of(prefix: str | os.PathLike) -> str | None:
  """Returns V1, V2 or HDF5, the format of a complete file; None if none is."""
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
    CheckpointError: the folder cannot be read. (A folder that does not exist
      has no checkpoints.)
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
  """Returns the prefix of the newest complete checkpoint, or None.

  The newest is the one that the state file names. Where that file is missing or
  broken, or names a checkpoint that no longer exists, it is the one with the
  highest step.

  Raises:
    CheckpointError: the folder cannot be read.
  """
  named, _ = checkpoint_state.read(directory)
  if named is not None:
    # The folder may have been moved since, so its own files take precedence.
    for prefix in (
      os.path.join(directory, checkpoint_state.last_part(named)),
      os.path.join(directory, named),
    ):
      if format_of(prefix) in (V1, V2):
        return prefix
  checkpoints = list_checkpoints(directory)
  return checkpoints[-1][1] if checkpoints else None


def prefix_of_file(path: str) -> str:
  """Returns the prefix of a checkpoint's file; other paths are unchanged."""
  return _PART.sub('', path)


def parts_of(prefix: str | os.PathLike) -> list[str]:
  """Returns the paths of all files of a checkpoint, complete or not.

  The index comes first: without it the others are no V2 checkpoint. They
  include .meta, the graph that TensorFlow 1 writes.

  Raises:
    CheckpointError: the folder cannot be read.
  """
  folder, base = os.path.split(os.fspath(prefix))
  names = [
    name
    for name in file_names(folder or os.curdir)
    if name == base or prefix_of_file(name) == base
  ]
  paths = [os.path.join(folder, name) for name in sorted(names)]
  return sorted(
    filter(os.path.isfile, paths), key=lambda path: not path.endswith(_INDEX)
  )


def file_names(directory: str | os.PathLike) -> list[str]:
  """Returns the names in a folder; an empty list if it does not exist.

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
  """Returns whether a checkpoint has this name only while it is published."""
  return _TEMPORARY.search(prefix) is not None


def _read_bytes(path: str, offset: int, count: int) -> bytes:
  """Returns bytes of a file, or b'' if it cannot be read there.

  Args:
    path: the path of the file.
    offset: the position of the first byte; negative ones count from the end.
    count: the number of bytes.
  """
  try:
    with open(path, 'rb') as file:
      file.seek(offset, os.SEEK_END if offset < 0 else os.SEEK_SET)
      return file.read(count)
  except OSError:  # Missing, too short, a folder, or not readable for us.
    return b''


def _ends_as_table(path: str) -> bool:
  return _read_bytes(path, -8, 8) == _TABLE_END


def _data_files(prefix: str) -> list[str]:
  """Returns the N files PREFIX.data-?????-of-N, or [] if no set is complete."""
  pattern = re.compile(
    re.escape(os.path.basename(prefix)) + r'\.data-\d{5}-of-(?P<total>\d{5})'
  )
  folder = os.path.dirname(prefix)
  names_by_total: dict[int, list[str]] = {}
  for name in file_names(folder or os.curdir):
    if match := pattern.fullmatch(name):
      names_by_total.setdefault(int(match['total']), []).append(name)
  return next(
    (
      [os.path.join(folder, name) for name in names]
      for total, names in names_by_total.items()
      if len(names) == total
    ),
    [],
  )
