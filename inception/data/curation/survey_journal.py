"""Stores the facts about image files from run to run.

  opened   a journal -> its entries, and a function that adds to them
  Facts    the facts about a file

Files are identified by path, size and modification time. So the run after a
kill, or after a few images have been added, does not read the others again.
"""

import contextlib
import dataclasses
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping

import PIL

from inception import dataset
from inception.images import image_files

_FILES_PER_FLUSH = 64
_VERSION = 4


@dataclasses.dataclass(frozen=True, slots=True)
class Facts:
  """The facts about a file.

  Attributes:
    stat: (size in bytes, modification time in ns); None if unavailable.
    reason: Reason why the file cannot be used; '' if it can.
    values: Photo's fields from `key` on; () if the file cannot be used.
    is_new: True if the journal should store the facts.
  """

  stat: tuple[int, int] | None
  reason: str
  values: tuple
  is_new: bool


# (stat, reason, values) of a file, as in Facts.
Entry = tuple[tuple[int, int], str, tuple]
Remember = Callable[[image_files.ImageFile, Facts], None]


@contextlib.contextmanager
def opened(
  path: str | os.PathLike, *, seed: int, max_side: int | None
) -> Iterator[tuple[Mapping[str, Entry], Remember]]:
  """Opens a journal, or begins a new one.

  Args:
    path: Path of the journal, which no other process may write.
    seed: Seed of the photos' keys. A journal with another seed is replaced.
    max_side: Largest side, as for image_coder.encode. A journal with another
      one is replaced.

  Yields:
    {relative path: entry} of the known files, and a function that adds a file.

  Raises:
    OSError: The journal cannot be written.
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

    def remember(image: image_files.ImageFile, facts: Facts) -> None:
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


def _is_cut_short(path: str | os.PathLike) -> bool:
  """Decides whether a kill has cut the last line short."""
  with open(path, 'rb') as file:
    file.seek(-1, os.SEEK_END)
    return file.read() != b'\n'


def _known(path: str | os.PathLike, header: Mapping) -> dict[str, Entry]:
  """Returns the entries; none if the file is missing or has another header."""
  known: dict[str, Entry] = {}
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
          continue  # A line that a kill has cut short.
  except (OSError, ValueError):
    return {}
  return known
