"""Reads the shards of a folder record by record, even damaged ones.

subsets       returns the subsets with shards in a folder
in_order      sorts subsets as users expect: train first
read          yields the records of shards, and their damage
Item          an item that `read` yields
total_bytes   returns the number of bytes that `read` has to read
"""

import contextlib
import dataclasses
import os
import pathlib
from collections.abc import Iterable, Iterator, Mapping, Sequence

from inception import dataset
from inception.data.curation import content_split
from inception.records import tfrecord_file

_FIRST = (content_split.TRAIN, content_split.VALIDATION, content_split.TEST)
_NUMBER_LENGTH = len(dataset.shard_name('', 0, 1))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Item:
  """A record, the start of a shard, or damage in a shard.

  Attributes:
    subset: Subset of the shard.
    shard: Path of the shard.
    record: Index of the record in the shard; None marks the start of a shard.
    offset: Offset of the record in bytes.
    data: The record; None if it cannot be read, or at the start of a shard.
    reason: Reason why the record cannot be read; '' otherwise.
  """

  subset: str
  shard: str
  record: int | None = None
  offset: int = 0
  data: bytes | None = None
  reason: str = ''

  @property
  def num_bytes(self) -> int:
    """Length of the record in the file, in bytes."""
    if self.data is None:
      return 0
    return len(self.data) + tfrecord_file.OVERHEAD_BYTES


def subsets(data_dir: str | os.PathLike) -> set[str]:
  """Returns the names of the subsets that a folder has shards of.

  Raises:
    OSError: the folder cannot be read.
  """
  names = {
    path.name[:-_NUMBER_LENGTH]
    for path in pathlib.Path(data_dir).iterdir()
    if '-of-' in path.name
  }
  return {name for name in names if dataset.find_shards(data_dir, name)}


def in_order(names: Iterable[str]) -> list[str]:
  """Returns the subsets' names: train, validation, test, others."""
  return sorted(
    names,
    key=lambda name: (
      _FIRST.index(name) if name in _FIRST else len(_FIRST),
      name,
    ),
  )


def read(shards: Mapping[str, Sequence[str]]) -> Iterator[Item]:
  """Yields an item for the start of each shard, each record and each damage."""
  for subset, paths in shards.items():
    for path in paths:
      yield Item(subset=subset, shard=path)
      record = offset = 0
      try:
        for data in tfrecord_file.read(path):
          item = Item(
            subset=subset, shard=path, record=record, offset=offset, data=data
          )
          yield item
          record += 1
          offset += item.num_bytes
      except tfrecord_file.RecordError as error:
        yield Item(
          subset=subset,
          shard=path,
          record=record,
          reason=error.reason
          if _is_disguised(error)
          else f'{error.reason}; the rest of this shard cannot be read: '
          'prepare the data again or copy the file again',
        )
      except OSError as error:
        yield Item(
          subset=subset,
          shard=path,
          record=record,
          reason=(f'the shard cannot be read ({error.strerror or error})'),
        )


def _is_disguised(error: tfrecord_file.RecordError) -> bool:
  return not error.record and error.reason == tfrecord_file.disguise(error.path)


def total_bytes(shards: Mapping[str, Sequence[str]]) -> int:
  """Returns the total size of the shards in bytes."""
  total = 0
  for paths in shards.values():
    for path in paths:
      with contextlib.suppress(OSError):  # `read` reports it.
        total += os.path.getsize(path)
  return total
