"""Reads the rows of a table of bounding boxes.

  rows         a CSV file -> (name, xmin, ymin, xmax, ymax) of each box
  posix        a path in the form of the rows: with /
  BoxesError   the boxes cannot be used; gives the line and the reason

bounding_boxes describes the permitted forms of a table.
"""

import csv
import os
import pathlib
from collections.abc import Iterator, Sequence

from inception.data.annotations import box_annotations
from inception.jobs import errors

# Largest distance outside the image, as a fraction of it, at which a side is
# taken for a carelessly drawn fraction. Pixels are larger, except near the
# corner.
_OVERSHOOT = 0.5

_SIDES = ('xmin', 'ymin', 'xmax', 'ymax')
_NAMES = ('filename', 'file', 'path', 'image')
_SIZE = ('width', 'height')
# Columns of the name and the sides in a file without a header.
_COLUMNS_OF_2016 = (0, 1, 2, 3, 4)


class BoxesError(errors.UserError):
  """The boxes cannot be used; the text gives the line and the reason."""


def rows(path: str | os.PathLike) -> Iterator[box_annotations.Row]:
  """Yields the rows of a CSV file.

  Raises:
    BoxesError: The file is not such a CSV, or a row has another number of
      columns or sides that are not fractions.
    OSError: The file is missing or unreadable.
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
        f'{_where(path, reader.line_num)} is not CSV ({error}): '
        'put quotes around names that have commas, and double '
        'the quotes in them'
      ) from error
    except UnicodeDecodeError as error:
      raise BoxesError(
        f'{_where(path, _undecodable_line(path))} is not UTF-8 '
        'text: save the file in UTF-8'
      ) from error


def _undecodable_line(path: str | os.PathLike) -> int:
  """Returns the number of the first line that is not UTF-8.

  The reader's line number is of no use, since decoding is ahead of it.
  """
  data = pathlib.Path(path).read_bytes()
  try:
    data.decode('utf-8')
  except UnicodeDecodeError as error:
    return data.count(b'\n', 0, error.start) + 1
  return 1  # The file has been corrected meanwhile.


def _header(
  path: str | os.PathLike, line: int, row: Sequence[str]
) -> tuple[int, ...] | None:
  """Returns the columns of name, sides, width and height; None if no header.

  Width and height are left out if one is missing.
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
  path: str | os.PathLike,
  line: int,
  row: Sequence[str],
  columns: tuple[int, ...],
) -> box_annotations.Row:
  """Returns the name and xmin, ymin, xmax, ymax of a row."""
  if len(row) <= max(columns) or (
    columns is _COLUMNS_OF_2016 and len(row) != len(columns)
  ):
    raise BoxesError(
      f'{_where(path, line)} has {len(row)} columns: it should be '
      'name,xmin,ymin,xmax,ymax with commas between, or the first row should '
      'name the columns'
    )
  name = posix(row[columns[0]])
  if not name.strip():
    raise BoxesError(
      f'{_where(path, line)} names no image: put the name of '
      'its file there, or remove the line'
    )
  side_columns = columns[1:5]
  sides = [_number(path, line, row[column]) for column in side_columns]
  size = [_number(path, line, row[column]) for column in columns[5:]]
  # A box smaller than about a pixel is not plausible: such sides are fractions
  # even if the row has width and height.
  if size and max(sides) > 1 + _OVERSHOOT and min(size) > 0:
    width, height = size
    sides = [side / full for side, full in zip(sides, (width, height) * 2)]
  for side, column in zip(sides, side_columns):
    if not -_OVERSHOOT <= side <= 1 + _OVERSHOOT:  # Also true for NaN.
      raise BoxesError(
        f'{_where(path, line)} has {row[column].strip()} for a side of the '
        'box, which is not a fraction of the image: divide pixels by its width '
        'or height, or add columns of these, named width and height'
      )
  xmin, ymin, xmax, ymax = sides
  return name, xmin, ymin, xmax, ymax


def _number(path: str | os.PathLike, line: int, cell: str) -> float:
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
  """Returns a path with /, without './' at its beginning."""
  return path.replace('\\', '/').removeprefix('./')
