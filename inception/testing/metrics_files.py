"""Reads metrics.jsonl files.

read  returns the lines of one kind
"""

import json
import os
import pathlib

from inception.monitoring import metrics_log


def read(train_dir: str | os.PathLike, kind: str) -> list[dict]:
  """Returns the lines of one kind, sorted by step.

  Skips incomplete lines. A run that was resumed from an older checkpoint
  repeats some steps; the later line of each step is returned.

  Args:
    train_dir: folder of the run; the result is empty if it has no such file.
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
      entry = json.loads(line)
    except ValueError:  # Not JSON, or not UTF-8.
      continue
    match entry:
      case {'kind': str(entry_kind), 'step': int(step)} if entry_kind == kind:
        by_step[step] = entry
  return [by_step[step] for step in sorted(by_step)]
