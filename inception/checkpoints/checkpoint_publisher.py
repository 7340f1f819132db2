"""Makes a written checkpoint visible at once or not at all.

A save writes under a temporary name in the same folder; `publish` then renames
the data, the index that makes it a checkpoint, and last the state file that
names it, so that a process killed anywhere leaves only whole checkpoints
behind, and temporary files that the next save removes.

Where a checkpoint of this step is there already, two files must change at once,
which no system does. The state file then names the new one by its temporary
name until the old one has moved aside whole, and the old one until the new one
has its name: at every moment it names one that is complete.

  temporary_prefix      a name to write under
  publish               rename, write the state file, delete the oldest
  put_aside             other names for damaged ones
  remove_temporaries    what killed saves left
"""

import contextlib
import os
import re
import shutil
from collections.abc import Callable, Iterator, Sequence

from inception.checkpoints import checkpoint_files
from inception.jobs import atomic_files

_INDEX = '.index'
_DATA = '.data-00000-of-00001'
_OLD = '.old'
_DAMAGED = '.damaged'
_OURS = re.compile(r'model\.ckpt-\d+')
# TensorFlow writes to X.tempstateN while it makes the file X.
_TEMPORARY = re.compile(
  r'(model\.ckpt-\d+|checkpoint)\.tmp-[0-9a-f]{8}(\.old)?'
  r'(\.(index|data-00000-of-00001)(\.tempstate\d+)?)?'
)


def temporary_prefix(prefix: str) -> str:
  """Returns a name in the same folder that no other save uses."""
  return f'{prefix}.tmp-{os.urandom(4).hex()}'


def remove_temporaries(directory: str, temporary: str = '') -> None:
  """Deletes what saves that did not end left in the folder.

  What the state file names as the newest stays.

  Args:
    directory: the folder.
    temporary: only files of this temporary_prefix; '' means of all.
  """
  start = os.path.basename(temporary)
  newest = checkpoint_files.last_part(
    checkpoint_files.read_state(directory)[0] or ''
  )
  needed = (newest + _INDEX, newest + _DATA)
  for name in checkpoint_files.file_names(directory):
    if (
      _TEMPORARY.fullmatch(name)
      and name.startswith(start)
      and name not in needed
    ):
      _unlink(os.path.join(directory, name))


def publish(temporary: str, prefix: str, *, keep: int) -> None:
  """Makes the V2 checkpoint `temporary` visible as `prefix`.

  A checkpoint that already has this name is put aside first, and put back if
  an error comes between. Of the checkpoints that the state file lists and this
  function made, the last `keep` stay and the others are deleted; no other
  file is.

  Args:
    temporary: what temporary_prefix(prefix) returned, written and closed.
    prefix: 'FOLDER/model.ckpt-STEP'.
    keep: how many checkpoints stay, >= 1.

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
    _state_put_back_after_an_error(directory),
    _undone_after_an_error() as move,
  ):
    if old:
      _swap(temporary, prefix, old, move)
    else:
      newest = checkpoint_files.last_part(
        checkpoint_files.read_state(directory)[0] or ''
      )
      if checkpoint_files.format_of(os.path.join(directory, newest)):
        _announce(prefix, newest)
      for suffix in (_DATA, _INDEX):
        move(temporary + suffix, prefix + suffix)
    _write_state(directory, [*_listed(directory, name), name])
  for suffix in (_INDEX, _DATA):
    _unlink(temporary + _OLD + suffix)
  _delete_oldest(directory, keep)


def put_aside(damaged: Sequence[str], newest: str) -> None:
  """Names `newest` in the state file, and gives damaged checkpoints new names.

  FOLDER/model.ckpt-5.index becomes FOLDER/model.ckpt-5.damaged.index, and so
  on; -2, -3 ... follow where that is taken. Nothing takes these files for a
  checkpoint any more, and none is deleted.

  Args:
    damaged: prefixes in the folder of `newest`.
    newest: 'FOLDER/NAME', a complete checkpoint.

  Raises:
    OSError: a file cannot be renamed or written.
  """
  directory, name = os.path.split(newest)
  not_listed = {os.path.basename(prefix) for prefix in damaged}
  # Ended after this line, they are still no longer used.
  _write_state(
    directory,
    [other for other in _listed(directory, name) if other not in not_listed]
    + [name],
  )
  for prefix in damaged:
    target, number = prefix + _DAMAGED, 1
    while checkpoint_files.parts_of(target):
      number += 1
      target = f'{prefix}{_DAMAGED}-{number}'
    with _undone_after_an_error() as move:
      for path in checkpoint_files.parts_of(prefix):
        move(path, target + path.removeprefix(prefix))


def _announce(prefix: str, newest: str) -> None:
  """Lists a checkpoint that is not there yet, and names another as the newest.

  A save that is killed before the state file names the new one as the newest
  leaves files that would else never be deleted.
  """
  directory, name = os.path.split(prefix)
  listed = [other for other in _listed(directory, newest) if other != name]
  _write_state(directory, [*listed, name, newest])


def _swap(
  temporary: str,
  prefix: str,
  old: Sequence[str],
  move: Callable[[str, str], None],
) -> None:
  """Renames where files of this name are there, of suffixes `old`."""
  aside = temporary + _OLD
  _announce(prefix, os.path.basename(temporary))
  for suffix in old:
    move(prefix + suffix, aside + suffix)
  if checkpoint_files.format_of(aside):
    _announce(prefix, os.path.basename(aside))
  for suffix in (_INDEX, _DATA):
    move(temporary + suffix, prefix + suffix)


def _listed(directory: str, newest: str) -> list[str]:
  """Returns the state file's names, but `newest` and what is not there.

  What is left of ours is among them, complete or not: it is to be deleted in
  its turn.
  """
  listed = [
    checkpoint_files.last_part(path)
    for path in checkpoint_files.read_state(directory)[1]
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
  """Deletes all but the last `keep` of ours that the state file lists.

  Nothing is deleted before the newest is named, and what is named is there
  until the state file says otherwise.
  """
  listed = checkpoint_files.read_state(directory)[1]
  ours = [name for name in listed if _is_ours(os.path.join(directory, name))]
  whole = [
    name
    for name in ours
    if checkpoint_files.format_of(os.path.join(directory, name))
  ]
  excess = set(ours[: ours.index(whole[-keep:][0])] if whole else ())
  kept = [
    name
    for name in listed
    if name not in excess or not _delete(os.path.join(directory, name))
  ]
  if kept != listed:
    # The checkpoint is saved; names of what is gone do no harm.
    with contextlib.suppress(OSError):
      _write_state(directory, kept)


def _write_state(directory: str, names: Sequence[str]) -> None:
  """Writes the state file; the last name is the newest.

  The names are without the folder, so that it may be moved.
  """
  quoted = ['"' + name.replace('"', r'\"') + '"' for name in names]
  lines = [f'model_checkpoint_path: {quoted[-1]}']
  lines += [f'all_model_checkpoint_paths: {name}' for name in quoted]
  path = os.path.join(directory, checkpoint_files.STATE_FILE)
  temporary = temporary_prefix(path)
  try:
    with open(temporary, 'w', encoding='utf-8', newline='\n') as file:
      file.write('\n'.join(lines) + '\n')
    atomic_files.sync_file(temporary)
    atomic_files.replace(temporary, path)
  except OSError:
    _unlink(temporary)
    raise


@contextlib.contextmanager
def _state_put_back_after_an_error(directory: str) -> Iterator[None]:
  """Keeps a copy of the state file, for on a full disk none can be written."""
  path = os.path.join(directory, checkpoint_files.STATE_FILE)
  copy = temporary_prefix(path)
  try:
    if os.path.exists(path):
      shutil.copyfile(path, copy)
    try:
      yield
    except OSError:
      with contextlib.suppress(OSError):
        if os.path.exists(copy):
          atomic_files.replace(copy, path)
        else:
          os.unlink(path)
      raise
  finally:
    _unlink(copy)


@contextlib.contextmanager
def _undone_after_an_error() -> Iterator[Callable[[str, str], None]]:
  """Gives a function that renames; an OSError undoes all that it renamed."""
  done = []

  def move(source: str, target: str) -> None:
    atomic_files.replace(source, target)
    done.append((source, target))

  try:
    yield move
  except OSError:
    for source, target in reversed(done):
      with contextlib.suppress(OSError):
        atomic_files.replace(target, source)
    raise


def _is_ours(prefix: str) -> bool:
  """Whether publish may have made what is there, complete or not.

  TensorFlow 1 adds a .meta file, and others split the data.
  """
  parts = checkpoint_files.parts_of(prefix)
  return (
    _OURS.fullmatch(os.path.basename(prefix)) is not None
    and bool(parts)
    and {*parts} <= {prefix + _INDEX, prefix + _DATA}
  )


def _delete(prefix: str) -> bool:
  """Deletes a checkpoint of ours; returns whether it is gone."""
  return _unlink(prefix + _DATA) and _unlink(prefix + _INDEX)


def _unlink(path: str) -> bool:
  """Deletes a file; returns whether it is gone."""
  try:
    os.unlink(path)
  except FileNotFoundError:
    pass
  except OSError:  # Windows: an evaluation reads it. A later save tries again.
    return False
  return True
