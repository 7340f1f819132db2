"""Notes that a command leaves in a folder for its next run: small JSON files.

write   writes a note, complete or not at all
read    returns a note; an empty one if it is missing or damaged

A note only saves work: a command that finds none does the work again.
"""

import json
import os
import pathlib
from collections.abc import Mapping

from inception.jobs import atomic_files


def write(path: str | os.PathLike, facts: Mapping) -> None:
  """Writes a note.

  Args:
    path: the path of the note.
    facts: values that JSON can hold.

  Raises:
    OSError: it cannot be written; the old note is still there.
  """
  atomic_files.write_text(path, json.dumps(facts, indent=1) + '\n')


def read(path: str | os.PathLike) -> dict:
  """Returns a note's facts; {} if it is missing, unreadable or damaged."""
  try:
    facts = json.loads(pathlib.Path(path).read_bytes())
  except (OSError, ValueError):
    return {}
  return facts if isinstance(facts, dict) else {}
