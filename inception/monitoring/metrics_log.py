"""Writes TRAIN_DIR/metrics.jsonl: metrics of a run, one JSON object per line.

  {"kind": "train", "step": 10, "time": "2026-01-31T12:00:00.000000+00:00",
   "loss": 2.5, ...}

The file is only appended to, also after an interruption of the run. Each line
is written immediately, so that programs following the file see it, and a killed
process leaves at most one incomplete line.

  MetricsLog  appends lines to the file
"""

import contextlib
import datetime
import io
import json
import math
import numbers
import os
import pathlib
from collections.abc import Callable, Mapping

FILE_NAME = 'metrics.jsonl'


def _utc_now() -> datetime.datetime:
  return datetime.datetime.now(datetime.timezone.utc)


class MetricsLog:
  """Appends lines to a folder's metrics.jsonl.

  A failing log must not abort a long training run: after the first error
  nothing more is written, and `problem` states the reason.
  """

  def __init__(
    self,
    train_dir: str | os.PathLike,
    *,
    now: Callable[[], datetime.datetime] = _utc_now,
  ):
    """Opens the file, and ends a line that a killed process left incomplete.

    Args:
      train_dir: Existing folder.
      now: Function that returns the time, with its zone.
    """
    self._path = pathlib.Path(train_dir, FILE_NAME)
    self._now = now
    self._problem: str | None = None
    self._file: io.FileIO | None = None
    try:
      # Unbuffered, so that closing the file does not retry what a full disk has
      # rejected.
      self._file = open(self._path, 'ab+', buffering=0)  # noqa: SIM115
      if self._file.seek(0, os.SEEK_END):
        self._file.seek(-1, os.SEEK_END)
        if self._file.read(1) != b'\n':
          _append(self._file, b'\n')
    except OSError as error:
      self._turn_off(error)

  @property
  def problem(self) -> str | None:
    """Sentence on why nothing is written any more; None without a problem."""
    return self._problem

  def write(self, kind: str, step: int, **values: object) -> None:
    """Appends a line, unless there was a problem.

    Args:
      kind: Kind of the line: 'train', 'eval', ...
      step: Index of the step that the line is about.
      **values: Numbers (including NumPy's), strings, booleans, None, and lists
        and dictionaries of those. NaN and infinities become null, because JSON
        cannot represent them.

    Raises:
      TypeError: a value has another type, or is named 'time'.
    """
    if 'time' in values:
      raise TypeError("values must not be named 'time': each line has its own")
    if self._file is None:
      return
    line = json.dumps(
      _plain({
        'kind': kind,
        'step': step,
        'time': self._now().isoformat(),
        **values,
      }),
      ensure_ascii=False,
      allow_nan=False,
    )
    try:
      # A byte of a file name that is not Unicode is written as \udc80, which is
      # also how JSON escapes it.
      _append(self._file, f'{line}\n'.encode('utf-8', 'backslashreplace'))
    except OSError as error:
      self._turn_off(error)

  def close(self) -> None:
    """Closes the file."""
    if self._file is not None:
      with contextlib.suppress(OSError):
        self._file.close()
      self._file = None

  def _turn_off(self, error: OSError) -> None:
    self._problem = (
      f'{str(self._path)!r} cannot be written ({error.strerror or error}): '
      'training continues without it'
    )
    self.close()

  def __enter__(self) -> 'MetricsLog':
    return self

  def __exit__(self, *unused: object) -> None:
    self.close()


def _append(file: io.FileIO, data: bytes) -> None:
  while data:
    # A nearly full disk accepts a part, and rejects the rest with an error.
    data = data[file.write(data) :]


def _plain(value: object) -> object:
  """Converts a value to types that json supports, and NaN to None."""
  match value:
    case None | bool() | str():
      return value
    case Mapping():
      return {str(key): _plain(item) for key, item in value.items()}
    case list() | tuple():
      return [_plain(item) for item in value]
    case numbers.Integral():
      return int(value)
    case numbers.Real():
      number = float(value)
      return number if math.isfinite(number) else None
  raise TypeError(f'a metric must be a number or a text, got {value!r}')
