"""Reads every record of a folder, and tells what is in it and what is wrong.

  inspect      a folder -> Inspection
  Inspection   what was found
  Problem      what is wrong, and where
  Named        a record as a user knows it

Threads examine the records, which come back in the order of the shards; of each
a few numbers are kept. A record that is wrong does not stop the rest; a shard
that is damaged ends where the damage is, for nobody can tell where its next
record begins.
"""

import dataclasses
import os
import pathlib
from collections.abc import Mapping, Sequence

from inception import dataset
from inception.data.curation import repeats
from inception.inspection import class_check
from inception.inspection import declared
from inception.inspection import feature_copies
from inception.inspection import record_examination
from inception.inspection import record_table
from inception.inspection import repeated_pictures
from inception.inspection import shard_reader
from inception.jobs import errors
from inception.jobs import ordered_pool
from inception.jobs import progress
from inception.records import example_message
from inception.records import tfrecord_file

# A folder may be wrong in every record; the others are only counted.
MAX_PROBLEMS_KEPT = 1000


class InspectionError(errors.UserError):
  """There is nothing to inspect; the text says why."""


@dataclasses.dataclass(frozen=True, slots=True)
class Problem:
  """What is wrong, and where.

  Attributes:
    reason: one clause.
    shard: the file's name; '' is the folder as a whole.
    record: number in the shard, counted from 0; None is the shard as a whole.
    filename: of the image; '' where nobody knows.
    place: of the record in the table; None where it has none.
  """

  reason: str
  shard: str = ''
  record: int | None = None
  filename: str = ''
  place: int | None = None


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Named:
  """A record as a user knows it: by words."""

  shard: str
  record: int
  filename: str
  class_name: str
  subset: str
  height: int
  width: int
  num_bytes: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class Inspection:
  """What was found.

  Attributes:
    data_dir: the folder.
    info: what its dataset_info.json says; None where there is none to use.
    class_names: {label: name}, ascending: of all classes where info tells them,
      else of the labels that were found.
    table: of every record.
    problems: in the order of the records, MAX_PROBLEMS_KEPT at most.
    num_problems: of all.
    repeats: the pictures that are there more than once.
    likely: copies that only features show, as far as these are cached.
  """

  data_dir: str
  info: dataset.Dataset | None
  class_names: Mapping[int, str]
  table: record_table.RecordTable
  problems: Sequence[Problem]
  num_problems: int
  repeats: repeats.Found
  likely: feature_copies.LikelyCopies

  def name(self, place: int) -> Named:
    """Returns the words for a record of the table, which is read again.

    A record that has changed since then has no file name.
    """
    try:
      filename = self.table.read(place).filename
    except (tfrecord_file.RecordError, example_message.MessageError, OSError):
      filename = ''
    value = self.table.value
    label = value(place, 'label')
    return Named(
      shard=pathlib.Path(self.table.shard(place)).name,
      filename=filename,
      record=value(place, 'record'),
      subset=self.table.subset(place),
      class_name=self.class_names.get(label, f'label {label}'),
      height=value(place, 'height'),
      width=value(place, 'width'),
      num_bytes=value(place, 'num_bytes'),
    )


def inspect(
  data_dir: str | os.PathLike,
  *,
  subset: str = '',
  num_threads: int = 2,
  near_duplicate_distance: int | None = None,
  log: progress.Log,
) -> Inspection:
  """Returns what the folder's records are.

  Args:
    data_dir: folder of the shards.
    subset: the only one to look at; '' is all.
    num_threads: records being examined at a time.
    near_duplicate_distance: bits that near copies may differ in; 0 finds
      copies only; None is that of the audit beside the records, if there is
      one.
    log: called with a line now and then where there is no terminal.

  Raises:
    InspectionError: the folder has no shards, or none of the subset.
    OSError: the folder cannot be read.
  """
  search = feature_copies.Search(data_dir)
  found = _Found(None, search)
  try:
    found = _Found(dataset.read_info(data_dir), search)
  except dataset.DatasetError as error:
    found.report(Problem(str(error)))
  shards = _shards(data_dir, subset, found)
  total = shard_reader.total_bytes(shards)
  with progress.show('inspecting', total, log=log) as advance:
    for item, examined in ordered_pool.run(
      _examined, shard_reader.read(shards), num_threads=num_threads
    ):
      found.take(item, examined)
      advance(item.num_bytes)
  for reason in declared.wrong_counts(
    found.table, found.info, only_subset=subset
  ):
    found.report(Problem(reason))
  repeated = repeated_pictures.find(
    found.table,
    max_distance=declared.near_duplicate_distance(data_dir)
    if near_duplicate_distance is None
    else near_duplicate_distance,
  )
  return Inspection(
    data_dir=str(data_dir),
    info=found.info,
    table=found.table,
    class_names=found.classes.names(),
    problems=tuple(found.problems),
    num_problems=found.num_problems,
    repeats=repeated,
    likely=search.find(found.table, repeated, log=log),
  )


class _Found:
  """Collects what is found, in order."""

  def __init__(
    self, info: dataset.Dataset | None, search: feature_copies.Search
  ):
    self._search = search
    self.info = info
    self.classes = class_check.Classes(info)
    self.table = record_table.RecordTable()
    self.problems = []
    self.num_problems = 0

  def report(self, problem: Problem) -> None:
    """Counts a problem, and keeps it if there are not too many."""
    self.num_problems += 1
    if len(self.problems) < MAX_PROBLEMS_KEPT:
      self.problems.append(problem)

  def take(
    self,
    item: shard_reader.Item,
    examined: record_examination.ExaminedRecord | None,
  ) -> None:
    """Counts what shard_reader.read has yielded."""
    shard = pathlib.Path(item.shard).name
    if item.record is None:
      self.table.begin_shard(item.subset, item.shard)
    elif examined is None:
      self.report(Problem(item.reason, shard=shard, record=item.record))
    else:
      place = len(self.table)
      self.table.add(examined, record=item.record, offset=item.offset)
      self._search.take(item.subset, item.data, examined.preview)
      for reason in (*examined.problems, *self.classes.check(examined)):
        self.report(
          Problem(
            reason,
            shard=shard,
            record=item.record,
            filename=examined.filename,
            place=place,
          )
        )


def _shards(data_dir, only_subset: str, found: _Found) -> dict[str, list[str]]:
  """Returns {subset: paths of its shards}; reports sets that are not whole."""
  there = shard_reader.subsets(data_dir)
  expected = {
    name
    for name, count in (
      found.info.num_examples_of.items() if found.info else ()
    )
    if count
  }
  if not there:
    raise InspectionError(
      f'{str(data_dir)!r} has no shards (files such as '
      f'{dataset.shard_name("train", 0, 2)}): prepare the data there first'
    )
  if only_subset and only_subset not in there:
    raise InspectionError(
      f'{str(data_dir)!r} has no subset {only_subset!r}; it has: '
      f'{", ".join(shard_reader.in_order(there))}'
    )
  wanted = {only_subset} if only_subset else there | expected
  shards = {}
  for subset in shard_reader.in_order(wanted):
    try:
      shards[subset] = dataset.shard_files(data_dir, subset)
    except dataset.DatasetError as error:
      found.report(Problem(str(error)))
      sets = dataset.find_shards(data_dir, subset)
      shards[subset] = [
        path for _, paths in sorted(sets.items()) for path in paths
      ]
  return shards


def _examined(
  item: shard_reader.Item,
) -> record_examination.ExaminedRecord | None:
  return None if item.data is None else record_examination.examine(item.data)
