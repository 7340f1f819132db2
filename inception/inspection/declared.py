"""Compares records with the declarations in the files beside them.

wrong_counts              numbers that differ from those in dataset_info.json
near_duplicate_distance   the setting in audit.json
"""

import json
import os
import pathlib
from collections.abc import Iterator

from inception import dataset
from inception.data.curation import audit
from inception.data.curation import near_duplicates
from inception.inspection import record_statistics
from inception.inspection import record_table
from inception.settings import config


def wrong_counts(
  table: record_table.RecordTable,
  info: dataset.Dataset | None,
  *,
  only_subset: str = '',
) -> Iterator[str]:
  """Yields a clause for each number that differs from dataset_info.json.

  Args:
    table: The existing records.
    info: Contents of dataset_info.json; None if there is none.
    only_subset: The only subset that was read; '' if all were.
  """
  if info is None:
    return
  by_subset = record_statistics.by_subset(table)
  by_class = record_statistics.by_class(table)
  for subset, count in info.num_examples_of.items():
    if only_subset in ('', subset):
      actual = by_subset[subset].records if subset in by_subset else 0
      if actual != count:
        yield (
          f'{dataset.INFO_FILE} says that {subset} has {count:,} records, '
          f'but its shards have {actual:,}'
        )
  for subset, counts in info.examples_per_class.items():
    if only_subset not in ('', subset):
      continue
    for label, name in enumerate(info.class_names, 1):
      actual = by_class.get(label, {}).get(subset, 0)
      if actual != counts.get(name, 0):
        yield (
          f'{dataset.INFO_FILE} says that {subset} has '
          f'{counts.get(name, 0):,} records of {name!r}, but its shards '
          f'have {actual:,}'
        )


def near_duplicate_distance(data_dir: str | os.PathLike) -> int:
  """Returns the distance of the audit beside the records, or the default."""
  try:
    text = pathlib.Path(data_dir, audit.FILE).read_text(encoding='utf-8')
    distance = json.loads(text)['settings']['near_duplicate_distance']
  except (OSError, ValueError, LookupError, TypeError):
    return near_duplicates.DEFAULT_DISTANCE
  is_valid = isinstance(distance, int) and (
    0 <= distance <= config.MAX_NEAR_DUPLICATE_DISTANCE
  )
  return distance if is_valid else near_duplicates.DEFAULT_DISTANCE
