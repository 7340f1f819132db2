"""Boxes out of a folder of XML annotations, as ImageNet and PASCAL VOC have.

  FOLDER/<synset>/<image>.xml     or FOLDER/<image>.xml, such as ImageNet's val

  rows   the boxes of such a folder, as fractions of the image

A file tells the size of its image and the pixels of each object's box; width
and height are those it was drawn at, which need not be the image's, so only
the fractions are of use.
"""

import os
import pathlib
import re
from collections.abc import Collection, Iterator
from xml.etree import ElementTree

from inception.jobs import errors

# File name, xmin, ymin, xmax, ymax: the columns of the 2016 CSV.
Row = tuple[str, float, float, float, float]

_SYNSET = re.compile(r'n\d{8}')
_SIDES = ('xmin', 'ymin', 'xmax', 'ymax')


class AnnotationError(errors.UserError):
  """An annotation cannot be used; the text names the file and says why."""


def rows(
  folder: str | os.PathLike, synsets: Collection[str] | None = None
) -> Iterator[Row]:
  """Yields (file name, xmin, ymin, xmax, ymax) of each object, by path.

  The values are fractions within [0, 1], the lesser of two sides first; of a
  box that lies beside its image nothing is left but an edge (xmin == xmax).

  The file name is '<folder>/<image>', so that two classes may each have an
  a.jpg; in a synset's folder it is the image's name alone, as in 2016: there
  each has one of its own. An object whose name is another synset than its
  folder's is left out; any other name ('Scottish_deerhound') is the folder's
  own in human words.

  Args:
    folder: of annotations, or of folders of them.
    synsets: the folders to read; None reads all, and the annotations that lie
      in `folder` itself.

  Raises:
    AnnotationError: a file is no annotation, or there is none at all.
    OSError: a folder or file is unreadable.
  """
  found = False
  for path, class_name in _annotations(pathlib.Path(folder), synsets):
    found = True
    yield from _boxes(path, class_name)
  if not found:
    raise AnnotationError(
      f'{str(folder)!r} has no .xml annotations: give the '
      'folder with one folder of them a class'
    )


def _annotations(
  folder: pathlib.Path, synsets
) -> Iterator[tuple[pathlib.Path, str]]:
  """Yields (annotation, name of its class folder or '') by path."""
  inner = sorted(
    path
    for path in folder.iterdir()
    if path.is_dir() and not path.name.startswith('.')
  )
  if synsets is None:
    yield from ((path, '') for path in _xml_files(folder))
  for inside in inner:
    if synsets is None or inside.name in synsets:
      yield from ((path, inside.name) for path in _xml_files(inside))


def _xml_files(folder: pathlib.Path) -> list[pathlib.Path]:
  return sorted(
    path
    for path in folder.iterdir()
    if path.suffix.lower() == '.xml' and not path.name.startswith('.')
  )


def _boxes(path: pathlib.Path, class_name: str) -> Iterator[Row]:
  """Yields the rows of one annotation."""
  root = _parse(path)
  name = _image_name(path, root)
  is_synset = _SYNSET.fullmatch(class_name)
  if class_name and not is_synset:
    name = f'{class_name}/{name}'
  width = _number(path, root, 'size/width')
  height = _number(path, root, 'size/height')
  if width <= 0 or height <= 0:
    raise AnnotationError(
      f'{str(path)!r} has an image of {width:g}x{height:g} '
      'pixels: mend its <size>, or move the file away'
    )
  for thing in root.iterfind('object'):
    what = (thing.findtext('name') or '').strip()
    if is_synset and what != class_name and _SYNSET.fullmatch(what):
      continue
    xmin, ymin, xmax, ymax = (
      _number(path, thing, f'bndbox/{side}') for side in _SIDES
    )
    yield (name, *_fractions(xmin, xmax, width, ymin, ymax, height))


def _fractions(xmin, xmax, width, ymin, ymax, height):
  """Returns xmin, ymin, xmax, ymax; in some files min and max are swapped."""
  left, right = sorted(min(max(x / width, 0.0), 1.0) for x in (xmin, xmax))
  top, bottom = sorted(min(max(y / height, 0.0), 1.0) for y in (ymin, ymax))
  return left, top, right, bottom


class _Builder(ElementTree.TreeBuilder):
  """Refuses what no annotation has and expands to any size: a DTD.

  Entities can be declared nowhere else. The parser says so in any encoding,
  which looking for the letters would not.
  """

  def doctype(self, name, pubid, system):
    raise AnnotationError('it has a DOCTYPE, which no annotation needs')


def _parse(path: pathlib.Path) -> ElementTree.Element:
  parser = ElementTree.XMLParser(target=_Builder())
  try:
    root = ElementTree.fromstring(path.read_bytes(), parser)
  # Of an encoding that is unknown, or has letters of several bytes, expat says
  # LookupError or ValueError. AnnotationError is one.
  except (ElementTree.ParseError, LookupError, ValueError) as error:
    raise AnnotationError(
      f'{str(path)!r} is no XML annotation ({error}): mend it, or move it away'
    ) from error
  if root.tag != 'annotation':
    raise AnnotationError(
      f'{str(path)!r} has <{root.tag}> instead of '
      '<annotation>: give PASCAL VOC annotations, or move '
      'it away'
    )
  return root


def _image_name(path: pathlib.Path, root: ElementTree.Element) -> str:
  """Returns the image's file name.

  The XML's own name decides: in ImageNet, some say '%s' or another file's name
  within. What is within counts where it adds the ending; where it does not, as
  ImageNet's and labelImg's, the name has none.
  """
  told = (root.findtext('filename') or '').strip()
  stem, ending = os.path.splitext(told)
  name = told if ending and stem == path.stem else path.stem
  try:
    name.encode('utf-8')
    path.parent.name.encode('utf-8')
  except UnicodeEncodeError as error:
    raise AnnotationError(
      f'{str(path)!r} has a name that is not Unicode: rename it'
    ) from error
  return name


def _number(
  path: pathlib.Path, element: ElementTree.Element, tag: str
) -> float:
  text = (element.findtext(tag) or '').strip()
  try:
    value = float(text)
  except ValueError:
    value = float('nan')
  if not abs(value) < float('inf'):
    raise AnnotationError(
      f'{str(path)!r} has no number in <{tag}> but '
      f'{text!r}: mend it, or move the file away'
    )
  return value
