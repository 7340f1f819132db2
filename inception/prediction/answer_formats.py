"""Answers as text: a table, CSV, JSON, or JSON Lines.

FORMATS     names of the formats
of_file     returns the format that a file's ending implies
make        returns a Format by its name
Format      returns the parts of a file, to be written in succession

A format consists of a head, one part per answer, and a foot, so that a file can
be written over hours and resumed after any answer.
"""

import itertools
import json
import os
import unicodedata
from collections.abc import Sequence

from inception.jobs import csv_lines
from inception.jobs import display_names
from inception.prediction import answers

FORMATS = ('table', 'json', 'jsonl', 'csv')

# Columns of a table for the longest name of a file, and of a class: longer
# names are shortened, so that they move no column.
_LONGEST_NAME, _LONGEST_CLASS = 120, 40
_ENDINGS = {'.json': 'json', '.jsonl': 'jsonl', '.ndjson': 'jsonl'}
_ENDINGS |= {'.csv': 'csv', '.txt': 'table'}


class Format:
  """JSON Lines, and the base class of the other formats."""

  head = ''
  foot = ''

  def row(self, answer: answers.Answer, *, is_first: bool) -> str:
    """Returns the text for an answer.

    Args:
      answer: answer for one file.
      is_first: whether only the head precedes it.
    """
    del is_first
    return json.dumps(answers.to_json(answer), ensure_ascii=False) + '\n'


class _Json(Format):
  """One array, with one object per line."""

  head = '[\n'
  foot = '\n]\n'

  def row(self, answer: answers.Answer, *, is_first: bool) -> str:
    text = super().row(answer, is_first=is_first).removesuffix('\n')
    return text if is_first else f',\n{text}'


class _Csv(Format):
  """RFC 4180, but with a line feed at the end of a line."""

  def __init__(self, top_k: int):
    self._top_k = top_k
    columns = ['file', 'answer']
    for rank in range(1, top_k + 1):
      columns += [f'class_{rank}', f'probability_{rank}']
    self.head = csv_lines.line([*columns, 'error'])

  def row(self, answer: answers.Answer, *, is_first: bool) -> str:
    del is_first
    cells = [answer.file, answer.name]
    for candidate in answer.candidates:
      cells += [candidate.name, f'{candidate.probability:.6f}']
    cells += [''] * (2 + 2 * self._top_k - len(cells))
    return csv_lines.line([*cells, answer.error])


class _Table(Format):
  """Aligned columns, for people.

  The names of all files and classes are known before the first answer, and with
  them the widths of the columns.
  """

  def __init__(self, names: Sequence[str], class_names: Sequence[str]):
    self._file_width = _width_of('file', names, _LONGEST_NAME)
    self._class_width = _width_of(
      answers.NONE_OF_THESE, class_names, _LONGEST_CLASS
    )
    self.head = (
      f'{"file":{self._file_width}}  {"answer":{self._class_width}}  '
      'probability  next\n'
    )

  def row(self, answer: answers.Answer, *, is_first: bool) -> str:
    del is_first
    name = display_names.printable(answer.file)
    if answer.error:
      # In full: somebody has to find the file.
      return f'{_padded(name, self._file_width)}  ERROR: {answer.error}\n'
    start = _padded(_end_of(name, _LONGEST_NAME), self._file_width)
    first, *others = answer.candidates
    # If unsure, the most probable class is listed with the others.
    listed = others if answer.is_sure else answer.candidates
    following = ', '.join(
      f'{display_names.printable(other.shown)} {_percent(other.probability)}'
      for other in listed
    )
    shown = first.shown if answer.is_sure else answer.name
    class_name = _start_of(display_names.printable(shown), _LONGEST_CLASS)
    line = (
      f'{start}  {_padded(class_name, self._class_width)}  '
      f'{_percent(first.probability):>11}  {following}'
    )
    return line.rstrip() + '\n'


def of_file(path: str | os.PathLike) -> str | None:
  """Returns the format that the file's ending implies; None for others."""
  return _ENDINGS.get(os.path.splitext(os.fspath(path))[1].lower())


def make(
  name: str,
  *,
  top_k: int,
  names: Sequence[str] = (),
  class_names: Sequence[str] = (),
) -> Format:
  """Returns a format.

  Args:
    name: one of FORMATS.
    top_k: maximum number of candidates of each answer.
    names: names of the files, for the width of a table's column.
    class_names: names of the classes, for the same purpose.

  Raises:
    ValueError: `name` is not a format.
  """
  if name not in FORMATS:
    raise ValueError(
      f'format must be one of {", ".join(FORMATS)}, got {name!r}'
    )
  if name == 'table':
    return _Table(names, class_names)
  return _Csv(top_k) if name == 'csv' else {'json': _Json}.get(name, Format)()


def _percent(probability: float) -> str:
  return f'{100 * probability:.1f} %'


def _width(text: str) -> int:
  """Returns the number of columns that a text takes on a terminal."""
  return sum(
    0
    if unicodedata.combining(char)
    else 2
    if unicodedata.east_asian_width(char) in 'WF'
    else 1
    for char in text
  )


def _width_of(title: str, names: Sequence[str], longest: int) -> int:
  widths = [_width(display_names.printable(name)) for name in names]
  return min(longest, max([len(title), *widths]))


def _start_of(text: str, width: int) -> str:
  """Returns the text, or as much of its start as fits, and an ellipsis."""
  if _width(text) <= width:
    return text
  # The total is that of the text before each character, and of the character.
  totals = itertools.accumulate(map(_width, text))
  fitting = itertools.takewhile(lambda total: total < width, totals)
  return text[: len(list(fitting))] + '…'


def _end_of(text: str, width: int) -> str:
  """Returns the text, or an ellipsis and as much of its end as fits."""
  return _start_of(text[::-1], width)[::-1]


def _padded(text: str, width: int) -> str:
  return text + ' ' * (width - _width(text))
