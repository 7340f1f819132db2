"""Reads every record of a folder, and reports its contents and problems.

  inspect      a folder -> Inspection
  Inspection   the contents and the problems
  Problem      one problem and its location
  Named        a description of a record for the user

Several threads examine the records. The results come back in the order of the
shards, and only a few numbers per record are kept. An invalid record does not
stop the inspection. A damaged shard ends at the damage, since the beginning of
its next record is unknown.
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

# Every record of a folder may be invalid; further problems are only counted.
MAX_PROBLEMS_KEPT = 1000


class InspectionError(errors.UserError):
  """There is nothing to inspect; the text gives the reason."""


@dataclasses.dataclass(frozen=True, slots=True)
class Problem:
  """One problem and its location.

  Attributes:
    reason: Description of the problem, one clause.
    shard: Name of the file; '' if the problem concerns the complete folder.
    record: Index of the record in the shard, counted from 0; None if the
      problem concerns the complete shard.
    filename: File name of the image; '' if unknown.
    index: Index of the record in the table; None if it is not in it.
  """

  reason: str
  shard: str = ''
  record: int | None = None
  filename: str = ''
  index: int | None = None


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Named:
  """A description of a record for the user."""

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
  """The result of an inspection.

  Attributes:
    data_dir: Path of the folder.
    info: Contents of its dataset_info.json; None if there is no usable one.
    class_names: {label: name}, sorted by label: all classes of info, or else
      those of the labels in the records.
    table: The facts about every record.
    problems: The first MAX_PROBLEMS_KEPT problems, in the order of the records.
    num_problems: Number of all problems.
    repeats: Pictures that occur more than once.
    likely: Copies that only features show, among the records whose features are
      cached.
  """

  data_dir: str
  info: dataset.Dataset | None
  class_names: Mapping[int, str]
  table: record_table.RecordTable
  problems: Sequence[Problem]
  num_problems: int
  repeats: repeats.Found
  likely: feature_copies.LikelyCopies

  def name(self, index: int) -> Named:
    """Returns the description of a record of the table; reads it again.

    The file name is '' if the record has changed since the inspection.
    """
    try:
      filename = self.table.read(index).filename
    except (tfrecord_file.RecordError, example_message.MessageError, OSError):
      filename = ''
    value = self.table.value
    label = value(index, 'label')
    return Named(
      shard=pathlib.Path(self.table.shard(index)).name,
      filename=filename,
      record=value(index, 'record'),
      subset=self.table.subset(index),
      class_name=self.class_names.get(label, f'label {label}'),
      height=value(index, 'height'),
      width=value(index, 'width'),
      num_bytes=value(index, 'num_bytes'),
    )


def inspect(
  data_dir: str | os.PathLike,
  *,
  subset: str = '',
  num_threads: int = 2,
  near_duplicate_distance: int | None = None,
  log: progress.Log,
) -> Inspection:
  """Inspects all records of a folder.

  Args:
    data_dir: Folder of the shards.
    subset: The only subset to inspect; '' inspects all.
    num_threads: Number of records that are examined at a time.
    near_duplicate_distance: Largest number of differing bits of near copies; 0
      finds only copies; None selects the value of the audit beside the records,
      if there is one.
    log: Called with a line from time to time if there is no terminal.

  Returns:
    The contents and the problems of the records.

  Raises:
    InspectionError: The folder has no shards, or none of the subset.
    OSError: The folder cannot be read.
  """
  search = feature_copies.Search(data_dir)
  results = _Results(None, search)
  try:
    results = _Results(dataset.read_info(data_dir), search)
  except dataset.DatasetError as error:
    results.report(Problem(str(error)))
  shards = _shards(data_dir, subset, results)
  total = shard_reader.total_bytes(shards)
  with progress.show('inspecting', total, log=log) as advance:
    for item, examined in ordered_pool.run(
      _examined, shard_reader.read(shards), num_threads=num_threads
    ):
      results.take(item, examined)
      advance(item.num_bytes)
  for reason in declared.wrong_counts(
    results.table, results.info, only_subset=subset
  ):
    results.report(Problem(reason))
  repeated = repeated_pictures.find(
    results.table,
    max_distance=declared.near_duplicate_distance(data_dir)
    if near_duplicate_distance is None
    else near_duplicate_distance,
  )
  return Inspection(
    data_dir=str(data_dir),
    info=results.info,
    table=results.table,
    class_names=results.classes.names(),
    problems=tuple(results.problems),
    num_problems=results.num_problems,
    repeats=repeated,
    likely=search.find(results.table, repeated, log=log),
  )


class _Results:
  """Collects the results of the inspection, in order."""

  def __init__(
    self, info: dataset.Dataset | None, search: feature_copies.Search
  ):
    self._search = search
    self.info = info
    self.classes = class_check.Classes(info)
    self.table = record_table.RecordTable()
    self.problems: list[Problem] = []
    self.num_problems = 0

  def report(self, problem: Problem) -> None:
    """Counts a problem, and keeps the first MAX_PROBLEMS_KEPT."""
    self.num_problems += 1
    if len(self.problems) < MAX_PROBLEMS_KEPT:
      self.problems.append(problem)

  def take(
    self,
    item: shard_reader.Item,
    examined: record_examination.ExaminedRecord | None,
  ) -> None:
    """Adds an item of shard_reader.read, and the examined record if any."""
    shard = pathlib.Path(item.shard).name
    if item.record is None:
      self.table.begin_shard(item.subset, item.shard)
    elif examined is None or item.data is None:
      self.report(Problem(item.reason, shard=shard, record=item.record))
    else:
      index = len(self.table)
      self.table.add(examined, record=item.record, offset=item.offset)
      self._search.take(item.subset, item.data, examined.preview)
      for reason in (*examined.problems, *self.classes.check(examined)):
        self.report(
          Problem(
            reason,
            shard=shard,
            record=item.record,
            filename=examined.filename,
            index=index,
          )
        )


def _shards(
  data_dir: str | os.PathLike, only_subset: str, results: _Results
) -> dict[str, list[str]]:
  """Returns {subset: paths of its shards}; reports incomplete sets."""
  existing = shard_reader.subsets(data_dir)
  expected = {
    name
    for name, count in (
      results.info.num_examples_of.items() if results.info else ()
    )
    if count
  }
  if not existing:
    raise InspectionError(
      f'{str(data_dir)!r} has no shards (files such as '
      f'{dataset.shard_name("train", 0, 2)}): prepare the data there first'
    )
  if only_subset and only_subset not in existing:
    raise InspectionError(
      f'{str(data_dir)!r} has no subset {only_subset!r}; it has: '
      f'{", ".join(shard_reader.in_order(existing))}'
    )
  wanted = {only_subset} if only_subset else existing | expected
  shards = {}
  for subset in shard_reader.in_order(wanted):
    try:
      shards[subset] = dataset.shard_files(data_dir, subset)
    except dataset.DatasetError as error:
      results.report(Problem(str(error)))
      sets = dataset.find_shards(data_dir, subset)
      shards[subset] = [
        path for _, paths in sorted(sets.items()) for path in paths
      ]
  return shards


def _examined(
  item: shard_reader.Item,
) -> record_examination.ExaminedRecord | None:
  return None if item.data is None else record_examination.examine(item.data)
