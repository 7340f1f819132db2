"""Formats an inspection as lines for a terminal or a log.

lines     the contents and the problems, the worst last
verdict   the last line: the records are sound, or the number of problems
"""

import collections.abc
from collections.abc import Iterator, Sequence
from typing import Any

from inception.data.curation import repeats
from inception.data.curation import repeats_text
from inception.inspection import feature_copies
from inception.inspection import record_inspection
from inception.inspection import record_statistics
from inception.jobs import display_names
from inception.jobs import name_lists

# The page of --html shows more of each.
_CLASSES_SHOWN = 200
_PROBLEMS_SHOWN = 50
_NAME_WIDTH = 40

_KB = 1000

# With fewer records, looking at all pictures is easier than computing features.
_WORTH_FEATURES = 200


def lines(inspection: record_inspection.Inspection) -> Iterator[str]:
  """Yields the contents and the problems, with blank lines between parts."""
  yield _title(inspection)
  yield ''
  yield from _subsets(inspection)
  yield ''
  yield from _classes(inspection)
  yield ''
  yield from _sizes(inspection)
  yield from _repeats(inspection)
  yield from _likely(inspection)
  yield from _flaws(inspection)
  if inspection.problems:
    yield ''
    yield from _problems(inspection)
  yield ''


def verdict(inspection: record_inspection.Inspection) -> str:
  """Returns one sentence: the records are sound, or have so many problems."""
  records = _number(len(inspection.table), 'record')
  if not inspection.num_problems:
    return f'{records} {"is" if len(inspection.table) == 1 else "are"} sound.'
  return f'{_number(inspection.num_problems, "problem")} in {records}.'


def _number(count: int, noun: str) -> str:
  return f'{count:,} {noun}' + ('' if count == 1 else 's')


def _title(inspection: record_inspection.Inspection) -> str:
  info = inspection.info
  if info is None:
    return f'{inspection.data_dir}: no dataset_info.json'
  tool = f', written by {info.tool}' if info.tool else ''
  return f'{inspection.data_dir}: {display_names.printable(info.name)}{tool}'


def _table(rows: Sequence[Sequence[str]], *, words: int) -> Iterator[str]:
  """Yields rows with aligned columns; the first `words` columns are text."""
  widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
  for row in rows:
    cells = [
      cell.ljust(width) if i < words else cell.rjust(width)
      for i, (cell, width) in enumerate(zip(row, widths))
    ]
    yield '  '.join(cells).rstrip()


def _subsets(inspection: record_inspection.Inspection) -> Iterator[str]:
  rows = [('subset', 'records', 'shards', 'MB')]
  for name, subset in record_statistics.by_subset(inspection.table).items():
    rows.append((
      display_names.printable(name),
      f'{subset.records:,}',
      f'{subset.shards:,}',
      f'{subset.num_bytes / _KB**2:,.1f}',
    ))
  yield from _table(rows, words=1)


def _classes(inspection: record_inspection.Inspection) -> Iterator[str]:
  """Yields the table of classes and subsets."""
  subsets = inspection.table.subsets
  counts = record_statistics.by_class(inspection.table)
  rows: list[tuple[str, ...]] = [
    ('class', 'label', *map(display_names.printable, subsets))
  ]
  shown = list(inspection.class_names.items())[:_CLASSES_SHOWN]
  for label, name in shown:
    rows.append((
      _short(name),
      str(label),
      *(f'{counts.get(label, {}).get(subset, 0):,}' for subset in subsets),
    ))
  yield from _table(rows, words=1)
  if len(inspection.class_names) > len(shown):
    yield _more(len(inspection.class_names) - len(shown), 'more classes')


def _short(name: str) -> str:
  name = display_names.printable(name)
  return name if len(name) <= _NAME_WIDTH else name[: _NAME_WIDTH - 3] + '...'


def _more(count: int, what: str) -> str:
  return f'... and {count:,} {what}'


def _sizes(inspection: record_inspection.Inspection) -> Iterator[str]:
  """Yields the sizes and formats of the images."""
  rows: list[tuple[str, ...]] = [
    ('images', 'smallest', 'median', 'mean', 'largest')
  ]
  for name, size in record_statistics.sizes(inspection.table).items():
    unit, label = (_KB, 'kB') if name == 'num_bytes' else (1, name)
    digits = 1 if name == 'num_bytes' else 0
    rows.append((
      label,
      *(
        f'{value / unit:,.{digits}f}'
        for value in (size.minimum, size.median, size.mean, size.maximum)
      ),
    ))
  if len(rows) > 1:
    yield from _table(rows, words=1)
  formats = record_statistics.by_format(inspection.table)
  if formats:
    yield 'formats: ' + ', '.join(
      f'{count:,} {name}' for name, count in formats.items()
    )
  turned = int(inspection.table.column('is_turned').sum())
  if turned:
    yield (
      f'NOTE: {_number(turned, "image")} would be turned by EXIF, which '
      'training does not do: build_image_data stores them upright'
    )


def _repeats(inspection: record_inspection.Inspection) -> Iterator[str]:
  """Yields the pictures that occur more than once."""
  found = inspection.repeats
  repeated = list(
    repeats_text.lines({
      kind: [_Names(inspection, members) for members in groups]
      for kind, groups in repeats.by_kind(found.groups).items()
    })
  )
  for scene in found.scenes:
    repeated.append(
      f'{len(scene):,} images look nearly the same and fill most of a class, '
      'like those of a fixed camera: each counts as a separate picture'
    )
  if repeated:
    yield ''
  yield from repeated


def _likely(inspection: record_inspection.Inspection) -> Iterator[str]:
  """Yields the copies that only features show, or why none are searched."""
  likely = inspection.likely
  result = list(
    repeats_text.likely_lines({
      kind: [_Names(inspection, group.members) for group in groups]
      for kind, groups in repeats.by_worst_kind(likely.groups).items()
    })
  )
  if likely.num_skipped:
    result.append(
      'mirrored and cropped copies are not searched for: '
      f'{likely.num_skipped:,} records are more than '
      f'{feature_copies.MAX_RECORDS:,}'
    )
  missing = [
    name for name in inspection.table.subsets if name not in likely.subsets
  ]
  if likely.subsets and missing:
    result.append(
      'mirrored and cropped copies are searched for in '
      f'{_names(likely.subsets)} only: there are no features of '
      f'{_names(missing)}'
    )
  if (
    not likely.subsets
    and not likely.num_skipped
    and not inspection.num_problems
    and len(inspection.table) >= _WORTH_FEATURES
  ):
    result.append(
      'mirrored and cropped copies are not searched for, as there are no '
      'features of these records: train --data_dir=... --train_dir=... '
      '--pretrained_model_checkpoint_path=... --fine_tune '
      '--trainable_scopes=head --eval_interval_steps=100 computes them'
    )
  if result:
    yield ''
  yield from result


def _names(subsets: Sequence[str]) -> str:
  return ', '.join(map(display_names.printable, subsets))


def _flaws(inspection: record_inspection.Inspection) -> Iterator[str]:
  """Yields the pictures that show hardly anything."""
  flaws = record_statistics.flawed(inspection.table)
  if flaws:
    yield ''
  for flaw, indices in flaws.items():
    yield f'{flaw}: {name_lists.numbered(_Names(inspection, indices))}'


class _Names(collections.abc.Sequence):
  """The names of some records, each read from its shard when it is shown."""

  def __init__(
    self, inspection: record_inspection.Inspection, members: Sequence[int]
  ):
    self._inspection = inspection
    self._members = members

  def __len__(self) -> int:
    return len(self._members)

  def __getitem__(self, index: Any) -> Any:
    if isinstance(index, slice):
      return [self[number] for number in range(len(self))[index]]
    return _named(self._inspection.name(self._members[index]))


def _named(record: record_inspection.Named) -> str:
  path = f'{record.subset}/{record.class_name}/{record.filename}'
  return f'{path} ({record.shard}, {record.record})'


def _problems(inspection: record_inspection.Inspection) -> Iterator[str]:
  """Yields a line for each problem."""
  for problem in inspection.problems[:_PROBLEMS_SHOWN]:
    where = [problem.shard] if problem.shard else []
    if problem.record is not None:
      where.append(f'record {problem.record}')
    if problem.filename:
      where.append(repr(problem.filename))
    location = f'{", ".join(where)}: ' if where else ''
    yield 'PROBLEM: ' + display_names.printable(location + problem.reason)
  if inspection.num_problems > _PROBLEMS_SHOWN:
    yield _more(inspection.num_problems - _PROBLEMS_SHOWN, 'more problems')
