"""TRAIN_DIR/metrics.jsonl: a run's figures for scripts, one object a line.

  {"kind": "train", "step": 10, "time": "2026-01-31T12:00:00.000000+00:00",
   "loss": 2.5, ...}

The file only ever grows, over all interruptions of a run. A line is written as
soon as it is known, so that whoever follows the file sees it, and a process
that is killed leaves one torn line at most.

  MetricsLog  appends
"""

import contextlib
import datetime
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
  """Appends to a folder's metrics.jsonl.

  A training of days shall not end for want of its log: after the first error
  nothing more is written, and `problem` says why.
  """

  def __init__(
    self,
    train_dir: str | os.PathLike,
    *,
    now: Callable[[], datetime.datetime] = _utc_now,
  ):
    """Opens the file, and ends the line that a kill has cut.

    Args:
      train_dir: existing folder.
      now: the time, with its zone.
    """
    self._path = pathlib.Path(train_dir, FILE_NAME)
    self._now = now
    self._problem = None
    self._file = None
    try:
      # Without a buffer: what a full disk has refused is not tried again when
      # the file is closed.
      self._file = open(self._path, 'ab+', buffering=0)  # noqa: SIM115
      if self._file.seek(0, os.SEEK_END):
        self._file.seek(-1, os.SEEK_END)
        if self._file.read(1) != b'\n':
          self._append(b'\n')
    except OSError as error:
      self._turn_off(error)

  @property
  def problem(self) -> str | None:
    """One sentence on why nothing is written any more, or None."""
    return self._problem

  def write(self, kind: str, step: int, **values) -> None:
    """Appends a line, unless there was a problem.

    Args:
      kind: what is told: 'train', 'eval', ...
      step: what it is about.
      **values: numbers (NumPy's too), texts, truth values, None, and lists and
        dictionaries of them. A NaN or an infinity becomes null: JSON has no
        word for it.

    Raises:
      TypeError: a value is something else, or is named 'time'.
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
      # What is not Unicode in the name of a file is written as \udc80, which is
      # how JSON writes it too.
      self._append(f'{line}\n'.encode('utf-8', 'backslashreplace'))
    except OSError as error:
      self._turn_off(error)

  def close(self) -> None:
    """Closes the file."""
    if self._file is not None:
      with contextlib.suppress(OSError):
        self._file.close()
      self._file = None

  def _append(self, data: bytes) -> None:
    while data:
      # A nearly full disk takes a part, and refuses the rest with an error.
      data = data[self._file.write(data) :]

  def _turn_off(self, error: OSError) -> None:
    self._problem = (
      f'{str(self._path)!r} cannot be written ({error.strerror or error}): '
      'the training goes on without it'
    )
    self.close()

  def __enter__(self) -> 'MetricsLog':
    return self

  def __exit__(self, *unused) -> None:
    self.close()


def _plain(value):
  """Returns value as what json knows, without NaN and infinities."""
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
