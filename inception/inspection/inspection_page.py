"""Writes an inspection as one HTML page with pictures.

  write       an Inspection -> the page
  check       refuses to replace a file that is not such a page
  PageError   the page cannot be written; the text gives the reason

The page is a single file, including pictures and style. It needs no network and
no script, and can be sent to somebody. Its size is bounded, whatever the number
of classes, problems and copies. Names come from untrusted files and are
escaped.
"""

import os
import pathlib
from collections.abc import Iterator

import numpy as np

from inception.data.curation import repeats
from inception.inspection import html_parts
from inception.inspection import inspection_style
from inception.inspection import inspection_text
from inception.inspection import record_inspection
from inception.inspection import record_statistics
from inception.inspection import record_table
from inception.inspection import repeats_sections
from inception.jobs import atomic_files
from inception.jobs import errors

_GENERATOR = '<meta name="generator" content="inspect_records of inception">'
_BEGINNING = 512  # Number of bytes that include the generator.

# A picture has about 4 kB. 2000 pictures, in base64, are 11 MB.
_PICTURES = 2000
_PICTURES_PER_CLASS = 12
_FEWEST_PER_CLASS = 2
_CLASSES_SHOWN = _PICTURES // _FEWEST_PER_CLASS
_ROWS_SHOWN = 2000
_PROBLEMS_SHOWN = 200
# Width of a picture, and of the card around the pictures, in the style sheet.
_PICTURE_PIXELS, _CARD_PIXELS = 86, 34

_text = html_parts.text


class PageError(errors.UserError):
  """The page cannot be written; the text gives the reason."""


def check(path: str | os.PathLike) -> None:
  """Refuses a path with an existing file that is not such a page.

  Raises:
    PageError: There is such a file, or the folder does not exist.
    OSError: The existing file cannot be read.
  """
  page = pathlib.Path(path)
  if not page.absolute().parent.is_dir():
    raise PageError(
      f'there is no folder {str(page.parent)!r}: create it, or pass another'
    )
  if page.is_dir():
    raise PageError(f'{str(path)!r} is a folder: pass the name of a file')
  if not page.exists():
    return
  with open(page, 'rb') as file:
    if _GENERATOR.encode() not in file.read(_BEGINNING):
      raise PageError(
        f'{str(path)!r} exists and is not a page of inspect_records: pass '
        'another name'
      )


def write(
  inspection: record_inspection.Inspection, path: str | os.PathLike
) -> None:
  """Writes the complete page, or leaves an existing one unchanged.

  Args:
    inspection: The inspection to show.
    path: Path of the page.

  Raises:
    PageError: The file exists and is not such a page.
    OSError: The page cannot be written.
  """
  check(path)
  with atomic_files.writing(path) as temporary:
    with open(temporary, 'w', encoding='utf-8', newline='\n') as file:
      for part in _page(inspection):
        file.write(part + '\n')


def _page(inspection: record_inspection.Inspection) -> Iterator[str]:
  """Yields the page in pieces."""
  name = _text(
    inspection.info.name
    if inspection.info
    else pathlib.Path(inspection.data_dir).name or 'records'
  )
  yield (
    f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    f'{_GENERATOR}\n'
    '<meta name="viewport" content="width=device-width">\n'
    f'<title>{name}: inspected records</title>\n'
    f'<style>{inspection_style.STYLE}</style>\n</head>\n<body>\n<main>'
  )
  yield from _head(inspection, name)
  yield from _problems(inspection)
  for section in (_balance, _sizes, repeats_sections.sections, _classes):
    yield from section(inspection)
  yield '</main>\n</body>\n</html>'


def _head(inspection: record_inspection.Inspection, name: str) -> Iterator[str]:
  """Yields the title, the verdict and the most important numbers."""
  tone = 'bad' if inspection.num_problems else 'good'
  tool = inspection.info.tool if inspection.info else ''
  yield (
    f'<h1><bdi>{name}</bdi></h1>\n<div class="path"><bdi>'
    f'{_text(inspection.data_dir)}</bdi>'
    f'{_text(f", written by {tool}") if tool else ""}</div>\n'
    f'<div class="verdict {tone}">'
    f'{_text(inspection_text.verdict(inspection))}</div>'
  )
  table = inspection.table
  tile = html_parts.tile
  yield '<div class="tiles">'
  for subset, statistics in record_statistics.by_subset(table).items():
    yield tile(f'{statistics.records:,}', subset)
  yield tile(f'{len(inspection.class_names):,}', 'classes', '#balance')
  yield tile(
    html_parts.size(int(table.column('num_bytes').sum())), 'of images', '#sizes'
  )
  yield '</div>\n<div class="tiles">'
  kinds = repeats.by_kind(inspection.repeats.groups)
  conflicts, leaks, copies, near_copies = (
    len(kinds[kind])
    for kind in (
      repeats.CONFLICTS,
      repeats.LEAKS,
      repeats.COPIES,
      repeats.NEAR_COPIES,
    )
  )
  likely_tile = []
  if inspection.likely.subsets:
    number = len(inspection.likely.groups)
    words = 'likely copies, mirrored or cropped'
    likely_tile.append((number, words, '#likely', 'warn'))
  for number, words, anchor, tone in (
    (inspection.num_problems, 'problems', '#problems', 'bad'),
    (conflicts, 'pictures in several classes', '#conflicts', 'warn'),
    (leaks, 'pictures in several subsets', '#leaks', 'warn'),
    (copies, 'pictures with copies', '#copies', ''),
    (near_copies, 'pictures with near copies', '#near', ''),
    *likely_tile,
  ):
    yield tile(
      f'{number:,}', words, anchor if number else '', tone if number else ''
    )
  yield '</div>'


def _problems(inspection: record_inspection.Inspection) -> Iterator[str]:
  """Yields the table of problems."""
  if not inspection.problems:
    return
  yield (
    '<h2 id="problems">Problems</h2>\n<p class="faint">Training cannot '
    'use these records, or would learn something wrong from them.</p>\n'
    '<div class="card scroll"><table>\n<tr><th></th><th>where</th>'
    '<th>what is wrong</th></tr>'
  )
  for problem in inspection.problems[:_PROBLEMS_SHOWN]:
    picture = ''
    if problem.index is not None:
      picture = html_parts.picture(inspection, problem.index)
    where = _text(problem.shard) or 'the folder'
    if problem.record is not None:
      where += f'<br><span class="faint">record {problem.record:,}</span>'
    filename = (
      f'<b><bdi>{_text(problem.filename)}</bdi></b><br>'
      if problem.filename
      else ''
    )
    yield (
      f'<tr><td class="picture">{picture}</td><td class="where">{where}'
      f'</td><td>{filename}<bdi>{_text(problem.reason)}</bdi></td></tr>'
    )
  yield '</table></div>'
  yield html_parts.more(inspection.num_problems - _PROBLEMS_SHOWN, 'problems')


def _balance(inspection: record_inspection.Inspection) -> Iterator[str]:
  """Yields a bar for each class and subset."""
  subsets = inspection.table.subsets
  counts = record_statistics.by_class(inspection.table)
  most = {
    subset: max((row.get(subset, 0) for row in counts.values()), default=0)
    for subset in subsets
  }
  yield (
    '<h2 id="balance">Classes</h2>\n<p class="faint">Records of each '
    'class. A full bar marks the largest class of the subset.'
    '</p>\n<div class="card scroll"><table>\n<tr><th class="number">label'
    '</th><th>class</th>'
    + ''.join(f'<th><bdi>{_text(subset)}</bdi></th>' for subset in subsets)
    + '</tr>'
  )
  for label, name in list(inspection.class_names.items())[:_ROWS_SHOWN]:
    bars = ''.join(
      html_parts.bar(counts.get(label, {}).get(subset, 0), most[subset])
      for subset in subsets
    )
    yield (
      f'<tr><td class="number label">{label}</td><td class="name"><bdi>'
      f'{_text(name)}</bdi></td>{bars}</tr>'
    )
  yield '</table></div>'
  yield html_parts.more(len(inspection.class_names) - _ROWS_SHOWN, 'classes')


def _sizes(inspection: record_inspection.Inspection) -> Iterator[str]:
  """Yields the sizes and formats of the images."""
  sizes = record_statistics.sizes(inspection.table)
  if not sizes:
    return
  formats = ', '.join(
    f'{count:,} {name}'
    for name, count in record_statistics.by_format(inspection.table).items()
  )
  turned = int(inspection.table.column('is_turned').sum())
  note = (
    f'; {turned:,} lie on their side or upside down: EXIF would turn them, '
    'training does not'
    if turned
    else ''
  )
  yield (
    f'<h2 id="sizes">Images</h2>\n<p class="faint">{formats}{note}.</p>\n'
    '<div class="card scroll"><table>\n<tr><th></th>'
    + ''.join(
      f'<th class="number">{word}</th>'
      for word in ('smallest', 'median', 'mean', 'largest')
    )
    + '</tr>'
  )
  for name, words in (
    ('width', 'width, pixels'),
    ('height', 'height, pixels'),
    ('num_bytes', 'file'),
  ):
    size = sizes[name]
    in_words = html_parts.size if name == 'num_bytes' else '{:,.0f}'.format
    yield (
      f'<tr><td>{words}</td>'
      + ''.join(
        f'<td class="number">{in_words(value)}</td>'
        for value in (size.minimum, size.median, size.mean, size.maximum)
      )
      + '</tr>'
    )
  yield '</table></div>'


def _classes(inspection: record_inspection.Inspection) -> Iterator[str]:
  """Yields pictures of each class, evenly spaced over all its records."""
  table = inspection.table
  readable = table.column('image_format') != record_table.UNREADABLE
  labels = table.column('label')
  shown = list(inspection.class_names.items())[:_CLASSES_SHOWN]
  per_class = min(_PICTURES_PER_CLASS, _PICTURES // max(1, len(shown)))
  yield (
    '<h2 id="pictures">Pictures of each class</h2>\n'
    '<p class="faint">Evenly spaced over all shards; as training sees them.'
    '</p>'
  )
  # With few pictures per class, there is room for several classes side by side.
  width = per_class * _PICTURE_PIXELS + _CARD_PIXELS
  yield (
    '<div>'
    if per_class == _PICTURES_PER_CLASS
    else '<div class="few" style="grid-template-columns: '
    f'repeat(auto-fill, minmax({width}px, 1fr))">'
  )
  for label, name in shown:
    indices = np.flatnonzero(readable & (labels == label))
    chosen = indices[
      np.unique(
        np
        .linspace(0, len(indices) - 1, min(per_class, len(indices)))
        .round()
        .astype(int)
      )
    ]
    pictures = ''.join(
      html_parts.picture(inspection, int(index)) for index in chosen
    )
    yield (
      f'<section class="card class"><header><h3><bdi>{_text(name)}</bdi>'
      f'</h3><span class="faint">{len(indices):,} of label {label}</span>'
      f'</header><div class="grid">{pictures}</div></section>'
    )
  yield '</div>'
  yield html_parts.more(len(inspection.class_names) - _CLASSES_SHOWN, 'classes')
