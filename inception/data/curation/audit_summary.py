"""Summarises an audit in the few lines that a user should read.

summary   the audit of a folder -> lines; no line grows with the folder
"""

import collections
from collections.abc import Iterator, Mapping, Sequence

from inception.data.curation import audit as audit_fields
from inception.data.curation import content_split
from inception.data.curation import repeats_text
from inception.jobs import name_lists

# The summary mentions classes with fewer images, and a largest class that has
# more than this many times the images of the smallest.
_FEW_IMAGES = 10
_IMBALANCE = 10


def summary(audit: Mapping) -> list[str]:
  """Returns the audit in a few lines, starting with the numbers.

  Args:
    audit: The dict of audit.make.
  """
  lines = [
    f'Audit: {audit["num_images"]:,} usable images of '
    f'{audit["num_files"]:,} files in {len(audit["classes"]):,} classes'
    + _size_range(audit['sizes'])
    + '.'
  ]
  lines += [
    f'  {line}'
    for line in (
      *_file_lines(audit),
      *_group_lines(audit),
      *_balance_lines(audit),
    )
  ]
  if len(lines) == 1:
    lines.append('  Nothing stands out.')
  return lines


def _size_range(sizes: Mapping) -> str:
  if not sizes:
    return ''
  width, height = sizes['width'], sizes['height']
  return (
    f', {width["min"]} x {height["min"]} to {width["max"]} x '
    f'{height["max"]} pixels (median {width["median"]} x '
    f'{height["median"]})'
  )


def _file_lines(audit: Mapping) -> Iterator[str]:
  """Yields the lines about single files."""
  relabelled = [
    f'{entry["path"]}: {entry["class"]}' for entry in audit['relabelled_images']
  ]
  if relabelled:
    yield f'labels changed by --labels_csv: {name_lists.numbered(relabelled)}'
  for key, text in (
    ('bad_files', 'not usable images, skipped'),
    ('wrong_endings', 'named as another format, taken for what they are'),
    ('small_images', f'smaller than {audit_fields.SMALL_SIDE} pixels'),
  ):
    if audit[key]:
      paths = [entry['path'] for entry in audit[key]]
      yield f'{text}: {name_lists.numbered(paths)}'
  yield from _deep_lines(audit)
  flawed = collections.defaultdict(list)
  for entry in audit['flawed_images']:
    flawed[entry['flaw']].append(entry['path'])
  for flaw, paths in flawed.items():
    yield f'{flaw}: {name_lists.numbered(paths)}'
  for key, text in (
    ('files_beside_images', 'files beside the photographs, not read'),
    ('empty_classes', 'folders without an image file'),
  ):
    if audit[key]:
      yield f'{text}: {name_lists.numbered(audit[key])}'
  stray = audit['images_outside_class_folders']
  if stray:
    yield (
      'beside the class folders, so without a class: '
      f'{name_lists.numbered(stray)}'
    )


def _deep_lines(audit: Mapping) -> Iterator[str]:
  """Yields the lines about images of more than 8 bits per channel."""
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
      yield f'more than 8 bits a channel, {text}: {name_lists.numbered(deep)}'


def _group_lines(audit: Mapping) -> Iterator[str]:
  """Yields the lines about copies, conflicts and leaks, the worst first."""
  yield from repeats_text.lines({
    kind: [[file['path'] for file in entry] for entry in audit[key]]
    for kind, key in audit_fields.GROUP_KEYS.items()
  })
  for scene in audit['scenes']:
    yield _scene_line(scene)
  if audit['num_left_out']:
    yield (
      'left out as copies or conflicts, as requested: '
      f'{audit["num_left_out"]:,}'
    )


def _scene_line(scene: Sequence[Mapping]) -> str:
  counts = collections.Counter(file['class'] for file in scene)
  classes = [f'{count:,} of {name}' for name, count in counts.most_common()]
  return (
    f'WARNING: {len(scene):,} images look nearly the same and fill most of a '
    f'class, like those of a fixed camera ({name_lists.listed(classes)}): '
    'each counts as a separate picture. If they come in series, such as one '
    'part or one day, name these with --group_pattern; otherwise validation '
    'gives too good results'
  )


def _balance_lines(audit: Mapping) -> Iterator[str]:
  """Yields the lines about the sizes of the classes."""
  if len(audit['classes']) == 1:
    (name,) = audit['classes']
    yield (
      f'WARNING: there is only one class, {name_lists.short(name)}: a network '
      'will predict it for every picture. Put pictures of something else into '
      'another folder'
    )
  totals = {
    name: sum(count for subset, count in counts.items() if subset != 'left_out')
    for name, counts in audit['classes'].items()
  }
  few = [name for name, total in totals.items() if total < _FEW_IMAGES]
  if few:
    names = name_lists.numbered(few)
    yield f'classes with fewer than {_FEW_IMAGES} images: {names}'
  smallest = min(totals, key=totals.__getitem__, default='')
  largest = max(totals, key=totals.__getitem__, default='')
  if smallest and totals[largest] > _IMBALANCE * max(totals[smallest], 1):
    yield (
      f'uneven classes: {totals[largest]:,} images of '
      f'{name_lists.short(largest)}, {totals[smallest]:,} of '
      f'{name_lists.short(smallest)}'
    )
  for subset in (content_split.VALIDATION, content_split.TEST):
    if any(subset in counts for counts in audit['classes'].values()):
      lacking = [
        name
        for name, counts in audit['classes'].items()
        if not counts.get(subset)
      ]
      if lacking:
        yield f'classes without {subset} images: {name_lists.numbered(lacking)}'
