"""What data preparation tells its user while it works.

timestamp, found, finished   the 2016 log's lines, which people's scripts read
show                         how far long work is: a bar on a terminal, a few
                             lines in a log
"""

import contextlib
import datetime
import sys
import time
from collections.abc import Callable, Iterator

import tqdm

_SECONDS_PER_LINE = 10
_MB = 1e6

Log = Callable[[str], None]


def timestamp() -> str:
  """Returns the time as a log line begins with it."""
  return str(datetime.datetime.now())


def found(
  folder: str, *, num_files: int, num_folders: int, num_classes: int
) -> str:
  """Returns the lines that tell what a folder of images has."""
  return '\n'.join((
    f'Determining list of input files and labels from {folder}.',
    f'Finished finding files in {num_folders} of {num_classes} classes.',
    # The words of 2016; there may be other formats among them.
    f'Found {num_files} JPEG files across {num_classes} labels inside '
    f'{folder}.',
  ))


def finished(num_images: int) -> str:
  """Returns the line that ends the writing of a subset."""
  return f'{timestamp()}: Finished writing all {num_images} images in data set.'


@contextlib.contextmanager
def show(
  label: str, total: int | None, *, log: Log, unit: str = 'B', done: int = 0
) -> Iterator[Callable[[int], None]]:
  """Yields a function that is called with the size of each piece.

  Args:
    label: what is done.
    total: size of the whole; None where nobody knows.
    log: called with each line where stderr is not a terminal: at most one in
      ten seconds.
    unit: of the sizes: 'B' for bytes, or what is counted.
    done: how much an earlier run has done already.
  """
  if sys.stderr.isatty():
    in_bytes = unit == 'B'
    with tqdm.tqdm(
      desc=label,
      total=total,
      unit_scale=in_bytes,
      unit=unit if in_bytes else f' {unit}',
      initial=done,
      file=sys.stderr,
    ) as bar:
      yield bar.update
  else:
    yield _Lines(label, total, unit, log, done).update


class _Lines:
  """Logs a line now and then."""

  def __init__(
    self, label: str, total: int | None, unit: str, log: Log, done: int
  ):
    self._label = label
    self._total = total
    self._unit = unit
    self._log = log
    self._done = done
    self._next = time.monotonic() + _SECONDS_PER_LINE

  def update(self, num_bytes: int) -> None:
    """Counts a piece."""
    self._done += num_bytes
    now = time.monotonic()
    if now >= self._next:
      self._next = now + _SECONDS_PER_LINE
      self._log(f'{self._label}: {self._so_far()}')

  def _so_far(self) -> str:
    if self._unit == 'B':
      of = f' of {self._total / _MB:.1f}' if self._total else ''
      return f'{self._done / _MB:.1f}{of} MB'
    of = f' of {self._total:,}' if self._total else ''
    return f'{self._done:,}{of} {self._unit}'
