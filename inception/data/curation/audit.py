"""Reports the oddities of a folder of images and the action taken for each.

  make       Findings -> the audit, a dict for audit.json
  write      the audit -> audit.json
  Findings   the facts that the audit is made from

audit_summary makes the few lines of the audit that are printed.
"""

import collections
import dataclasses
import os
import pathlib
import statistics
from collections.abc import Iterable, Mapping, Sequence

from inception import dataset
from inception.data.curation import curation
from inception.data.curation import image_survey
from inception.data.curation import picture_flaws
from inception.data.curation import repeats
from inception.images import image_files
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

# Images smaller than the network's smallest input hold little information.
SMALL_SIDE = config.MIN_IMAGE_SIZE

# Kinds of repeated pictures -> keys of the audit.
GROUP_KEYS = {
  repeats.COPIES: 'exact_duplicates',
  repeats.NEAR_COPIES: 'near_duplicates',
  repeats.CONFLICTS: 'conflicts',
  repeats.LEAKS: 'leaks',
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Findings:
  """The facts that the audit is made from.

  Attributes:
    photos: The usable images.
    subsets: Subset of each photo, including those that are left out.
    skipped: Files that are not usable images, and unreadable folders.
    found: Copies, conflicts and the photos that are left out.
    class_names: Names in the order of their labels.
    folders: {subset: path} of the folders that were read; the key is '' for a
      folder that was split.
    records_config: Settings of the records.
    split: Settings of the split; None if the user's folders are the subsets.
    empty_classes: Names of class folders without an image file.
    stray: Names of images beside the class folders.
    sidecars: Paths of files beside the photographs that are not images.
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
  sidecars: Sequence[str] = ()


def make(findings: Findings) -> dict:
  """Returns the audit as a dict of JSON types."""
  photos, found = findings.photos, findings.found
  kinds = repeats.by_kind(
    repeats
    .Found(groups=tuple(found.groups))
    .in_subsets(findings.subsets)
    .groups
  )
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
    **_photo_lists(findings),
    'empty_classes': list(findings.empty_classes),
    'images_outside_class_folders': list(findings.stray),
    'files_beside_images': list(findings.sidecars),
    **{
      key: [_group(members, findings) for members in kinds[kind]]
      for kind, key in GROUP_KEYS.items()
    },
    'scenes': [_group(members, findings) for members in found.scenes],
  }


def _photo_lists(findings: Findings) -> dict[str, list[dict]]:
  """Returns the audit's lists of single photos that are out of the ordinary."""
  photos = list(enumerate(findings.photos))

  def entry(index: int, facts: Mapping[str, object], done: str) -> dict:
    return {'path': _path(index, findings), **facts, 'done': done}

  return {
    'relabelled_images': [
      entry(
        index,
        {'folder': photo.folder, 'class': photo.class_name},
        'labelled as --labels_csv says',
      )
      for index, photo in photos
      if photo.class_name != photo.folder
    ],
    'wrong_endings': [
      entry(index, {'format': photo.source_format}, 'taken for what it is')
      for index, photo in photos
      if _has_wrong_ending(photo)
    ],
    'small_images': [
      entry(index, {'width': photo.width, 'height': photo.height}, 'kept')
      for index, photo in photos
      if min(photo.width, photo.height) < SMALL_SIDE
    ],
    'flawed_images': [
      entry(index, {'flaw': flaw}, 'kept')
      for index, photo in photos
      for flaw in _flaws(photo)
    ],
    'deep_images': [
      entry(index, {'levels': photo.levels}, 'scaled to 8 bits')
      for index, photo in photos
      if photo.levels
    ],
  }


def _settings(findings: Findings) -> dict:
  settings = dataclasses.asdict(findings.records_config)
  del settings['output_directory']
  if findings.split:
    settings.update(dataclasses.asdict(findings.split))
  return settings


def _path(index: int, findings: Findings) -> str:
  """Returns a photo's path below its folder, after '<subset>/' if split."""
  relative = findings.photos[index].relative
  return (
    relative
    if '' in findings.folders
    else f'{findings.subsets[index]}/{relative}'
  )


def _group(members: Iterable[int], findings: Findings) -> list[dict]:
  """Returns the audit's entries for the photos of one picture."""
  entry = []
  for index in members:
    photo = findings.photos[index]
    reason = findings.found.left_out.get(index)
    entry.append({
      'path': _path(index, findings),
      'class': photo.class_name,
      'width': photo.width,
      'height': photo.height,
      'subset': findings.subsets[index],
      'done': f'left out ({reason})' if reason else 'kept',
    })
  return entry


def _classes(findings: Findings) -> dict[str, dict[str, int]]:
  """Returns {class name: {subset or 'left_out': number of photos}}."""
  counts: dict[str, collections.Counter[str]] = {
    name: collections.Counter() for name in findings.class_names
  }
  for index, photo in enumerate(findings.photos):
    counts[photo.class_name][
      'left_out'
      if index in findings.found.left_out
      else findings.subsets[index]
    ] += 1
  return {name: dict(sorted(count.items())) for name, count in counts.items()}


def _sizes(photos: Sequence[image_survey.Photo]) -> dict:
  if not photos:
    return {}

  def spread(values: Iterable[int]) -> dict[str, int]:
    ordered = sorted(values)
    return {
      'min': ordered[0],
      'median': statistics.median_low(ordered),
      'max': ordered[-1],
    }

  return {
    'width': spread(photo.width for photo in photos),
    'height': spread(photo.height for photo in photos),
    'file_bytes': spread(photo.num_bytes for photo in photos),
    'total_file_bytes': sum(photo.num_bytes for photo in photos),
  }


def _flaws(photo: image_survey.Photo) -> list[str]:
  return list(
    filter(
      None,
      (
        photo.flaw,
        picture_flaws.of_size(photo.width, photo.height),
        picture_flaws.of_name(photo.relative),
      ),
    )
  )


def _has_wrong_ending(photo: image_survey.Photo) -> bool:
  ending = os.path.splitext(photo.relative)[1].lower()
  return ending not in _ENDINGS[photo.source_format]


def write(audit: Mapping, folder: str | os.PathLike) -> str:
  """Writes the folder's audit.json.

  Args:
    audit: The dict of `make`.
    folder: An existing folder.

  Returns:
    The path of the file.

  Raises:
    OSError: The file cannot be written. An existing audit.json is unchanged.
  """
  path = pathlib.Path(folder, FILE)
  # Names that are not Unicode, as Linux allows, are written with escapes.
  json_notes.write(path, audit)
  return str(path)
