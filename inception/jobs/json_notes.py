"""Notes that a command leaves in a folder for its next run: small JSON files.

write   a note, complete or not at all
read    a note; nothing where there is none or it is damaged

A note saves work and is never trusted with more: a command that finds none does
the work again.
"""

import json
import os
import pathlib
from collections.abc import Mapping

from inception.jobs import atomic_files


def write(path: str | os.PathLike, facts: Mapping) -> None:
  """Writes a note.

  Args:
    path: of the note.
    facts: of what JSON can hold.

  Raises:
    OSError: it cannot be written; the old note is still there.
  """
  atomic_files.write_text(path, json.dumps(facts, indent=1) + '\n')


def read(path: str | os.PathLike) -> dict:
  """Returns a note's facts; {} where it is missing, unreadable or damaged."""
  try:
    facts = json.loads(pathlib.Path(path).read_bytes())
  except (OSError, ValueError):
    return {}
  return facts if isinstance(facts, dict) else {}
