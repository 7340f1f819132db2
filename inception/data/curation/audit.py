"""What is wrong with a folder of images, and what was done about it.

make        the audit: a dict for audit.json, as README.md describes it
summary     the few lines of it that a user should read
write       audit.json
"""

import collections
import dataclasses
import os
import pathlib
import statistics
from collections.abc import Mapping, Sequence

from inception import dataset
from inception.data.curation import content_split
from inception.data.curation import curation
from inception.data.curation import image_survey
from inception.images import image_files
from inception.jobs import display_names
from inception.jobs import json_notes
from inception.settings import config

FILE = 'audit.json'
_FORMAT_VERSION = 1

_ENDINGS = {
  'JPEG': ('.jpg', '.jpeg', '.jpe', '.jfif', '.mpo'),
  'PNG': ('.png', '.apng'),
  'GIF': ('.gif',),
  'BMP': ('.bmp', '.dib'),
  'WEBP': ('.webp',),
  'TIFF': ('.tif', '.tiff'),
  'PPM': ('.ppm', '.pgm', '.pbm', '.pnm', '.pfm'),
  'HEIF': ('.heic', '.heif', '.hif'),
  'AVIF': ('.avif',),
}

# What the summary remarks on.
_FEW_IMAGES = 10
_IMBALANCE = 10
_NAMES_SHOWN = 3
# Smaller than the network's smallest input, an image has little to say.
_SMALL_SIDE = config.MIN_IMAGE_SIZE


@dataclasses.dataclass(frozen=True, kw_only=True)
class Findings:
  """All that the audit is made from.

  Attributes:
    photos: the usable images.
    subsets: of each, whether it is left out or not.
    skipped: the files that are no usable images, and folders that are not
      readable.
    found: copies, conflicts and what is left out.
    class_names: in the order of their labels.
    empty_classes: classes whose folder has no file.
    stray: names of images that lie beside the class folders.
    folders: {what it is for: its path} of the folders that were read.
    records_config: what was asked for.
    split: how the subsets were drawn; None where the user has split.
  """

  photos: Sequence[image_survey.Photo]
  subsets: Sequence[str]
  skipped: Sequence[image_files.Skipped]
  found: curation.Curation
  class_names: Sequence[str]
  folders: Mapping[str, str]
  records_config: config.RecordsConfig
  split: config.SplitConfig | None = None
  empty_classes: Sequence[str] = ()
  stray: Sequence[str] = ()


def make(findings: Findings) -> dict:
  """Returns the audit as JSON can hold it."""
  photos, found = findings.photos, findings.found
  groups = {
    'exact_duplicates': [],
    'near_duplicates': [],
    'conflicts': [],
    'leaks': [],
  }
  for group in found.groups:
    entry = _group(group.photos, findings)
    for copies in _copies(group.photos, photos):
      groups['exact_duplicates'].append(_group(copies, findings))
    if not group.is_exact:
      groups['near_duplicates'].append(entry)
    if group.is_conflict:
      groups['conflicts'].append(entry)
    if len({file['subset'] for file in entry if file['subset']}) > 1:
      groups['leaks'].append(entry)
  return {
    'format_version': _FORMAT_VERSION,
    'tool': dataset.TOOL,
    'folders': dict(findings.folders),
    'settings': _settings(findings),
    'num_files': len(photos) + len(findings.skipped),
    'num_images': len(photos),
    'num_left_out': len(found.left_out),
    'classes': _classes(findings),
    'formats': dict(
      collections.Counter(photo.source_format for photo in photos).most_common()
    ),
    'num_stored_unchanged': sum(photo.is_original for photo in photos),
    'sizes': _sizes(photos),
    'bad_files': [
      {'path': skipped.path, 'reason': skipped.reason, 'done': 'skipped'}
      for skipped in findings.skipped
    ],
    'wrong_endings': [
      {
        'path': _path(place, findings),
        'format': photo.source_format,
        'done': 'taken for what it is',
      }
      for place, photo in enumerate(photos)
      if _has_wrong_ending(photo)
    ],
    'small_images': [
      {
        'path': _path(place, findings),
        'width': photo.width,
        'height': photo.height,
        'done': 'kept',
      }
      for place, photo in enumerate(photos)
      if min(photo.width, photo.height) < _SMALL_SIDE
    ],
    'deep_images': [
      {
        'path': _path(place, findings),
        'levels': photo.levels,
        'done': 'scaled to 8 bits',
      }
      for place, photo in enumerate(photos)
      if photo.levels
    ],
    'empty_classes': list(findings.empty_classes),
    'images_outside_class_folders': list(findings.stray),
    **groups,
  }


def _settings(findings) -> dict:
  settings = dataclasses.asdict(findings.records_config)
  del settings['output_directory']
  if findings.split:
    settings.update(dataclasses.asdict(findings.split))
  return settings


def _path(place, findings) -> str:
  """Returns the path below the folder of images, or of all subsets'."""
  relative = findings.photos[place].relative
  return (
    relative
    if '' in findings.folders
    else f'{findings.subsets[place]}/{relative}'
  )


def _copies(places, photos) -> list[list[int]]:
  """Returns which of these photos are byte for byte the same."""
  same = collections.defaultdict(list)
  for place in places:
    same[photos[place].key].append(place)
  return [places for places in same.values() if len(places) > 1]


def _group(places, findings) -> list[dict]:
  """Returns what is known of each photo of a picture."""
  entry = []
  for place in places:
    photo = findings.photos[place]
    reason = findings.found.left_out.get(place)
    entry.append({
      'path': _path(place, findings),
      'class': photo.class_name,
      'width': photo.width,
      'height': photo.height,
      'subset': findings.subsets[place],
      'done': f'left out ({reason})' if reason else 'kept',
    })
  return entry


def _classes(findings) -> dict:
  counts = {name: collections.Counter() for name in findings.class_names}
  for place, photo in enumerate(findings.photos):
    counts[photo.class_name][
      'left_out'
      if place in findings.found.left_out
      else findings.subsets[place]
    ] += 1
  return {name: dict(sorted(count.items())) for name, count in counts.items()}


def _sizes(photos) -> dict:
  if not photos:
    return {}

  def spread(values):
    values = sorted(values)
    return {
      'min': values[0],
      'median': statistics.median_low(values),
      'max': values[-1],
    }

  return {
    'width': spread(photo.width for photo in photos),
    'height': spread(photo.height for photo in photos),
    'file_bytes': spread(photo.num_bytes for photo in photos),
    'total_file_bytes': sum(photo.num_bytes for photo in photos),
  }


def _has_wrong_ending(photo) -> bool:
  ending = os.path.splitext(photo.relative)[1].lower()
  return ending not in _ENDINGS[photo.source_format]


def summary(audit: Mapping) -> list[str]:
  """Returns the audit in a few lines, the numbers first.

  Args:
    audit: what `make` returned.
  """
  lines = [
    f'Audit: {audit["num_images"]:,} usable images of '
    f'{audit["num_files"]:,} files in {len(audit["classes"]):,} classes'
    + _sizes_told(audit['sizes'])
    + '.'
  ]
  lines += [
    f'  {line}'
    for line in (
      *_files_told(audit),
      *_groups_told(audit),
      *_balance_told(audit),
    )
  ]
  if len(lines) == 1:
    lines.append('  Nothing stands out.')
  return lines


def _sizes_told(sizes) -> str:
  if not sizes:
    return ''
  width, height = sizes['width'], sizes['height']
  return (
    f', {width["min"]} x {height["min"]} to {width["max"]} x '
    f'{height["max"]} pixels (median {width["median"]} x '
    f'{height["median"]})'
  )


def _some(names: Sequence[str]) -> str:
  """Returns how many there are, and the first of them."""
  shown = [display_names.printable(name) for name in names[:_NAMES_SHOWN]]
  more = ', ...' if len(names) > len(shown) else ''
  return f'{len(names):,} ({", ".join(shown)}{more})'


def _files_told(audit):
  """Yields lines on single files."""
  for key, text in (
    ('bad_files', 'no usable images, skipped'),
    ('wrong_endings', 'named as another format, taken for what they are'),
    ('small_images', f'smaller than {_SMALL_SIDE} pixels'),
  ):
    if audit[key]:
      yield f'{text}: {_some([entry["path"] for entry in audit[key]])}'
  for origin, text in (
    ('declared', 'scaled from the range that the file declares'),
    ('assumed', 'no range declared, scaled from the least that holds them'),
  ):
    deep = [
      f'{entry["path"]}: {entry["levels"].removeprefix(origin + " ")}'
      for entry in audit['deep_images']
      if entry['levels'].startswith(origin)
    ]
    if deep:
      yield f'more than 8 bits a channel, {text}: {_some(deep)}'
  stray = audit['images_outside_class_folders']
  if stray:
    yield f'beside the class folders, so of no class: {_some(stray)}'


def _groups_told(audit):
  """Yields lines on copies, conflicts and leaks, the worst first."""
  for key, text in (
    ('leaks', 'in more than one subset'),
    ('conflicts', 'in more than one class'),
    ('exact_duplicates', 'there as byte-identical copies'),
    ('near_duplicates', 'there in nearly the same form'),
  ):
    if audit[key]:
      examples = [
        ' = '.join(file['path'] for file in entry)
        for entry in audit[key][: _NAMES_SHOWN + 1]
      ]
      examples += [''] * (len(audit[key]) - len(examples))
      yield f'pictures {text}: {_some(examples)}'
  if audit['num_left_out']:
    yield (
      'left out as copies or conflicts, as asked for: '
      f'{audit["num_left_out"]:,}'
    )


def _balance_told(audit):
  """Yields lines on the classes' sizes."""
  totals = {
    name: sum(count for subset, count in counts.items() if subset != 'left_out')
    for name, counts in audit['classes'].items()
  }
  few = [name for name, total in totals.items() if total < _FEW_IMAGES]
  if few:
    yield f'classes with fewer than {_FEW_IMAGES} images: {_some(few)}'
  smallest = min(totals, key=totals.get, default='')
  largest = max(totals, key=totals.get, default='')
  if smallest and totals[largest] > _IMBALANCE * max(totals[smallest], 1):
    yield (
      f'uneven classes: {totals[largest]:,} images of '
      f'{display_names.printable(largest)}, {totals[smallest]:,} of '
      f'{display_names.printable(smallest)}'
    )
  for subset in (content_split.VALIDATION, content_split.TEST):
    if any(subset in counts for counts in audit['classes'].values()):
      lacking = [
        name
        for name, counts in audit['classes'].items()
        if not counts.get(subset)
      ]
      if lacking:
        yield f'classes without {subset} images: {_some(lacking)}'


def write(audit: Mapping, folder: str | os.PathLike) -> str:
  """Writes the folder's audit.json; returns its path.

  Raises:
    OSError: it cannot be written. What was there before stays.
  """
  path = pathlib.Path(folder, FILE)
  # A name need not be Unicode on Linux; it is written with escapes then.
  json_notes.write(path, audit)
  return str(path)
