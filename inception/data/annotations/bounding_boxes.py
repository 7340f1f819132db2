"""Bounding boxes of objects, read from a file and looked up by image.

  n00007846_64193.JPEG,0.0060,0.2620,0.7545,0.9940

The columns are file name, xmin, ymin, xmax and ymax, as fractions of the
upright image. This is the form of 2016, which has no header. A header row may
name the columns instead, in any order and among others; the name's column is
filename, file, path or image. If width and height are columns as well, the
sides may be in pixels. An image has one row per object. A folder of XML
annotations works, too (box_annotations).

A row names its image by the path below the folder of images, by a full path of
any computer that ends with it, or by the file name alone. The extension may be
left out.

  read    a CSV or folder -> Boxes
  Boxes   finds the boxes of an image, and names without an image

ImageNet has 544,546 images with boxes, so the numbers are kept packed, with 32
bytes per box.
"""

import collections
import hashlib
import os
import pathlib
import posixpath
import struct
from collections.abc import Iterable

from inception.data.annotations import box_annotations
from inception.data.annotations import boxes_csv
from inception.jobs import display_names

# ymin, xmin, ymax, xmax: the order of a record's box.
Box = tuple[float, float, float, float]

# Largest number of last parts of a full path that may be an image's path.
_PARTS_COMPARED = 6

_BOX = struct.Struct('<4d')
_ROUNDED = struct.Struct('<4f')


class Boxes:
  """The boxes of all images.

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
      # Records hold float32, in which a thin box may have no width.
      x0, x1, y0, y1 = _ROUNDED.unpack(_ROUNDED.pack(xmin, xmax, ymin, ymax))
      if x0 < x1 and y0 < y1:
        packed += _BOX.pack(ymin, xmin, ymax, xmax)
      else:
        self._num_left_out += 1
    self._ends = _ends(self._packed)

  @property
  def num_left_out(self) -> int:
    """Number of boxes without width or height, or with min and max swapped."""
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
      # repr quotes the names, so that different lists give different bytes.
      digest.update(repr((name, bytes(packed))).encode())
    return digest.hexdigest()

  def of(self, relative_path: str) -> tuple[Box, ...]:
    """Returns (ymin, xmin, ymax, xmax) in [0, 1] of each object of an image.

    Args:
      relative_path: Path with /, such as 'daisy/a.jpg'. The rows with exactly
        this path are used. If there are none, the rows of 'daisy/a' are, then
        those of a path that ends with either, then those of 'a.jpg' or 'a',
        which stand for the a.jpg of every class.
    """
    packed = self._packed.get(self._key(relative_path), b'')
    return tuple(_BOX.iter_unpack(packed))

  def unused(self, seen: Iterable[str]) -> list[str]:
    """Returns the names without an image, in the order of the file.

    Args:
      seen: Relative paths of all images.
    """
    used = {self._key(path) for path in seen}
    return [name for name in self._packed if name not in used]

  def shared(self, seen: Iterable[str]) -> list[str]:
    """Returns the names without a folder that stand for several images.

    Args:
      seen: Relative paths of all images.
    """
    count = collections.Counter(self._key(path) for path in seen)
    return [
      name for name in self._packed if '/' not in name and count[name] > 1
    ]

  def _key(self, relative_path: str) -> str:
    path = display_names.composed(boxes_csv.posix(relative_path))
    name = path.rpartition('/')[2]
    for candidate in (path, _stem(path)):
      if candidate in self._packed:
        return candidate
    for candidate in (path, _stem(path)):
      if self._ends.get(candidate):
        return self._ends[candidate]
    return name if name in self._packed else _stem(name)


def _ends(names: Iterable[str]) -> dict[str, str]:
  """Returns {last parts of a path: the path}; '' if two paths end with them."""
  ends: dict[str, str] = {}
  for name in names:
    parts = name.split('/')
    for count in range(2, min(len(parts), _PARTS_COMPARED + 1)):
      end = '/'.join(parts[-count:])
      ends[end] = '' if end in ends else name
  return ends


def _stem(path: str) -> str:
  return posixpath.splitext(path)[0]


def read(path: str | os.PathLike) -> Boxes:
  """Returns the boxes in a CSV file or in a folder of XML annotations.

  A side slightly outside the image is moved to its edge. Boxes without width or
  height are left out, and counted.

  Raises:
    boxes_csv.BoxesError: The file is not such a CSV, a row has another number
      of columns or values that are not fractions, or an annotation is invalid.
    OSError: The file or folder is missing or unreadable.
  """
  if not pathlib.Path(path).is_dir():
    return Boxes(boxes_csv.rows(path))
  try:
    return Boxes(box_annotations.rows(path))
  except box_annotations.AnnotationError as error:
    raise boxes_csv.BoxesError(str(error)) from error
