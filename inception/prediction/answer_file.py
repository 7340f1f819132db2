"""A file of answers that an interrupted run resumes.

Beside the file lies a note, FILE.run.json: which run writes it, and how much of
it is certainly on the disk. A run that is started again cuts off what is beyond
that and writes on, so that no answer is there twice or missing, whatever has
happened: Ctrl-C, a kill, a power cut.

  check         refuses a file of another run, before the work begins
  opened        the file, open -> Writer
  StreamWriter  the same for standard output, of which nothing is resumed
  OutputError   the file cannot be written
"""

import contextlib
import os
import pathlib
import time
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, TextIO

from inception.jobs import errors
from inception.jobs import json_notes
from inception.jobs import locks

# Seconds of work that a kill may cost.
_SECONDS_PER_NOTE = 2.0

_WRITTEN = ('rows', 'bytes', 'complete', 'counts')


class OutputError(errors.UserError):
  """The file cannot be written; the text says why and what to do."""


class StreamWriter:
  """Writes answers to a stream.

  Attributes:
    num_rows: how many were written.
    counts: how often each kind of answer was.
    is_complete: always False.
  """

  def __init__(self, stream: TextIO):
    self.num_rows = 0
    self.counts: dict[str, int] = {}
    self.is_complete = False
    self._stream = stream

  def text(self, text: str) -> None:
    """Writes what is no answer: the head or the foot."""
    self._stream.write(text)

  def row(self, text: str, kind: str = '') -> None:
    """Writes an answer; see Writer.row."""
    self.text(text)
    self.num_rows += 1
    if kind:
      self.counts[kind] = self.counts.get(kind, 0) + 1

  def complete(self) -> None:
    """Flushes the stream."""
    self._stream.flush()


class Writer:
  """Writes answers.

  Attributes:
    num_rows: how many the file has.
    counts: how often each kind of answer was written: {'broken': 3}.
    is_complete: whether an earlier run has finished.
  """

  def __init__(
    self,
    path: pathlib.Path,
    file: BinaryIO,
    facts: Mapping[str, Any],
    note: Mapping[str, Any],
  ):
    self.num_rows = note.get('rows', 0)
    self.counts = dict(note.get('counts', {}))
    self.is_complete = note.get('complete', False)
    self._path = path
    self._facts = dict(facts)
    self._due = 0.0
    self._file = file
    self._file.truncate(note.get('bytes', 0))
    self._file.seek(0, os.SEEK_END)

  def text(self, text: str) -> None:
    """Writes what is no answer: the head or the foot."""
    # A name that is no Unicode is written as its escape.
    self._file.write(text.encode('utf-8', 'backslashreplace'))

  def row(self, text: str, kind: str = '') -> None:
    """Writes an answer.

    Args:
      text: the answer.
      kind: what to count it as; '' for nothing.
    """
    self.text(text)
    self.num_rows += 1
    if kind:
      self.counts[kind] = self.counts.get(kind, 0) + 1
    if time.monotonic() >= self._due:
      self.note()

  def complete(self) -> None:
    """Notes that no answer is missing."""
    self.is_complete = True
    self.note()

  def note(self) -> None:
    """Notes that everything so far is on the disk."""
    self._file.flush()
    os.fsync(self._file.fileno())
    written = (self.num_rows, self._file.tell(), self.is_complete, self.counts)
    json_notes.write(
      note_path(self._path),
      self._facts | dict(zip(_WRITTEN, written, strict=True)),
    )
    self._due = time.monotonic() + _SECONDS_PER_NOTE


def note_path(path: str | os.PathLike) -> pathlib.Path:
  """Returns the path of the note about a file."""
  path = pathlib.Path(path)
  return path.with_name(f'{path.name}.run.json')


def check(path: str | os.PathLike, facts: Mapping[str, Any]) -> dict:
  """Refuses a file that another run has written.

  Args:
    path: of the file.
    facts: what makes this run another than others, plain JSON.

  Returns:
    The note of this run's earlier attempt; {} where there is none.

  Raises:
    OutputError: it is of another run, or its folder does not exist.
  """
  path = pathlib.Path(path)
  if not path.parent.is_dir():
    raise OutputError(
      f'there is no folder {str(path.parent)!r}: make it first, or '
      'give another file'
    )
  if path.is_dir():
    raise OutputError(f'{str(path)!r} is a folder: give the name of a file')
  if not path.exists():
    return {}
  note = json_notes.read(note_path(path))
  if not note:
    raise OutputError(
      f'{str(path)!r} exists and is of no run that could be resumed: '
      'give another file, or move it away'
    )
  differing = [name for name, fact in facts.items() if note.get(name) != fact]
  if differing:
    raise OutputError(
      f'{str(path)!r} is of another run (another '
      f'{", ".join(differing)}): give another file, or move it away'
    )
  if path.stat().st_size < note.get('bytes', 0):
    raise OutputError(
      f'{str(path)!r} is shorter than its run has left it: give '
      'another file, or move it away'
    )
  return note


@contextlib.contextmanager
def opened(
  path: str | os.PathLike, facts: Mapping[str, Any]
) -> Iterator[Writer]:
  """Yields the file, which this run's earlier attempt may have begun.

  When the block ends, also by an error or Ctrl-C, all of it is on the disk.

  Args:
    path: of the file.
    facts: see check.

  Raises:
    OutputError: see check; or it cannot be written, or another process is
      writing it.
  """
  path = pathlib.Path(path)
  busy = OutputError(
    f'another command is writing {str(path)!r}: wait until it has '
    'finished, or give another file'
  )
  check(path, facts)
  try:
    with locks.hold(path.with_name(f'.{path.name}.lock'), busy=busy):
      note = check(path, facts)
      with open(path, 'r+b' if note else 'wb') as file:
        writer = Writer(path, file, facts, note)
        writer.note()  # From here on a second command knows whose it is.
        try:
          yield writer
        finally:
          writer.note()
  except OSError as error:
    if isinstance(error, BrokenPipeError):
      raise
    raise OutputError(
      f'cannot write {str(path)!r} ({error.strerror or error}): make '
      'room or give another file'
    ) from error
