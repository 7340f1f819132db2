"""Remembers what was found out about image files, from run to run.

  opened   a journal -> what it knows, and a function that adds to it
  Facts    what was found out about a file

Each file goes by its path, size and time of change, so that a run that was
killed, or is run again after a few images have been added, does not look at the
others twice.
"""

import contextlib
import dataclasses
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping

import PIL

from inception import dataset

_FILES_PER_FLUSH = 64
_VERSION = 4


@dataclasses.dataclass(frozen=True, slots=True)
class Facts:
  """What was found out about a file.

  Attributes:
    stat: (size, time of change in ns); None where it could not be had.
    reason: why it cannot be used; '' where it can.
    values: Photo's fields from `key` on.
    is_new: it is not from the journal.
  """

  stat: tuple[int, int] | None
  reason: str
  values: tuple
  is_new: bool


@contextlib.contextmanager
def opened(
  path: str | os.PathLike, *, seed: int, max_side: int | None
) -> Iterator[tuple[Mapping[str, tuple], Callable]]:
  """Yields ({relative path: (stat, reason, values)}, remember).

  Args:
    path: of the journal, which nobody else writes.
    seed: of the photos' keys; a journal of another one is not used.
    max_side: what image_coder.encode will be given; likewise.

  Yields:
    What is known, and a function (image, Facts) that adds a file.

  Raises:
    OSError: the journal cannot be written.
  """
  header = {
    'version': _VERSION,
    'seed': seed,
    'max_side': max_side,
    'tool': dataset.TOOL,
    'pillow': PIL.__version__,
  }
  known = _known(path, header)
  is_new = not known
  with open(
    path, 'w' if is_new else 'a', encoding='utf-8', newline='\n'
  ) as file:
    if is_new:
      file.write(json.dumps(header) + '\n')
    elif _is_cut_short(path):
      file.write('\n')
    pending = 0

    def remember(image, facts):
      nonlocal pending
      values = facts.values and [
        value.hex() if isinstance(value, bytes) else value
        for value in facts.values
      ]
      file.write(
        json.dumps([image.relative, facts.stat, facts.reason, values]) + '\n'
      )
      pending += 1
      if pending == _FILES_PER_FLUSH:
        pending = 0
        file.flush()

    yield known, remember


def _is_cut_short(path) -> bool:
  """Whether a kill has cut the last line short."""
  with open(path, 'rb') as file:
    file.seek(-1, os.SEEK_END)
    return file.read() != b'\n'


def _known(path, header) -> dict:
  """Reads the journal; empty where it is of other settings or not there."""
  known = {}
  try:
    with open(path, encoding='utf-8') as file:
      if json.loads(file.readline()) != header:
        return {}
      for line in file:
        try:
          relative, stat, reason, values = json.loads(line)
          if values:
            key, *numbers, source_format, is_original, sign, levels, flaw = (
              values
            )
            values = (
              bytes.fromhex(key),
              *numbers,
              sys.intern(source_format),
              is_original,
              bytes.fromhex(sign),
              sys.intern(levels),
              sys.intern(flaw),
            )
          known[relative] = (tuple(stat), reason, tuple(values))
        except (ValueError, TypeError):
          continue  # Cut short by a kill.
  except (OSError, ValueError):
    return {}
  return known
