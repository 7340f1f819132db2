"""Resolves paths that users give for a checkpoint.

  resolve   a prefix, a file or a folder -> the checkpoint to read

Like checkpoint_files, it imports nothing heavy. Its errors name the checkpoint
that was probably meant, or describe the file that was given instead.
"""

import os

from inception.checkpoints import checkpoint_files
from inception.checkpoints import other_models


def resolve(path: str | os.PathLike) -> tuple[str, str]:
  """Resolves a user's path to (prefix, V1 or V2) or (file, HDF5).

  Args:
    path: a prefix, one of a checkpoint's files, an .h5 file, or a folder,
      which stands for its newest checkpoint.

  Raises:
    CheckpointError: the path leads to no complete checkpoint.
  """
  path = os.fspath(path)
  if os.path.isdir(path):
    newest = checkpoint_files.latest(path) or _only_pretrained(path)
    kind = checkpoint_files.format_of(newest) if newest else None
    if newest and kind:
      return newest, kind
    if reason := other_models.why_not(path):
      raise checkpoint_files.CheckpointError(f'{path!r} {reason}')
    raise checkpoint_files.CheckpointError(
      f'there is no complete checkpoint in the folder {path!r}: give the '
      'checkpoint itself, such as FOLDER/model.ckpt-157585'
    )
  for prefix in (path, checkpoint_files.prefix_of_file(path)):
    kind = checkpoint_files.format_of(prefix)
    if kind is not None:
      return prefix, kind
  raise _not_a_checkpoint(path)


def _not_a_checkpoint(path: str) -> checkpoint_files.CheckpointError:
  """Returns an error with the reason why `path` is unusable, and a remedy."""
  prefix = checkpoint_files.prefix_of_file(path)
  is_file = os.path.isfile(path)
  if any(
    checkpoint_files.prefix_of_file(part) != part
    for part in checkpoint_files.parts_of(prefix)
  ):
    return checkpoint_files.DamagedError(
      prefix,
      'is not complete',
      'its .index file and all its .data files must be present and complete, '
      'so copy or download them again',
    )
  if is_file and (reason := other_models.why_not(path)):
    return checkpoint_files.CheckpointError(f'{path!r} {reason}')
  if is_file:
    return checkpoint_files.DamagedError(
      path,
      'is damaged, or neither a TensorFlow checkpoint nor an .h5 file',
      'copy or download it again',
    )
  return _missing(path)


def _missing(path: str) -> checkpoint_files.CheckpointError:
  """Returns an error that names the existing checkpoints of the folder."""
  folder = os.path.dirname(path) or os.curdir
  if not os.path.isdir(folder):
    return checkpoint_files.CheckpointError(
      f'there is no checkpoint {path!r}: the folder {folder!r} does not exist; '
      'check the path'
    )
  existing = _complete_names(folder)
  name = os.path.basename(path)
  similar = [
    other
    for other in existing
    if other.startswith(f'{name}.') or name.startswith(f'{other}.')
  ]
  if len(similar) == 1:
    suggestion = os.path.join(os.path.dirname(path), similar[0])
    return checkpoint_files.CheckpointError(
      f'there is no checkpoint {path!r}: give {suggestion!r}'
    )
  hint = (
    f'its folder has {", ".join(existing[-3:])}'
    if existing
    else 'its folder holds no complete checkpoint'
  )
  return checkpoint_files.CheckpointError(
    f'there is no checkpoint {path!r}: {hint}'
  )


def _complete_names(folder: str) -> list[str]:
  """Returns the names of the folder's checkpoints, those without a step first.

  The others follow by rising step.
  """
  stepped = [
    os.path.basename(path)
    for _, path in checkpoint_files.list_checkpoints(folder)
  ]
  names = {
    name.removesuffix('.index') for name in checkpoint_files.file_names(folder)
  }
  others = sorted(
    name
    for name in names - set(stepped)
    if not checkpoint_files.is_temporary(name)
    and checkpoint_files.format_of(os.path.join(folder, name))
  )
  return others + stepped


def _only_pretrained(folder: str) -> str | None:
  """Returns the folder's .ckpt or .h5 file, if it has exactly one."""
  names = {
    name.removesuffix('.index') for name in checkpoint_files.file_names(folder)
  }
  paths = [
    path
    for name in names
    if name.endswith(('.ckpt', '.h5'))
    and checkpoint_files.format_of(path := os.path.join(folder, name))
  ]
  return paths[0] if len(paths) == 1 else None
