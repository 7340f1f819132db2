"""What a table of records comes to: counts and sizes.

by_class     records of each class and subset
by_subset    records, shards and bytes of each subset
by_format    images of each kind
sizes        of the images: width, height, bytes
flawed       the images that show hardly anything
"""

import collections
import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from inception.inspection import record_table


@dataclasses.dataclass(frozen=True, slots=True)
class Size:
  """How a number is spread over the images that can be decoded."""

  minimum: int
  median: float
  mean: float
  maximum: int


@dataclasses.dataclass(frozen=True, slots=True)
class Subset:
  """What a subset holds.

  Attributes:
    records: how many.
    shards: files, empty ones too.
    num_bytes: of all image files.
  """

  records: int
  shards: int
  num_bytes: int


def by_class(
  table: record_table.RecordTable,
) -> Mapping[int, Mapping[str, int]]:
  """Returns {label: {subset: records}} of the labels that are there."""
  pairs = np.stack([table.column('label'), table.column('subset')], axis=1)
  counts = collections.defaultdict(dict)
  for (label, subset), number in zip(
    *np.unique(pairs, axis=0, return_counts=True)
  ):
    counts[int(label)][table.subsets[subset]] = int(number)
  return dict(counts)


def by_subset(table: record_table.RecordTable) -> Mapping[str, Subset]:
  """Returns {subset: what it holds}."""
  subset, num_bytes = table.column('subset'), table.column('num_bytes')
  found = {}
  for number, name in enumerate(table.subsets):
    mine = subset == number
    found[name] = Subset(
      records=int(mine.sum()),
      num_bytes=int(num_bytes[mine].sum()),
      shards=table.shard_subsets.count(number),
    )
  return found


def by_format(table: record_table.RecordTable) -> Mapping[str, int]:
  """Returns {kind: images}, the most frequent first, of those decoded."""
  formats = table.column('image_format')
  counts = {
    name: int((formats == number).sum())
    for number, name in enumerate(table.formats)
    if name
  }
  return dict(sorted(counts.items(), key=lambda item: -item[1]))


def sizes(table: record_table.RecordTable) -> Mapping[str, Size]:
  """Returns the Size of 'width', 'height' and 'num_bytes'; {} of no images."""
  readable = table.column('image_format') != record_table.UNREADABLE
  if not readable.any():
    return {}
  found = {}
  for name in ('width', 'height', 'num_bytes'):
    values = table.column(name)[readable]
    found[name] = Size(
      int(values.min()),
      float(np.median(values)),
      float(values.mean()),
      int(values.max()),
    )
  return found


def flawed(table: record_table.RecordTable) -> Mapping[str, Sequence[int]]:
  """Returns {flaw of picture_flaws: places of its images, ascending}."""
  flaws = table.column('flaw')
  return {
    flaw: np.flatnonzero(flaws == number).tolist()
    for number, flaw in enumerate(table.flaws)
    if number
  }
