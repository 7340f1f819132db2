"""Reads a CSV file of corrected labels and applies it to lists of image files.

  file,class
  daisy/42.jpg,roses

read            reads the file
relabel         returns the listings with the classes of the file
LabelsCsvError  the file cannot be used; names the line and says why

The first line names the columns; others than `file` and `class` are ignored, so
that the file which evaluation writes (--relabel_csv) can be used as it is. An
image is named by its path below the folder of images. `CLASS/NAME` is enough
for an image deeper in the class folder: records keep nothing else of its path.
"""

import collections
import csv
import dataclasses
import io
import os
import pathlib
from collections.abc import Mapping, Sequence

from inception.images import image_files
from inception.jobs import display_names
from inception.jobs import errors
from inception.jobs import name_lists

_COLUMNS = ('file', 'class')


class LabelsCsvError(errors.UserError):
  """The file cannot be used; the text names the line and says why."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Row:
  """One line of the file.

  Attributes:
    place: path of the CSV file and number of the line, for messages.
    file: path of the image below the folder of images, in Unicode's form NFC.
    class_name: corrected class, in Unicode's form NFC.
  """

  place: str
  file: str
  class_name: str


def read(path: str | os.PathLike) -> tuple[Row, ...]:
  """Returns the rows of the file.

  Raises:
    LabelsCsvError: the file cannot be read, or lacks a column or a value.
  """
  try:
    # A file name need not be Unicode on Linux: its bytes are kept.
    text = pathlib.Path(path).read_bytes().decode('utf-8', 'surrogateescape')
  except OSError as error:
    raise LabelsCsvError(
      f'{str(path)!r} cannot be read ({error.strerror}): give a CSV file with '
      'the columns file and class'
    ) from error
  reader = csv.DictReader(
    io.StringIO(text.removeprefix('\ufeff'), newline=''), strict=True
  )
  rows = []
  try:
    missing = [
      name for name in _COLUMNS if name not in (reader.fieldnames or ())
    ]
    if missing:
      raise LabelsCsvError(
        f'{str(path)!r} has no column {missing[0]}: its first line must name '
        'the columns file and class'
      )
    for values in reader:
      rows.append(_row(f'{str(path)!r}, line {reader.line_num},', values))
  except csv.Error as error:
    raise LabelsCsvError(
      f'{str(path)!r}, line {reader.reader.line_num}, is no CSV ({error}): '
      'put quotes around names that have commas, and double the quotes in them'
    ) from error
  return tuple(rows)


def _row(place: str, values: Mapping[str, str | None]) -> Row:
  for name in _COLUMNS:
    if not (values[name] or '').strip():
      raise LabelsCsvError(
        f'{place} has no {name}: fill it in, or remove the line'
      )
  return Row(
    place=place,
    file=display_names.composed(values['file'] or '').removeprefix('./'),
    class_name=display_names.composed((values['class'] or '').strip()),
  )


def relabel(
  listings: Mapping[str, image_files.Listing],
  rows: Sequence[Row],
  class_names: Sequence[str],
) -> dict[str, image_files.Listing]:
  """Returns the listings with the classes of the rows.

  Args:
    listings: {subset: the image files of its folder}.
    rows: result of read().
    class_names: class names in the order of their labels; the first has label
      1.

  Raises:
    LabelsCsvError: a row names no file, more than one file, or no class, or two
      rows give one file different classes.
  """
  labels = {name: label for label, name in enumerate(class_names, start=1)}
  exact, short = _keys_by_name(listings)
  changes: dict[tuple[str, str], Row] = {}
  for row in rows:
    if row.class_name not in labels:
      raise LabelsCsvError(
        f'{row.place} gives the class {display_names.printable(row.class_name)}'
        f', and the classes are {name_lists.listed(class_names)}: give one of '
        'these, or make a folder for the class'
      )
    key = _key(row, exact, short)
    earlier = changes.setdefault(key, row)
    if earlier.class_name != row.class_name:
      raise LabelsCsvError(
        f'{row.place} gives {display_names.printable(row.file)} the class '
        f'{display_names.printable(row.class_name)}, and an earlier line '
        f'{display_names.printable(earlier.class_name)}: remove one of the '
        'lines'
      )
  return {
    subset: dataclasses.replace(
      listing,
      images=tuple(
        sorted(
          (
            _changed(image, changes.get((subset, image.relative)), labels)
            for image in listing.images
          ),
          key=lambda image: (image.label, image.relative),
        )
      ),
    )
    for subset, listing in listings.items()
  }


def _changed(
  image: image_files.ImageFile, row: Row | None, labels: Mapping[str, int]
) -> image_files.ImageFile:
  if row is None:
    return image
  return dataclasses.replace(
    image, class_name=row.class_name, label=labels[row.class_name]
  )


_Keys = Mapping[str, Sequence[tuple[str, str]]]


def _keys_by_name(
  listings: Mapping[str, image_files.Listing],
) -> tuple[_Keys, _Keys]:
  """Returns {relative path: keys} and {CLASS/NAME: keys} of all image files.

  A key is (subset, relative path).
  """
  exact, short = collections.defaultdict(list), collections.defaultdict(list)
  for subset, listing in listings.items():
    for image in listing.images:
      key = subset, image.relative
      name = image.relative.rpartition('/')[2]
      exact[image.relative].append(key)
      short[f'{image.class_name}/{name}'].append(key)
  return exact, short


def _key(row: Row, exact: _Keys, short: _Keys) -> tuple[str, str]:
  """Returns the key of the file that a row names."""
  with_slashes = row.file.replace('\\', '/')
  keys: Sequence[tuple[str, str]] = ()
  for names in (exact, short):
    for name in (row.file, with_slashes):
      keys = keys or names.get(name, ())
  file = display_names.printable(row.file)
  if not keys:
    raise LabelsCsvError(
      f'{row.place} names {file}, and the folder of images has no such file: '
      'give its path there, as CLASS/NAME with the name of the folder that it '
      'is in, or remove the line'
    )
  if len(keys) > 1:
    files = [f'{subset}/{path}' if subset else path for subset, path in keys]
    raise LabelsCsvError(
      f'{row.place} names {file}, which can be '
      f'{name_lists.listed(files)}: '
      + (
        'give its path below the folder of images'
        if len({path for _, path in keys}) > 1
        else 'rename one of the files'
      )
    )
  return keys[0]
