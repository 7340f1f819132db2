"""Reads the settings of the run that a training resumes.

read  returns the settings in the newest readable checkpoint
"""

from collections.abc import Mapping
from typing import Any

from inception.checkpoints import checkpoint
from inception.checkpoints import run_info


def read(train_dir: str) -> Mapping[str, Any]:
  """Returns {field: value} of the run's TrainConfig and InputConfig.

  Args:
    train_dir: folder of the checkpoints.

  Returns:
    The settings in the newest checkpoint that is not damaged; {} for a new run,
    and for a checkpoint that does not describe its run. Training itself reports
    damage.

  Raises:
    checkpoint.CheckpointError: every checkpoint is damaged.
  """
  found = checkpoint.restore_newest(
    train_dir,
    lambda prefix: checkpoint.read_text(prefix, run_info.VARIABLE),
    on_damaged=lambda prefix, reason: None,
    rename=False,
  )
  if not found or not found[1]:
    return {}
  try:
    return run_info.RunInfo.from_json(found[1]).settings
  except ValueError:
    return {}
