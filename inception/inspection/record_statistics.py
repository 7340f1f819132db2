"""Statistics of a table of records: counts and sizes.

by_class     number of records of each class and subset
by_subset    records, shards and bytes of each subset
by_format    number of images of each format
sizes        width, height and bytes of the images
flawed       images that show hardly anything
"""

import collections
import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from inception.inspection import record_table


@dataclasses.dataclass(frozen=True, slots=True)
class Size:
  """The distribution of a number over the images that can be decoded."""

  minimum: int
  median: float
  mean: float
  maximum: int


@dataclasses.dataclass(frozen=True, slots=True)
class Subset:
  """The contents of a subset.

  Attributes:
    records: Number of records.
    shards: Number of files, including empty ones.
    num_bytes: Bytes of all image files.
  """

  records: int
  shards: int
  num_bytes: int


def by_class(
  table: record_table.RecordTable,
) -> Mapping[int, Mapping[str, int]]:
  """Returns {label: {subset: number of records}} of the existing labels."""
  pairs = np.stack([table.column('label'), table.column('subset')], axis=1)
  counts: dict[int, dict[str, int]] = collections.defaultdict(dict)
  for (label, subset), number in zip(
    *np.unique(pairs, axis=0, return_counts=True)
  ):
    counts[int(label)][table.subsets[subset]] = int(number)
  return dict(counts)


def by_subset(table: record_table.RecordTable) -> Mapping[str, Subset]:
  """Returns {subset: its contents}."""
  subset, num_bytes = table.column('subset'), table.column('num_bytes')
  contents = {}
  for index, name in enumerate(table.subsets):
    is_in_subset = subset == index
    contents[name] = Subset(
      records=int(is_in_subset.sum()),
      num_bytes=int(num_bytes[is_in_subset].sum()),
      shards=table.shard_subsets.count(index),
    )
  return contents


def by_format(table: record_table.RecordTable) -> Mapping[str, int]:
  """Returns {format: number of decodable images}, the most frequent first."""
  formats = table.column('image_format')
  counts = {
    name: int((formats == index).sum())
    for index, name in enumerate(table.formats)
    if name
  }
  return dict(sorted(counts.items(), key=lambda item: -item[1]))


def sizes(table: record_table.RecordTable) -> Mapping[str, Size]:
  """Returns {'width', 'height' or 'num_bytes': Size}; {} if no images."""
  readable = table.column('image_format') != record_table.UNREADABLE
  if not readable.any():
    return {}
  result = {}
  for name in ('width', 'height', 'num_bytes'):
    values = table.column(name)[readable]
    result[name] = Size(
      int(values.min()),
      float(np.median(values)),
      float(values.mean()),
      int(values.max()),
    )
  return result


def flawed(table: record_table.RecordTable) -> Mapping[str, Sequence[int]]:
  """Returns {flaw of picture_flaws: indices of its images, ascending}."""
  flaws = table.column('flaw')
  return {
    flaw: np.flatnonzero(flaws == index).tolist()
    for index, flaw in enumerate(table.flaws)
    if flaw
  }
