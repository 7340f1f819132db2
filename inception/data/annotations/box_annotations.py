"""Reads boxes from a folder of XML annotations of ImageNet or PASCAL VOC.

  FOLDER/<synset>/<image>.xml     or FOLDER/<image>.xml, such as ImageNet's val

  rows   the boxes of such a folder, as fractions of the image

A file gives the size of its image and each object's box in pixels. The size is
that at which the boxes were drawn, which may differ from the image's, so that
only the fractions are usable.
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
  """An annotation cannot be used; the text gives the file and the reason."""


def rows(
  folder: str | os.PathLike, synsets: Collection[str] | None = None
) -> Iterator[Row]:
  """Yields (file name, xmin, ymin, xmax, ymax) of each object, sorted by path.

  The values are fractions in [0, 1], with xmin <= xmax and ymin <= ymax. A box
  outside its image is reduced to an edge (xmin == xmax).

  The file name is '<folder>/<image>', so that two classes may each have an
  a.jpg. In a synset's folder it is the image's name alone, as in 2016, since
  ImageNet's names are unique. An object that is named by another synset than
  its folder is left out. Any other name ('Scottish_deerhound') is taken for the
  folder's synset in words.

  Args:
    folder: Folder of annotations, or of folders of them.
    synsets: Names of the folders to read; None reads all folders, and the
      annotations in `folder` itself.

  Raises:
    AnnotationError: A file is not an annotation, or there are no annotations.
    OSError: A folder or file is unreadable.
  """
  has_annotations = False
  for path, class_name in _annotations(pathlib.Path(folder), synsets):
    has_annotations = True
    yield from _boxes(path, class_name)
  if not has_annotations:
    raise AnnotationError(
      f'{str(folder)!r} has no .xml annotations: pass the folder that has one '
      'folder of them for each class'
    )


def _annotations(
  folder: pathlib.Path, synsets: Collection[str] | None
) -> Iterator[tuple[pathlib.Path, str]]:
  """Yields (annotation, name of its class folder or ''), sorted by path."""
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
      'pixels: correct its <size>, or move the file away'
    )
  for thing in root.iterfind('object'):
    thing_name = (thing.findtext('name') or '').strip()
    if is_synset and thing_name != class_name and _SYNSET.fullmatch(thing_name):
      continue
    xmin, ymin, xmax, ymax = (
      _number(path, thing, f'bndbox/{side}') for side in _SIDES
    )
    yield (name, *_fractions(xmin, xmax, width, ymin, ymax, height))


def _fractions(
  xmin: float,
  xmax: float,
  width: float,
  ymin: float,
  ymax: float,
  height: float,
) -> tuple[float, float, float, float]:
  """Returns xmin, ymin, xmax, ymax in [0, 1]; swaps them if min > max."""
  left, right = sorted(min(max(x / width, 0.0), 1.0) for x in (xmin, xmax))
  top, bottom = sorted(min(max(y / height, 0.0), 1.0) for y in (ymin, ymax))
  return left, top, right, bottom


class _Builder(ElementTree.TreeBuilder):
  """Refuses a DTD, which annotations do not have.

  A DTD is the only place for entities, which can expand to any size. The parser
  recognises it in every encoding; a search for the letters would not.
  """

  def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
    raise AnnotationError('it has a DOCTYPE, which no annotation needs')


def _parse(path: pathlib.Path) -> ElementTree.Element:
  parser = ElementTree.XMLParser(target=_Builder())
  try:
    root = ElementTree.fromstring(path.read_bytes(), parser)
  # Expat raises LookupError for an unknown encoding, and ValueError for one
  # with multi-byte characters. AnnotationError is a ValueError.
  except (ElementTree.ParseError, LookupError, ValueError) as error:
    raise AnnotationError(
      f'{str(path)!r} is not an XML annotation ({error}): correct it, or move '
      'it away'
    ) from error
  if root.tag != 'annotation':
    raise AnnotationError(
      f'{str(path)!r} has <{root.tag}> instead of '
      '<annotation>: use PASCAL VOC annotations, or move '
      'it away'
    )
  return root


def _image_name(path: pathlib.Path, root: ElementTree.Element) -> str:
  """Returns the image's file name.

  The name of the XML file decides, since some of ImageNet's annotations contain
  '%s' or another file's name. The <filename> is used if it only adds the
  extension. If it does not, as in ImageNet's and labelImg's annotations, the
  result has no extension.
  """
  inner_name = (root.findtext('filename') or '').strip()
  stem, ending = os.path.splitext(inner_name)
  name = inner_name if ending and stem == path.stem else path.stem
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
      f'{text!r}: correct it, or move the file away'
    )
  return value
