"""An inspection as one page for a browser, with pictures.

  write       an Inspection -> the page
  check       refuses a file that is something else
  PageError   the page cannot be written there; the text says why

All of it is in the one file, pictures and style too: it needs no network and no
script, and can be sent to somebody. How large it gets is bounded, whatever the
number of classes, problems and copies. Names come from strangers' files; they
are escaped.
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
_BEGINNING = 512  # Bytes; the generator is told within them.

# About 4 kB a picture: 2000 of them, with base64, are 11 MB.
_PICTURES = 2000
_PICTURES_PER_CLASS = 12
_FEWEST_PER_CLASS = 2
_CLASSES_SHOWN = _PICTURES // _FEWEST_PER_CLASS
_ROWS_SHOWN = 2000
_PROBLEMS_SHOWN = 200
# What the style gives a picture, and the card around them.
_PICTURE_PIXELS, _CARD_PIXELS = 86, 34

_text = html_parts.text


class PageError(errors.UserError):
  """The page cannot be written there; the text says why."""


def check(path: str | os.PathLike) -> None:
  """Refuses a path where there is something else than such a page.

  Raises:
    PageError: there is, or its folder is not there.
    OSError: what is there cannot be read.
  """
  place = pathlib.Path(path)
  if not place.absolute().parent.is_dir():
    raise PageError(
      f'there is no folder {str(place.parent)!r}: make it, or give another'
    )
  if place.is_dir():
    raise PageError(f'{str(path)!r} is a folder: give the name of a file')
  if not place.exists():
    return
  with open(place, 'rb') as file:
    if _GENERATOR.encode() not in file.read(_BEGINNING):
      raise PageError(
        f'{str(path)!r} is there, and is no page of '
        'inspect_records: give another name'
      )


def write(
  inspection: record_inspection.Inspection, path: str | os.PathLike
) -> None:
  """Writes the page. It appears whole, or what was there before stays.

  Raises:
    PageError: there is something else.
    OSError: it cannot be written.
  """
  check(path)
  with atomic_files.writing(path) as temporary:
    with open(temporary, 'w', encoding='utf-8', newline='\n') as file:
      for part in _page(inspection):
        file.write(part + '\n')


def _page(inspection) -> Iterator[str]:
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


def _head(inspection, name: str) -> Iterator[str]:
  """Yields the title, the verdict and the numbers that matter."""
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
  for subset, held in record_statistics.by_subset(table).items():
    yield tile(f'{held.records:,}', subset)
  yield tile(f'{len(inspection.class_names):,}', 'classes', '#balance')
  yield tile(
    html_parts.size(int(table.column('num_bytes').sum())), 'of images', '#sizes'
  )
  yield '</div>\n<div class="tiles">'
  kinds = repeats.by_kind(inspection.repeats.groups)
  for number, words, anchor, tone in (
    (inspection.num_problems, 'problems', '#problems', 'bad'),
    *(
      (len(kinds[kind]), *tile_of_kind)
      for kind, *tile_of_kind in (
        (
          repeats.CONFLICTS,
          'pictures in several classes',
          '#conflicts',
          'warn',
        ),
        (repeats.LEAKS, 'pictures in several subsets', '#leaks', 'warn'),
        (repeats.COPIES, 'pictures with copies', '#copies', ''),
        (repeats.NEAR_COPIES, 'pictures with near copies', '#near', ''),
      )
    ),
    *(
      [
        (
          len(inspection.likely.groups),
          'likely copies, mirrored or cropped',
          '#likely',
          'warn',
        )
      ]
      if inspection.likely.subsets
      else []
    ),
  ):
    yield tile(
      f'{number:,}', words, anchor if number else '', tone if number else ''
    )
  yield '</div>'


def _problems(inspection) -> Iterator[str]:
  """Yields the table of what is wrong."""
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
    if problem.place is not None:
      picture = html_parts.picture(inspection, problem.place)
    where = _text(problem.shard) or 'the folder'
    if problem.record is not None:
      where += f'<br><span class="faint">record {problem.record:,}</span>'
    told = (
      f'<b><bdi>{_text(problem.filename)}</bdi></b><br>'
      if problem.filename
      else ''
    )
    yield (
      f'<tr><td class="picture">{picture}</td><td class="where">{where}'
      f'</td><td>{told}<bdi>{_text(problem.reason)}</bdi></td></tr>'
    )
  yield '</table></div>'
  yield html_parts.more(inspection.num_problems - _PROBLEMS_SHOWN, 'problems')


def _balance(inspection) -> Iterator[str]:
  """Yields a bar for each class and subset."""
  subsets = inspection.table.subsets
  counts = record_statistics.by_class(inspection.table)
  most = {
    subset: max((row.get(subset, 0) for row in counts.values()), default=0)
    for subset in subsets
  }
  yield (
    '<h2 id="balance">Classes</h2>\n<p class="faint">Records of each '
    'class. A bar that fills its place is the largest class of the subset.'
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


def _sizes(inspection) -> Iterator[str]:
  """Yields how large the images are, and of what kind."""
  sizes = record_statistics.sizes(inspection.table)
  if not sizes:
    return
  formats = ', '.join(
    f'{count:,} {name}'
    for name, count in record_statistics.by_format(inspection.table).items()
  )
  turned = int(inspection.table.column('is_turned').sum())
  note = (
    f'; {turned:,} lie on their side or head: EXIF would turn them, '
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
    told = html_parts.size if name == 'num_bytes' else '{:,.0f}'.format
    yield (
      f'<tr><td>{words}</td>'
      + ''.join(
        f'<td class="number">{told(value)}</td>'
        for value in (size.minimum, size.median, size.mean, size.maximum)
      )
      + '</tr>'
    )
  yield '</table></div>'


def _classes(inspection) -> Iterator[str]:
  """Yields pictures of each class, taken evenly from all of its records."""
  table = inspection.table
  readable = table.column('image_format') != record_table.UNREADABLE
  labels = table.column('label')
  shown = list(inspection.class_names.items())[:_CLASSES_SHOWN]
  per_class = min(_PICTURES_PER_CLASS, _PICTURES // max(1, len(shown)))
  yield (
    '<h2 id="pictures">Pictures of each class</h2>\n'
    '<p class="faint">Taken evenly from all shards; as training sees them.'
    '</p>'
  )
  # Few pictures a class leave room for other classes beside them.
  width = per_class * _PICTURE_PIXELS + _CARD_PIXELS
  yield (
    '<div>'
    if per_class == _PICTURES_PER_CLASS
    else '<div class="few" style="grid-template-columns: '
    f'repeat(auto-fill, minmax({width}px, 1fr))">'
  )
  for label, name in shown:
    places = np.flatnonzero(readable & (labels == label))
    chosen = places[
      np.unique(
        np
        .linspace(0, len(places) - 1, min(per_class, len(places)))
        .round()
        .astype(int)
      )
    ]
    pictures = ''.join(
      html_parts.picture(inspection, int(place)) for place in chosen
    )
    yield (
      f'<section class="card class"><header><h3><bdi>{_text(name)}</bdi>'
      f'</h3><span class="faint">{len(places):,} of label {label}</span>'
      f'</header><div class="grid">{pictures}</div></section>'
    )
  yield '</div>'
  yield html_parts.more(len(inspection.class_names) - _CLASSES_SHOWN, 'classes')
