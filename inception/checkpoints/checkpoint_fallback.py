"""Goes back to an earlier checkpoint where the newest one is damaged.

A whole file can rot: a disk that lies, a copy that was cut, a machine that lost
power before its disk had everything. TensorFlow finds that when it reads; here
the checkpoint before it is tried, and whoever asked is told of each.

  restore_newest    the newest checkpoint of a folder that can be read

The damaged ones are not deleted. Once an earlier one has been read, their files
are called model.ckpt-STEP.damaged.index and so on, and the state file names the
earlier one: so the next start does not stumble again, a step that is reached
again does not meet them, `latest` is the newly saved one whatever its step, and
the count of kept checkpoints is of good ones. As long as nothing could be read,
nothing is renamed: a folder of damaged checkpoints must not look like an empty
one, in which a training would begin anew.
"""

import os
from collections.abc import Callable
from typing import TypeVar

from inception.checkpoints import checkpoint_files
from inception.checkpoints import checkpoint_publisher

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

  The one before is that of the highest lower step; those of higher steps, from
  which a training had gone back, come last. What the state file names and is
  not complete is damaged, too; where all its files are gone, somebody has
  deleted it, and it is not missed.

  Args:
    directory: the folder.
    restore: called with a prefix until it returns. It raises DamagedError
      where the checkpoint is damaged, as all functions of `checkpoint` do.
    on_damaged: called with (prefix, reason) of each damaged one, from the
      newest on; the reason is a sentence with the prefix, without full stop.
    rename: whether damaged ones get other names, as above. False for all but
      one of several programs that read the folder at the same time.

  Returns:
    (prefix, what restore returned); None if the folder has no checkpoint.

  Raises:
    CheckpointError: all are damaged; or what else restore raises.
  """
  directory = os.fspath(directory)
  damaged = {}
  for prefix in _newest_first(directory):
    try:
      result = restore(prefix)
    except CheckpointError as error:
      damaged[prefix] = _reason(prefix, error)
      if damaged[prefix] is None:
        raise
      on_damaged(prefix, damaged[prefix])
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
    'copy one there again, or give an empty folder to start anew'
  )


def _newest_first(directory: str) -> list[str]:
  """Returns the prefixes in the order of trying."""
  named, listed = checkpoint_files.read_state(directory)
  steps = {
    prefix: step
    for step, prefix in checkpoint_files.list_checkpoints(directory)
  }
  for path in (named, *listed):
    prefix = os.path.join(directory, checkpoint_files.last_part(path or ''))
    step = checkpoint_files.step_in_name(prefix)
    if step is not None and checkpoint_files.parts_of(prefix):
      steps.setdefault(prefix, step)
  # A state file may name one of another folder, or one without a step.
  newest = [
    os.path.join(directory, checkpoint_files.last_part(named or '')),
    checkpoint_files.latest(directory),
  ]
  newest = [
    prefix
    for prefix in newest
    if prefix in steps or (prefix and checkpoint_files.format_of(prefix))
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
  """Returns what is wrong with the checkpoint; None if that is no damage."""
  if isinstance(error, DamagedError):
    return error.reason
  if checkpoint_files.format_of(prefix) is None:
    return f'{prefix!r} went away while it was read'
  return None


def _put_aside(damaged, newest: str) -> None:
  """Renames those that are in the folder of the one that was read."""
  folder = os.path.dirname(newest)
  try:
    checkpoint_publisher.put_aside(
      [prefix for prefix in damaged if os.path.dirname(prefix) == folder],
      newest,
    )
  except OSError as error:
    raise CheckpointError(
      f'the damaged checkpoints in {folder!r} could not be renamed '
      f'({error.strerror}): make the folder one that can be written to, or '
      'move their files away, and start again'
    ) from error
