"""A file of answers that can be resumed after an interruption.

A note beside the file, FILE.run.json, identifies the run that writes it and the
number of bytes that are certainly on the disk. When the run is started again,
it truncates the file to that length and continues, so no answer is duplicated
or missing after Ctrl-C, a kill or a power cut.

  check         refuses a file of another run, before the work begins
  opened        opens the file and yields a Writer
  Writer        writes answers to a file
  StreamWriter  writes answers to standard output, which cannot be resumed
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

# Seconds of work that a kill may lose.
_SECONDS_PER_NOTE = 2.0

_WRITTEN = ('rows', 'bytes', 'complete', 'counts')


class OutputError(errors.UserError):
  """The file cannot be written; the text says why and what to do."""


class StreamWriter:
  """Writes answers to a stream.

  Attributes:
    num_rows: number of written answers.
    counts: number of written answers of each kind: {'broken': 3}.
    is_complete: always False.
  """

  def __init__(self, stream: TextIO):
    self.num_rows = 0
    self.counts: dict[str, int] = {}
    self.is_complete = False
    self._stream = stream

  def text(self, text: str) -> None:
    """Writes text that is not an answer: the head or the foot."""
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
  """Writes answers to a file and keeps its note.

  Attributes:
    num_rows: number of answers in the file.
    counts: number of answers of each kind: {'broken': 3}.
    is_complete: whether no answer is missing.
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
    # Before the first answer, the run begins anew with the head.
    has_answers = self.num_rows or self.is_complete
    self._file.truncate(note.get('bytes', 0) if has_answers else 0)
    self._file.seek(0, os.SEEK_END)

  def text(self, text: str) -> None:
    """Writes text that is not an answer: the head or the foot."""
    # A name that is not Unicode is written with escapes.
    self._file.write(text.encode('utf-8', 'backslashreplace'))

  def row(self, text: str, kind: str = '') -> None:
    """Writes an answer.

    Args:
      text: text of the answer.
      kind: kind to count it as; '' does not count it.
    """
    self.text(text)
    self.num_rows += 1
    if kind:
      self.counts[kind] = self.counts.get(kind, 0) + 1
    if time.monotonic() >= self._due:
      self.note()

  def complete(self) -> None:
    """Records in the note that no answer is missing."""
    self.is_complete = True
    self.note()

  def note(self) -> None:
    """Flushes the file to the disk and records its length in the note."""
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
    path: path of the file.
    facts: plain JSON that distinguishes this run from others.

  Returns:
    The note of an earlier attempt at this run; {} if there is none.

  Raises:
    OutputError: the file belongs to another run, or its folder does not exist.
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
      f'{str(path)!r} exists, and no run that can be resumed wrote it: '
      'give another file, or move it away'
    )
  differing = [name for name, fact in facts.items() if note.get(name) != fact]
  if differing:
    raise OutputError(
      f'{str(path)!r} belongs to another run (another '
      f'{", ".join(differing)}): give another file, or move it away'
    )
  if path.stat().st_size < note.get('bytes', 0):
    raise OutputError(
      f'{str(path)!r} is shorter than its run left it: give '
      'another file, or move it away'
    )
  return note


@contextlib.contextmanager
def opened(
  path: str | os.PathLike, facts: Mapping[str, Any]
) -> Iterator[Writer]:
  """Yields a writer of the file, which an earlier attempt may have begun.

  When the block ends, even by an error or Ctrl-C, everything is on the disk.

  Args:
    path: path of the file.
    facts: see check.

  Raises:
    OutputError: see check; or the file cannot be written, or another process is
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
        writer.note()  # From here on, other commands can identify its run.
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
