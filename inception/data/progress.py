"""What data preparation tells its user while it works.

  timestamp, found, finished   the 2016 log's lines, which people's scripts read
  show                         how far a transfer is: a bar on a terminal, a few
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


def found(folder: str, *, num_files: int, num_folders: int,
          num_classes: int) -> str:
  """Returns the lines that tell what a folder of images has."""
  return '\n'.join((
      f'Determining list of input files and labels from {folder}.',
      f'Finished finding files in {num_folders} of {num_classes} classes.',
      # The words of 2016; there may be other formats among them.
      f'Found {num_files} JPEG files across {num_classes} labels inside '
      f'{folder}.'))


def finished(num_images: int) -> str:
  """Returns the line that ends the writing of a subset."""
  return f'{timestamp()}: Finished writing all {num_images} images in data set.'


@contextlib.contextmanager
def show(label: str, total: int | None, *,
         log: Log) -> Iterator[Callable[[int], None]]:
  """Yields a function that is called with the size of each piece, in bytes.

  Args:
    label: what is transferred.
    total: size of the whole in bytes; None where nobody knows.
    log: called with each line where stderr is not a terminal: at most one in
      ten seconds.
  """
  if sys.stderr.isatty():
    with tqdm.tqdm(desc=label, total=total, unit='B', unit_scale=True,
                   file=sys.stderr) as bar:
      yield bar.update
  else:
    yield _Lines(label, total, log).update


class _Lines:
  """Logs a line now and then."""

  def __init__(self, label: str, total: int | None, log: Log):
    self._label = label
    self._of = f' of {total / _MB:.1f}' if total else ''
    self._log = log
    self._done = 0
    self._next = time.monotonic() + _SECONDS_PER_LINE

  def update(self, num_bytes: int) -> None:
    """Counts a piece."""
    self._done += num_bytes
    now = time.monotonic()
    if now >= self._next:
      self._next = now + _SECONDS_PER_LINE
      self._log(f'{self._label}: {self._done / _MB:.1f}{self._of} MB')
