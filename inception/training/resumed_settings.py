"""Reads the settings of the run that a training resumes.

read  returns the settings in the newest checkpoint
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
    The settings; {} for a new run, and for a damaged or foreign checkpoint,
    which training itself reports.

  Raises:
    checkpoint.CheckpointError: the newest checkpoint cannot be read.
  """
  prefix = checkpoint.latest(train_dir)
  text = prefix and checkpoint.read_text(prefix, run_info.VARIABLE)
  if not text:
    return {}
  try:
    return run_info.RunInfo.from_json(text).settings
  except ValueError:
    return {}
