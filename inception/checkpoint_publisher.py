"""Makes a written checkpoint visible at once or not at all.

A save writes under a temporary name in the same folder; `publish` then renames
the data, the index that makes it a checkpoint, and last the state file that
names it, so that a process killed anywhere leaves only whole checkpoints
behind, and temporary files that the next save removes.

  temporary_prefix      a name to write under
  publish               rename, write the state file, delete the oldest
  remove_temporaries    what killed saves left
"""

import contextlib
import os
import re
import time
from collections.abc import Sequence

from inception import checkpoint_files

_INDEX = '.index'
_DATA = '.data-00000-of-00001'
_OURS = re.compile(r'model\.ckpt-\d+')
# TensorFlow writes to X.tempstateN while it makes the file X.
_TEMPORARY = re.compile(
    r'(model\.ckpt-\d+|checkpoint)\.tmp-[0-9a-f]{8}(\.old)?'
    r'(\.(index|data-00000-of-00001)(\.tempstate\d+)?)?')

# Windows refuses to replace a file while another program reads it; an
# evaluation reads the state file for a moment only.
_REPLACE_PAUSES_SECS = (0.05, 0.2, 0.5, 1.0)


def temporary_prefix(prefix: str) -> str:
  """Returns a name in the same folder that no other save uses."""
  return f'{prefix}.tmp-{os.urandom(4).hex()}'


def remove_temporaries(directory: str, temporary: str = '') -> None:
  """Deletes what saves that did not end left in the folder.

  Args:
    directory: the folder.
    temporary: only files of this temporary_prefix; '' means of all.
  """
  start = os.path.basename(temporary)
  for name in checkpoint_files.file_names(directory):
    if _TEMPORARY.fullmatch(name) and name.startswith(start):
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
    with open(temporary + suffix, 'rb+') as file:
      os.fsync(file.fileno())  # Some disks say only here that they are full.
  aside = temporary + '.old'
  _move_all([(prefix + suffix, aside + suffix) for suffix in (_INDEX, _DATA)
             if os.path.exists(prefix + suffix)] +
            [(temporary + suffix, prefix + suffix)
             for suffix in (_DATA, _INDEX)])
  _update_state(prefix, keep)
  for suffix in (_INDEX, _DATA):
    _unlink(aside + suffix)


def _update_state(prefix: str, keep: int) -> None:
  """Makes `prefix` the newest of the state file; deletes what is too old."""
  directory, newest = os.path.split(prefix)
  listed = [checkpoint_files.last_part(path)
            for path in checkpoint_files.read_state(directory)[1]]
  listed = [name for name in dict.fromkeys(listed)
            if name != newest and checkpoint_files.format_of(
                os.path.join(directory, name))] + [newest]
  # Nothing is deleted before the newest is named, and what is named is there
  # until this file says otherwise.
  _write_state(directory, listed)
  ours = [name for name in listed if _is_ours(os.path.join(directory, name))]
  excess = set(ours[:-keep])
  kept = [name for name in listed if name not in excess
          or not _delete(os.path.join(directory, name))]
  if kept != listed:
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
      file.flush()
      os.fsync(file.fileno())
    _replace(temporary, path)
  except OSError:
    _unlink(temporary)
    raise


def _move_all(moves: Sequence[tuple[str, str]]) -> None:
  """Renames files in turn; undoes all of it when one cannot be renamed."""
  done = []
  try:
    for source, target in moves:
      _replace(source, target)
      done.append((source, target))
  except OSError:
    for source, target in reversed(done):
      with contextlib.suppress(OSError):
        _replace(target, source)
    raise


def _replace(source: str, target: str) -> None:
  for pause in _REPLACE_PAUSES_SECS:
    try:
      os.replace(source, target)
      return
    except PermissionError:
      time.sleep(pause)
  os.replace(source, target)


def _is_ours(prefix: str) -> bool:
  """Whether publish may have made it: TensorFlow 1 adds a .meta file."""
  return (_OURS.fullmatch(os.path.basename(prefix)) is not None
          and os.path.exists(prefix + _DATA)
          and not os.path.exists(prefix + '.meta'))


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
