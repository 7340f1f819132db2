"""Reads metrics.jsonl files back.

read  the lines of one kind
"""

import json
import os
import pathlib

from inception.monitoring import metrics_log


def read(train_dir: str | os.PathLike, kind: str) -> list[dict]:
  """Returns the lines of one kind, by step.

  Skips torn lines. A run that was resumed from an older checkpoint repeats some
  steps: their later lines count.

  Args:
    train_dir: folder; the result is empty if it has no such file.
    kind: kind of line to return: 'train', 'eval', ...

  Raises:
    OSError: the file cannot be read.
  """
  path = pathlib.Path(train_dir, metrics_log.FILE_NAME)
  try:
    data = path.read_bytes()
  except FileNotFoundError:
    return []
  by_step = {}
  for line in data.split(b'\n'):
    try:
      found = json.loads(line)
    except ValueError:  # No JSON, or no UTF-8.
      continue
    match found:
      case {'kind': str(its), 'step': int(step)} if its == kind:
        by_step[step] = found
  return [by_step[step] for step in sorted(by_step)]
