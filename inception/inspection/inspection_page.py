"""Writes an inspection as one HTML page with pictures.

  write       an Inspection -> the page
  check       refuses to replace a file that is not such a page
  PageError   the page cannot be written; the text gives the reason

The page is a single file, including pictures and style. It needs no network and
no script, and can be sent to somebody. Its size is bounded, whatever the number
of classes, problems and copies. Names come from untrusted files, and the
templates in reports/ escape them.
"""

import os
import pathlib
from typing import Any

import numpy as np

from inception.data.curation import repeats
from inception.inspection import inspection_text
from inception.inspection import page_pictures
from inception.inspection import record_inspection
from inception.inspection import record_statistics
from inception.inspection import record_table
from inception.inspection import repeats_sections
from inception.jobs import atomic_files
from inception.jobs import errors
from inception.reports import pages

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

# Number, caption, anchor to link to, and tone: 'bad', 'warn' or ''.
_Tile = tuple[str, str, str, str]


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
  atomic_files.write_text(
    path, pages.render('inspection.html', **_values(inspection))
  )


def _values(inspection: record_inspection.Inspection) -> dict[str, Any]:
  """Returns the values of the template."""
  info, table = inspection.info, inspection.table
  name = info.name if info else pathlib.Path(inspection.data_dir).name
  return {
    'generator': _GENERATOR,
    'name': name or 'records',
    'data_dir': inspection.data_dir,
    'tool': info.tool if info else '',
    'verdict': inspection_text.verdict(inspection),
    'tiles': (_contents(inspection), _findings(inspection)),
    'num_problems': inspection.num_problems,
    'problems': [
      {
        'picture': None
        if problem.index is None
        else page_pictures.picture(inspection, problem.index),
        'shard': problem.shard,
        'record': problem.record,
        'filename': problem.filename,
        'reason': problem.reason,
      }
      for problem in inspection.problems[:_PROBLEMS_SHOWN]
    ],
    'num_classes': len(inspection.class_names),
    'subsets': table.subsets,
    'balance': _balance(inspection),
    'sizes': {
      name: (size.minimum, size.median, size.mean, size.maximum)
      for name, size in record_statistics.sizes(table).items()
    },
    'formats': record_statistics.by_format(table),
    'num_turned': int(table.column('is_turned').sum()),
    **repeats_sections.values(inspection),
    **_classes(inspection),
  }


def _contents(inspection: record_inspection.Inspection) -> list[_Tile]:
  """Returns tiles with the sizes of the subsets, classes and images."""
  table = inspection.table
  num_bytes = int(table.column('num_bytes').sum())
  return [
    *(
      (f'{statistics.records:,}', subset, '', '')
      for subset, statistics in record_statistics.by_subset(table).items()
    ),
    (f'{len(inspection.class_names):,}', 'classes', '#balance', ''),
    (pages.size(num_bytes), 'of images', '#sizes', ''),
  ]


def _findings(inspection: record_inspection.Inspection) -> list[_Tile]:
  """Returns tiles with the numbers of problems and of repeated pictures."""
  kinds = repeats.by_kind(inspection.repeats.groups)
  findings = [
    (inspection.num_problems, 'problems', '#problems', 'bad'),
    *(
      (len(kinds[kind]), words, anchor, tone)
      for kind, words, anchor, tone in (
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
  ]
  if inspection.likely.subsets:
    words = 'likely copies, mirrored or cropped'
    findings.append((len(inspection.likely.groups), words, '#likely', 'warn'))
  return [
    (f'{number:,}', words, anchor if number else '', tone if number else '')
    for number, words, anchor, tone in findings
  ]


def _balance(inspection: record_inspection.Inspection) -> list[dict[str, Any]]:
  """Returns a row for each class, with a bar for each subset."""
  subsets = inspection.table.subsets
  counts = record_statistics.by_class(inspection.table)
  most = {
    subset: max((row.get(subset, 0) for row in counts.values()), default=0)
    for subset in subsets
  }
  return [
    {
      'label': label,
      'name': name,
      'counts': [
        (counts.get(label, {}).get(subset, 0), most[subset])
        for subset in subsets
      ],
    }
    for label, name in list(inspection.class_names.items())[:_ROWS_SHOWN]
  ]


def _classes(inspection: record_inspection.Inspection) -> dict[str, Any]:
  """Returns pictures of each class, evenly spaced over all its records."""
  table = inspection.table
  readable = table.column('image_format') != record_table.UNREADABLE
  labels = table.column('label')
  shown = list(inspection.class_names.items())[:_CLASSES_SHOWN]
  per_class = min(_PICTURES_PER_CLASS, _PICTURES // max(1, len(shown)))
  cards = []
  for label, name in shown:
    indices = np.flatnonzero(readable & (labels == label))
    cards.append(
      page_pictures.strip(
        inspection,
        indices.tolist(),
        most=per_class,
        title=name,
        note=f'{len(indices):,} of label {label}',
      )
    )
  # With few pictures per class, there is room for several classes side by side.
  is_few = per_class < _PICTURES_PER_CLASS
  return {
    'class_cards': cards,
    'few_width': per_class * _PICTURE_PIXELS + _CARD_PIXELS if is_few else 0,
  }
