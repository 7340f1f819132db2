"""Falls back to an earlier checkpoint where the newest one is damaged.

A complete file can still be corrupt: a faulty disk, a truncated copy, a power
failure before everything reached the disk. TensorFlow detects that when it
reads; this module then tries the previous checkpoint and reports each damaged
one to the caller.

  restore_newest    restores the newest readable checkpoint of a folder

Damaged checkpoints are not deleted. Once an earlier one has been read, their
files are renamed to model.ckpt-STEP.damaged.index and so on, and the state file
names the earlier one. As a result, the next start does not try them again, a
later save at the same step does not collide with them, `latest` is the newly
saved checkpoint whatever its step, and only good checkpoints count as kept. As
long as nothing could be read, nothing is renamed: a folder of damaged
checkpoints must not look like an empty one, in which a training would start
from scratch.
"""

import os
from collections.abc import Callable, Iterable
from typing import TypeVar

from inception.checkpoints import checkpoint_files
from inception.checkpoints import checkpoint_publisher
from inception.checkpoints import checkpoint_state

CheckpointError = checkpoint_files.CheckpointError
DamagedError = checkpoint_files.DamagedError

_T = TypeVar('_T')


def restore_newest(
  directory: str | os.PathLike,
  restore: Callable[[str], _T],
  *,
  on_damaged: Callable[[str, str], None],
  rename: bool = True,
) -> tuple[str, _T] | None:
  """Restores the newest checkpoint of a folder that is not damaged.

  Checkpoints are tried by falling step from the newest; those of higher steps,
  from which a training had fallen back, come last. A checkpoint that the state
  file names and that is incomplete counts as damaged, too; if all its files are
  gone, it was deleted on purpose and is skipped silently.

  Args:
    directory: the folder of the checkpoints.
    restore: called with one prefix after another until it returns. It raises
      DamagedError where the checkpoint is damaged, as all functions of
      `checkpoint` do.
    on_damaged: called with (prefix, reason) for each damaged checkpoint, newest
      first; the reason is a sentence with the prefix, without a full stop.
    rename: whether to rename damaged checkpoints, as described above. If
      several programs read the folder at the same time, only one may rename.

  Returns:
    (prefix, what restore returned); None if the folder has no checkpoint.

  Raises:
    CheckpointError: all are damaged, or restore raised one for another reason.
  """
  directory = os.fspath(directory)
  damaged: dict[str, str] = {}
  for prefix in _newest_first(directory):
    try:
      result = restore(prefix)
    except CheckpointError as error:
      reason = _reason(prefix, error)
      if reason is None:
        raise
      damaged[prefix] = reason
      on_damaged(prefix, reason)
      continue
    if rename and damaged:
      _put_aside(damaged, prefix)
    return prefix, result
  if not damaged:
    return None
  number = (
    'the only checkpoint is'
    if len(damaged) == 1
    else f'all {len(damaged)} checkpoints are'
  )
  raise CheckpointError(
    f'{number} damaged in {directory!r}: {next(iter(damaged.values()))}; '
    'copy one there again, or give an empty folder to start from scratch'
  )


def _newest_first(directory: str) -> list[str]:
  """Returns the prefixes in the order in which to try them."""
  named, listed = checkpoint_state.read(directory)
  steps = {
    prefix: step
    for step, prefix in checkpoint_files.list_checkpoints(directory)
  }
  for path in (named, *listed):
    prefix = os.path.join(directory, checkpoint_state.last_part(path or ''))
    step = checkpoint_files.step_in_name(prefix)
    if step is not None and checkpoint_files.parts_of(prefix):
      steps.setdefault(prefix, step)
  # The state file may name a checkpoint in another folder or without a step.
  candidates = [
    os.path.join(directory, checkpoint_state.last_part(named or '')),
    checkpoint_files.latest(directory),
  ]
  newest = [
    prefix
    for prefix in candidates
    if prefix and (prefix in steps or checkpoint_files.format_of(prefix))
  ]
  if not newest:
    return []
  last = steps.get(newest[0], max(steps.values(), default=0))
  return list(
    dict.fromkeys(
      newest[:1]
      + sorted(
        {*newest[1:], *steps},
        reverse=True,
        key=lambda prefix: (
          steps.get(prefix, last) <= last,
          steps.get(prefix, last),
        ),
      )
    )
  )


def _reason(prefix: str, error: CheckpointError) -> str | None:
  """Returns the damage to the checkpoint; None if the error is another one."""
  if isinstance(error, DamagedError):
    return error.reason
  if checkpoint_files.format_of(prefix) is None:
    return f'{prefix!r} was deleted while it was being read'
  return None


def _put_aside(damaged: Iterable[str], newest: str) -> None:
  """Renames damaged checkpoints in the folder of the one that was read."""
  folder = os.path.dirname(newest)
  try:
    checkpoint_publisher.put_aside(
      [prefix for prefix in damaged if os.path.dirname(prefix) == folder],
      newest,
    )
  except OSError as error:
    raise CheckpointError(
      f'the damaged checkpoints in {folder!r} could not be renamed '
      f'({error.strerror}): make the folder writable or move their files away, '
      'and start again'
    ) from error
