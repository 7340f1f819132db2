"""Where the objects are: boxes read from a CSV, to be looked up by image.

  n00007846_64193.JPEG,0.0060,0.2620,0.7545,0.9940

File name, xmin, ymin, xmax, ymax, as fractions of the upright image: the form
of 2016, which has no header. A header row may name the columns instead, in any
order and among others; the name's is filename, file, path or image. Where it
names width and height as well, sides may be pixels. An image has as many rows
as objects. A folder of XML annotations works, too (box_annotations).

A row names its image by the path below the folder of images, by a whole path
that ends so, whatever computer it is from, or by the file's name alone; the
ending may be left out.

  read    a CSV or folder -> Boxes
  Boxes   the boxes of one image; what no image has

ImageNet has 544,546 such images: numbers are kept packed, 32 bytes a box.
"""

import csv
import hashlib
import os
import pathlib
import posixpath
import struct
from collections.abc import Iterable, Iterator, Sequence

from inception.data.annotations import box_annotations
from inception.jobs import display_names
from inception.jobs import errors

# ymin, xmin, ymax, xmax: the order of a record's box.
Box = tuple[float, float, float, float]

# How far outside of the image a side may be and still be a fraction of it,
# drawn generously; pixels are further out in all but the corner.
_OVERSHOOT = 0.5

_SIDES = ('xmin', 'ymin', 'xmax', 'ymax')
_NAMES = ('filename', 'file', 'path', 'image')
_SIZE = ('width', 'height')
# Where name and sides are in a row of a file without a header.
_COLUMNS_OF_2016 = (0, 1, 2, 3, 4)
# Of a whole path, so many last parts may be the path of an image.
_PARTS_COMPARED = 6

_BOX = struct.Struct('<4d')


class BoxesError(errors.UserError):
  """The boxes cannot be used; the text names the line and says why."""


class Boxes:
  """Boxes by image.

  Args:
    rows: (name, xmin, ymin, xmax, ymax) of each box.
  """

  def __init__(self, rows: Iterable[box_annotations.Row]):
    self._packed: dict[str, bytearray] = {}
    self._num_left_out = 0
    for name, *sides in rows:
      packed = self._packed.setdefault(
        display_names.composed(name), bytearray()
      )
      xmin, ymin, xmax, ymax = (min(max(side, 0.0), 1.0) for side in sides)
      if xmin < xmax and ymin < ymax:
        packed += _BOX.pack(ymin, xmin, ymax, xmax)
      else:
        self._num_left_out += 1
    self._ends = _ends(self._packed)

  @property
  def num_left_out(self) -> int:
    """Boxes of no width or height, or with min and max swapped."""
    return self._num_left_out

  @property
  def num_images(self) -> int:
    """Number of names that have boxes."""
    return len(self._packed)

  @property
  def digest(self) -> str:
    """Hash of all names and boxes, independent of the file's form."""
    digest = hashlib.sha256()
    for name, packed in self._packed.items():
      # Quoted: no two lists of names and boxes give the same bytes.
      digest.update(repr((name, bytes(packed))).encode())
    return digest.hexdigest()

  def of(self, relative_path: str) -> tuple[Box, ...]:
    """Returns (ymin, xmin, ymax, xmax) in [0, 1] of each of an image's objects.

    Args:
      relative_path: with /, such as 'daisy/a.jpg'. The rows of just this path
        count; where there are none, those of 'daisy/a', then of a path that
        ends with either, then of 'a.jpg' or 'a', which stand for the a.jpg of
        every class that has one.
    """
    packed = self._packed.get(self._key(relative_path), b'')
    return tuple(_BOX.iter_unpack(packed))

  def unused(self, seen: Iterable[str]) -> list[str]:
    """Returns the names that no image has, in the order of the file.

    Args:
      seen: the relative paths of all images.
    """
    used = {self._key(path) for path in seen}
    return [name for name in self._packed if name not in used]

  def _key(self, relative_path: str) -> str:
    path = display_names.composed(_posix(relative_path))
    name = path.rpartition('/')[2]
    for candidate in (path, _stem(path)):
      if candidate in self._packed:
        return candidate
    for candidate in (path, _stem(path)):
      if self._ends.get(candidate):
        return self._ends[candidate]
    return name if name in self._packed else _stem(name)


def _ends(names: Iterable[str]) -> dict[str, str]:
  """Returns {last parts of a path: the path}; '' where two paths end so."""
  ends = {}
  for name in names:
    parts = name.split('/')
    for count in range(2, min(len(parts), _PARTS_COMPARED + 1)):
      end = '/'.join(parts[-count:])
      ends[end] = '' if end in ends else name
  return ends


def _stem(path: str) -> str:
  return posixpath.splitext(path)[0]


def read(path: str | os.PathLike) -> Boxes:
  """Returns the boxes in a CSV file, or in a folder of XML annotations.

  A side that is a little outside of the image is put on its edge. A box that
  is left with no width or height is left out, and counted.

  Raises:
    BoxesError: the file is no such CSV, a row has another number of columns,
      or values that are no fractions; or an annotation is broken.
    OSError: it is missing or unreadable.
  """
  if not pathlib.Path(path).is_dir():
    return Boxes(_rows(path))
  try:
    return Boxes(box_annotations.rows(path))
  except box_annotations.AnnotationError as error:
    raise BoxesError(str(error)) from error


def _rows(path: str | os.PathLike) -> Iterator[box_annotations.Row]:
  """Yields the rows of a CSV file."""
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
  name = _posix(row[columns[0]])
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


def _posix(path: str) -> str:
  """Returns a path as 'class/name', however the system writes it."""
  return path.replace('\\', '/').removeprefix('./')


def _where(path: str | os.PathLike, line: int) -> str:
  return f'{str(path)!r}, line {line},'
