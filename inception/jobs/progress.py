"""Progress messages of data preparation.

timestamp, found, finished   the lines of the 2016 log, which users' scripts
                             parse
show                         the progress of long work: a bar on a terminal, a
                             few lines in a log
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
  """Returns the current time in the format that begins a log line."""
  return str(datetime.datetime.now())


def found(
  folder: str, *, num_files: int, num_folders: int, num_classes: int
) -> str:
  """Returns the lines that summarise the content of a folder of images."""
  return '\n'.join((
    f'Determining list of input files and labels from {folder}.',
    f'Finished finding files in {num_folders} of {num_classes} classes.',
    # The wording of 2016; the files may have other formats.
    f'Found {num_files} JPEG files across {num_classes} labels inside '
    f'{folder}.',
  ))


def finished(num_images: int) -> str:
  """Returns the line that reports the end of writing a subset."""
  return f'{timestamp()}: Finished writing all {num_images} images in data set.'


@contextlib.contextmanager
def show(
  label: str, total: int | None, *, log: Log, unit: str = 'B', done: int = 0
) -> Iterator[Callable[[int], object]]:
  """Yields a function to call with the size of each finished piece.

  Args:
    label: the name of the work.
    total: the total size; None if it is unknown.
    log: a function called with each line if stderr is not a terminal; at most
      one line in ten seconds.
    unit: the unit of the sizes: 'B' for bytes, or the name of what is counted.
    done: the size that an earlier run has finished already.
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
  """Logs a line at most every _SECONDS_PER_LINE seconds."""

  def __init__(
    self, label: str, total: int | None, unit: str, log: Log, done: int
  ):
    self._label = label
    self._total = total
    self._unit = unit
    self._log = log
    self._done = done
    self._next = time.monotonic() + _SECONDS_PER_LINE

  def update(self, size: int) -> None:
    """Adds the size of a finished piece."""
    self._done += size
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
