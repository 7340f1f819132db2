"""Reads the rows of a table of bounding boxes.

  rows         a CSV file -> (name, xmin, ymin, xmax, ymax) of each box
  posix        a path as rows have it: with /
  BoxesError   the boxes cannot be used; names the line and says why

bounding_boxes says what a table may look like.
"""

import csv
import os
import pathlib
from collections.abc import Iterator, Sequence

from inception.data.annotations import box_annotations
from inception.jobs import errors

# How far outside of the image a side may be and still be a fraction of it,
# drawn generously; pixels are further out in all but the corner.
_OVERSHOOT = 0.5

_SIDES = ('xmin', 'ymin', 'xmax', 'ymax')
_NAMES = ('filename', 'file', 'path', 'image')
_SIZE = ('width', 'height')
# Where name and sides are in a row of a file without a header.
_COLUMNS_OF_2016 = (0, 1, 2, 3, 4)


class BoxesError(errors.UserError):
  """The boxes cannot be used; the text names the line and says why."""


def rows(path: str | os.PathLike) -> Iterator[box_annotations.Row]:
  """Yields the rows of a CSV file.

  Raises:
    BoxesError: the file is no such CSV, or a row has another number of columns,
      or sides that are no fractions.
    OSError: it is missing or unreadable.
  """
  columns = None
  for line, cells in _cells(path):
    if columns is None:
      columns = _header(path, line, cells)
      if columns:
        continue
      columns = _COLUMNS_OF_2016
    yield _fields(path, line, cells, columns)
  if columns is None:
    raise BoxesError(
      f'{str(path)!r} is empty: it should have a row '
      'name,xmin,ymin,xmax,ymax for each box'
    )


def _cells(path: str | os.PathLike) -> Iterator[tuple[int, list[str]]]:
  """Yields (line number, cells) of the rows that are not blank."""
  with open(path, encoding='utf-8-sig', newline='') as file:
    reader = csv.reader(file, strict=True)
    try:
      for cells in reader:
        if any(cell.strip() for cell in cells):
          yield reader.line_num, cells
    except csv.Error as error:
      raise BoxesError(
        f'{_where(path, reader.line_num)} is no CSV ({error}): '
        'put quotes around names that have commas, and double '
        'the quotes in them'
      ) from error
    except UnicodeDecodeError as error:
      raise BoxesError(
        f'{_where(path, _line_of_no_text(path))} is not UTF-8 '
        'text: save the file as such'
      ) from error


def _line_of_no_text(path: str | os.PathLike) -> int:
  """Returns the line's number: a text file is decoded well ahead of it."""
  data = pathlib.Path(path).read_bytes()
  try:
    data.decode('utf-8')
  except UnicodeDecodeError as error:
    return data.count(b'\n', 0, error.start) + 1
  return 1  # It has been mended meanwhile.


def _header(path, line: int, row: Sequence[str]) -> tuple[int, ...] | None:
  """Returns where name, sides, and width and height are; None of no header.

  Width and height are left out where one is missing.
  """
  titles = [cell.strip().lower() for cell in row]
  if not set(titles) & set(_SIDES):
    return None
  names = [name for name in _NAMES if name in titles]
  missing = [side for side in _SIDES if side not in titles]
  if missing or not names:
    raise BoxesError(
      f'{_where(path, line)} is a header without {(missing or _NAMES)[0]}: '
      f'name the columns filename, {", ".join(_SIDES)}'
    )
  size = _SIZE if set(_SIZE) <= set(titles) else ()
  return tuple(titles.index(title) for title in (names[0], *_SIDES, *size))


def _fields(
  path, line: int, row: Sequence[str], columns: tuple[int, ...]
) -> tuple[str, float, ...]:
  """Returns the name and xmin, ymin, xmax, ymax of a row."""
  if len(row) <= max(columns) or (
    columns is _COLUMNS_OF_2016 and len(row) != len(columns)
  ):
    raise BoxesError(
      f'{_where(path, line)} has {len(row)} columns: it should be '
      'name,xmin,ymin,xmax,ymax with commas between, or the first row name '
      'the columns'
    )
  name = posix(row[columns[0]])
  if not name.strip():
    raise BoxesError(
      f'{_where(path, line)} names no image: put the name of '
      'its file there, or remove the line'
    )
  sides = [_number(path, line, row[column]) for column in columns[1:5]]
  size = [_number(path, line, row[column]) for column in columns[5:]]
  # A box within one pixel is none: such sides are fractions, whatever else the
  # row says.
  if size and max(sides) > 1 + _OVERSHOOT and min(size) > 0:
    width, height = size
    sides = [side / whole for side, whole in zip(sides, (width, height) * 2)]
  for side, column in zip(sides, columns[1:5]):
    if not -_OVERSHOOT <= side <= 1 + _OVERSHOOT:  # Nor NaN.
      raise BoxesError(
        f'{_where(path, line)} has {row[column].strip()} for a side of the '
        'box, which is no fraction of the image: divide pixels by its width '
        'or height, or add columns of these, named width and height'
      )
  return name, *sides


def _number(path, line: int, cell: str) -> float:
  try:
    return float(cell)
  except ValueError:
    raise BoxesError(
      f'{_where(path, line)} has {cell!r} for a side '
      'of the box: put a number from 0 to 1 there'
    ) from None


def _where(path: str | os.PathLike, line: int) -> str:
  return f'{str(path)!r}, line {line},'


def posix(path: str) -> str:
  """Returns a path as 'class/name', however the system writes it."""
  return path.replace('\\', '/').removeprefix('./')
