"""Makes a written checkpoint visible as a whole or not at all.

A save writes under a temporary name in the same folder; `publish` then renames
the data, the index that makes it a checkpoint, and last the state file that
names it. A process killed at any point therefore leaves only complete
checkpoints, and temporary files that the next save removes.

Where a checkpoint of this step already exists, two files would have to change
at once, which no file system supports. The state file then names the new one by
its temporary name until both files of the old one have been moved aside, and
the old one until the new one has its final name: at every moment the state file
names a complete checkpoint.

  temporary_prefix      makes a name to write under
  publish               renames, writes the state file, deletes the oldest
  put_aside             renames damaged checkpoints
  remove_temporaries    deletes the remains of killed saves
"""

import contextlib
import os
import re
from collections.abc import Callable, Sequence

from inception.checkpoints import checkpoint_files
from inception.checkpoints import checkpoint_state
from inception.checkpoints import file_moves
from inception.jobs import atomic_files

_INDEX = '.index'
_DATA = '.data-00000-of-00001'
_OLD = '.old'
_DAMAGED = '.damaged'
_OURS = re.compile(r'model\.ckpt-\d+')
# TensorFlow writes to X.tempstateN while it creates the file X.
_TEMPORARY = re.compile(
  r'(model\.ckpt-\d+|checkpoint)\.tmp-[0-9a-f]{8}(\.old)?'
  r'(\.(index|data-00000-of-00001)(\.tempstate\d+)?)?'
)

temporary_prefix = checkpoint_state.temporary_prefix


def remove_temporaries(directory: str, temporary: str = '') -> None:
  """Deletes the files that interrupted saves left in the folder.

  The checkpoint that the state file names as the newest is kept.

  Args:
    directory: the folder of the checkpoints.
    temporary: a temporary_prefix whose files alone are deleted; '' deletes all.
  """
  start = os.path.basename(temporary)
  newest = checkpoint_state.last_part(checkpoint_state.read(directory)[0] or '')
  needed = (newest + _INDEX, newest + _DATA)
  for name in checkpoint_files.file_names(directory):
    if (
      _TEMPORARY.fullmatch(name)
      and name.startswith(start)
      and name not in needed
    ):
      file_moves.unlink(os.path.join(directory, name))


def publish(temporary: str, prefix: str, *, keep: int) -> None:
  """Makes the V2 checkpoint `temporary` visible as `prefix`.

  A checkpoint that already has this name is put aside first, and put back if
  an error occurs. Of the checkpoints that the state file lists and this
  function made, the last `keep` are kept and the others deleted; no other file
  is.

  Args:
    temporary: the result of temporary_prefix(prefix), written and closed.
    prefix: 'FOLDER/model.ckpt-STEP'.
    keep: the number of checkpoints to keep, >= 1.

  Raises:
    OSError: a file cannot be replaced; the earlier checkpoints are untouched.
  """
  for suffix in (_DATA, _INDEX):
    atomic_files.sync_file(temporary + suffix)
  old = [
    suffix for suffix in (_DATA, _INDEX) if os.path.exists(prefix + suffix)
  ]
  directory, name = os.path.split(prefix)
  with (
    checkpoint_state.restored_after_an_error(directory),
    file_moves.undone_after_an_error() as move,
  ):
    if old:
      _swap(temporary, prefix, old, move)
    else:
      newest = checkpoint_state.last_part(
        checkpoint_state.read(directory)[0] or ''
      )
      if checkpoint_files.format_of(os.path.join(directory, newest)):
        _announce(prefix, newest)
      for suffix in (_DATA, _INDEX):
        move(temporary + suffix, prefix + suffix)
    checkpoint_state.write(directory, [*_listed(directory, name), name])
  for suffix in (_INDEX, _DATA):
    file_moves.unlink(temporary + _OLD + suffix)
  _delete_oldest(directory, keep)


def put_aside(damaged: Sequence[str], newest: str) -> None:
  """Names `newest` in the state file, and renames damaged checkpoints.

  FOLDER/model.ckpt-5.index becomes FOLDER/model.ckpt-5.damaged.index, and so
  on; -2, -3 ... are appended where that name is taken. These files no longer
  count as a checkpoint, and none is deleted.

  Args:
    damaged: prefixes of checkpoints in the folder of `newest`.
    newest: 'FOLDER/NAME', a complete checkpoint.

  Raises:
    OSError: a file cannot be renamed or written.
  """
  directory, name = os.path.split(newest)
  not_listed = {os.path.basename(prefix) for prefix in damaged}
  # If killed after this line, the damaged checkpoints are already unlisted.
  checkpoint_state.write(
    directory,
    [other for other in _listed(directory, name) if other not in not_listed]
    + [name],
  )
  for prefix in damaged:
    target, number = prefix + _DAMAGED, 1
    while checkpoint_files.parts_of(target):
      number += 1
      target = f'{prefix}{_DAMAGED}-{number}'
    with file_moves.undone_after_an_error() as move:
      for path in checkpoint_files.parts_of(prefix):
        move(path, target + path.removeprefix(prefix))


def _announce(prefix: str, newest: str) -> None:
  """Lists a checkpoint before it exists, and names another as the newest.

  A save that is killed before the state file names the new one as the newest
  leaves files that would otherwise never be deleted.
  """
  directory, name = os.path.split(prefix)
  listed = [other for other in _listed(directory, newest) if other != name]
  checkpoint_state.write(directory, [*listed, name, newest])


def _swap(
  temporary: str,
  prefix: str,
  old: Sequence[str],
  move: Callable[[str, str], None],
) -> None:
  """Replaces an existing checkpoint, of which files with suffixes `old` exist.

  Args:
    temporary: the prefix under which the new checkpoint was written.
    prefix: the prefix of the existing checkpoint, which the new one gets.
    old: suffixes of the existing files.
    move: renames a file, and is undone after an error.
  """
  aside = temporary + _OLD
  _announce(prefix, os.path.basename(temporary))
  for suffix in old:
    move(prefix + suffix, aside + suffix)
  if checkpoint_files.format_of(aside):
    _announce(prefix, os.path.basename(aside))
  for suffix in (_INDEX, _DATA):
    move(temporary + suffix, prefix + suffix)


def _listed(directory: str, newest: str) -> list[str]:
  """Returns the existing checkpoints that the state file lists, but `newest`.

  Incomplete checkpoints that publish made are included, so that they are
  deleted in their turn.
  """
  listed = [
    checkpoint_state.last_part(path)
    for path in checkpoint_state.read(directory)[1]
  ]
  return [
    name
    for name in dict.fromkeys(listed)
    if name != newest
    and not checkpoint_files.is_temporary(name)
    and (
      _is_ours(os.path.join(directory, name))
      or checkpoint_files.format_of(os.path.join(directory, name))
    )
  ]


def _delete_oldest(directory: str, keep: int) -> None:
  """Deletes all but the last `keep` of our checkpoints in the state file.

  Nothing is deleted before the state file names the newest, and the checkpoint
  that it names exists until it names another.
  """
  listed = checkpoint_state.read(directory)[1]
  ours = [name for name in listed if _is_ours(os.path.join(directory, name))]
  complete = [
    name
    for name in ours
    if checkpoint_files.format_of(os.path.join(directory, name))
  ]
  excess = set(ours[: ours.index(complete[-keep:][0])] if complete else ())
  kept = [
    name
    for name in listed
    if name not in excess or not _delete(os.path.join(directory, name))
  ]
  if kept != listed:
    # The checkpoint is saved; names of deleted ones do no harm.
    with contextlib.suppress(OSError):
      checkpoint_state.write(directory, kept)


def _is_ours(prefix: str) -> bool:
  """Returns whether publish may have made the files, complete or not.

  TensorFlow 1 adds a .meta file, and other programs split the data.
  """
  parts = checkpoint_files.parts_of(prefix)
  return (
    _OURS.fullmatch(os.path.basename(prefix)) is not None
    and bool(parts)
    and {*parts} <= {prefix + _INDEX, prefix + _DATA}
  )


def _delete(prefix: str) -> bool:
  """Deletes one of our checkpoints; returns whether it is gone."""
  return file_moves.unlink(prefix + _DATA) and file_moves.unlink(
    prefix + _INDEX
  )
