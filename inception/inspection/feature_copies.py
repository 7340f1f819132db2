"""Finds copies that the hash does not see: mirrored, turned, or cropped ones.

  Search         takes the records one by one, then finds the copies
  LikelyCopies   the copies, or the reason for not searching

The features of a network, which training has cached in the folder of the
records (cached_features), select the pictures to compare: for each picture, the
NUM_CANDIDATES nearest ones (feature_neighbours). Small versions of these are
compared in all positions (picture_alignment). Neither step suffices alone:
different photographs of one kind have similar features, and comparing the small
versions of all pairs would take days.

Pictures of a fixed camera, or of digits, fit most of their neighbours. A copy
must therefore fit much better than most candidates.
"""

import collections
import dataclasses
import os
from collections.abc import Iterator

import numpy as np

from inception.data.curation import repeats
from inception.images import image_coder
from inception.input import feature_notes
from inception.inspection import cached_features
from inception.inspection import feature_neighbours
from inception.inspection import picture_alignment
from inception.inspection import record_table
from inception.jobs import progress

NUM_CANDIDATES = 20
# All pairs are compared: 100,000 records take 10 minutes of one core, and a
# million would take a day.
MAX_RECORDS = 100_000

# For a copy, 1 - score is at most _SHARE of 1 - (the _QUANTILE of the scores of
# its candidates).
_SHARE, _QUANTILE = 0.25, 0.25
_FEWEST_OTHERS = 4

_SIDE = image_coder.PREVIEW_SIDE


@dataclasses.dataclass(frozen=True, kw_only=True)
class LikelyCopies:
  """The likely copies, or the reason for not searching.

  Attributes:
    groups: Groups in the order of their first members, without the pairs that
      the hash has found.
    subsets: Names of the searched subsets; () if there were no features.
    num_skipped: Number of records if there are too many to search, else 0.
  """

  groups: tuple[repeats.Group, ...] = ()
  subsets: tuple[str, ...] = ()
  num_skipped: int = 0


class Search:
  """Takes the records one by one, in the order of the table; then searches."""

  def __init__(self, data_dir: str | os.PathLike):
    """Reads the notes beside the features; without notes, `take` does nothing.

    Args:
      data_dir: Folder of the records.
    """
    self._data_dir = data_dir
    self._notes = feature_notes.read_all(cached_features.folder(data_dir))
    self._subsets = {note.subset for _, note in self._notes}
    self._digests: dict[str, feature_notes.RecordsDigest] = (
      collections.defaultdict(feature_notes.RecordsDigest)
    )
    self._pictures = bytearray()
    self._num_records = 0

  def take(self, subset: str, record: bytes, preview: bytes) -> None:
    """Takes the next record.

    Args:
      subset: Name of its subset.
      record: Its bytes in the shard.
      preview: ExaminedRecord.preview.
    """
    self._num_records += 1
    if subset in self._subsets:
      self._digests[subset].add(record)
    if self._notes and self._num_records <= MAX_RECORDS:
      picture = np.zeros([_SIDE, _SIDE], np.uint8)
      if preview:
        pixels = np.frombuffer(preview, np.uint8)
        picture = picture_alignment.prepared(
          pixels.reshape(1, _SIDE, _SIDE, 3)
        )[0]
      self._pictures += picture.tobytes()

  def find(
    self,
    table: record_table.RecordTable,
    known: repeats.Found,
    *,
    log: progress.Log,
  ) -> LikelyCopies:
    """Returns the likely copies among the records.

    Args:
      table: Table of the records that `take` got.
      known: Pictures that the hash has found, which are left out here.
      log: Called with a line from time to time if there is no terminal.
    """
    cached = cached_features.find(
      self._data_dir,
      self._notes,
      {name: digest.hexdigest() for name, digest in self._digests.items()},
    )
    if cached is None:
      return LikelyCopies()
    if self._num_records > MAX_RECORDS:
      return LikelyCopies(num_skipped=self._num_records)
    pictures = np.frombuffer(bytes(self._pictures), np.uint8)
    rows, values = _in_order(table, cached)
    pairs = _pairs(
      rows, values, pictures.reshape(-1, _SIDE, _SIDE), known, log=log
    )
    joined = repeats.Joined(len(table))
    for pair in pairs:
      joined.join(pair)
    return LikelyCopies(
      groups=tuple(_group(table, members) for members in joined.groups()),
      subsets=tuple(name for name in table.subsets if name in cached.values),
    )


def _in_order(
  table: record_table.RecordTable, cached: cached_features.Cached
) -> tuple[np.ndarray, list[np.ndarray]]:
  """Returns the indices of the records with features, and the features."""
  subset = table.column('subset')
  rows, values = [np.zeros([0], np.int64)], []
  for index, name in enumerate(table.subsets):
    if name in cached.values:
      rows.append(np.flatnonzero(subset == index))
      values.append(cached.values[name])
  return np.concatenate(rows), values


def _pairs(
  rows: np.ndarray,
  values: list[np.ndarray],
  pictures: np.ndarray,
  known: repeats.Found,
  *,
  log: progress.Log,
) -> Iterator[tuple[int, int]]:
  """Yields pairs of indices of records that are likely copies."""
  of_group = {
    index: number
    for number, members in enumerate((
      *(group.members for group in known.groups),
      *known.scenes,
    ))
    for index in members
  }
  total = 2 * len(rows)
  with progress.show(
    'looking for mirrored and cropped copies', total, unit='images', log=log
  ) as advance:
    neighbours = feature_neighbours.nearest(
      values, count=NUM_CANDIDATES, advance=advance
    )
    for row, index in enumerate(rows.tolist()):
      others = rows[neighbours[row]]
      others = np.array(
        [
          other
          for other in others.tolist()
          if of_group.get(index, -1) != of_group.get(other, -2)
        ],
        np.int64,
      )
      scores = picture_alignment.match(pictures[index], pictures[others])
      for other in others[scores >= _min_score(scores)].tolist():
        yield index, other
      advance(1)


def _min_score(scores: np.ndarray) -> float:
  """Returns the smallest score of a copy, given those of all candidates."""
  difference = 1 - picture_alignment.MIN_SCORE
  if len(scores) >= _FEWEST_OTHERS:
    usual = 1 - float(np.quantile(scores, _QUANTILE))
    difference = min(difference, _SHARE * usual)
  return 1 - difference


def _group(
  table: record_table.RecordTable, members: tuple[int, ...]
) -> repeats.Group:
  labels = {table.value(index, 'label') for index in members}
  return repeats.Group(
    members=members,
    is_conflict=len(labels - {record_table.NO_LABEL}) > 1,
    is_leak=len({table.value(index, 'subset') for index in members}) > 1,
  )
