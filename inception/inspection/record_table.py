"""Holds the facts about all records in little memory: 150 bytes per record.

  RecordTable   the facts about each record, as columns of numbers

A million records as objects would need gigabytes. Names and pictures are needed
for only a few records and are read again from the shard: the table knows the
offset of each record.
"""

import array
import os

import numpy as np

from inception.data.curation import picture_signatures
from inception.inspection import record_examination
from inception.records import example_message
from inception.records import tfrecord_file

# Column -> array.array's type code.
_COLUMNS = {
  'subset': 'i',
  'shard': 'i',
  'record': 'q',
  'offset': 'q',
  'label': 'q',
  'num_bytes': 'q',
  'height': 'i',
  'width': 'i',
  'image_format': 'i',
  'is_turned': 'b',
  'flaw': 'b',
}

# The label of a record without one.
NO_LABEL = -1
# Index in RecordTable.formats of images that cannot be decoded.
UNREADABLE = 0


class RecordTable:
  """The facts about each record. The index is the order of adding.

  Attributes:
    subsets: Names of the subsets; the column 'subset' holds indices into it.
    shards: Paths of the shards; the column 'shard' holds indices into it.
    shard_subsets: Index of the subset of each shard.
    formats: Formats of images; the column 'image_format' holds indices into it.
    flaws: Flaws of images, the first of which is '' for none; the column 'flaw'
      holds indices into it.
  """

  def __init__(self) -> None:
    self.subsets: list[str] = []
    self.shards: list[str] = []
    self.shard_subsets: list[int] = []
    self.formats = ['']
    self.flaws = ['']
    self._columns = {name: array.array(code) for name, code in _COLUMNS.items()}
    self._digests = bytearray()
    self._signatures = bytearray()

  def __len__(self) -> int:
    return len(self._columns['label'])

  def begin_shard(self, subset: str, path: str | os.PathLike) -> None:
    """Sets the subset and the shard of the records that are added next."""
    if subset not in self.subsets:
      self.subsets.append(subset)
    self.shards.append(os.fspath(path))
    self.shard_subsets.append(self.subsets.index(subset))

  def add(
    self,
    examined: record_examination.ExaminedRecord,
    *,
    record: int,
    offset: int,
  ) -> None:
    """Adds a record.

    Args:
      examined: The facts about the record.
      record: Index of the record in its shard, counted from 0.
      offset: Offset of the record in its shard, in bytes.
    """
    if examined.image_format not in self.formats:
      self.formats.append(examined.image_format)
    if examined.flaw not in self.flaws:
      self.flaws.append(examined.flaw)
    row = {
      'subset': self.shard_subsets[-1],
      'shard': len(self.shards) - 1,
      'record': record,
      'offset': offset,
      'label': NO_LABEL if examined.label is None else examined.label,
      'num_bytes': examined.num_bytes,
      'height': examined.height,
      'width': examined.width,
      'is_turned': examined.is_turned,
      'image_format': self.formats.index(examined.image_format),
      'flaw': self.flaws.index(examined.flaw),
    }
    for name, value in row.items():
      self._columns[name].append(value)
    self._digests += examined.digest.ljust(
      record_examination.DIGEST_BYTES, b'\0'
    )
    self._signatures += examined.signature.ljust(
      picture_signatures.SIGNATURE_BYTES, b'\0'
    )

  def column(self, name: str) -> np.ndarray:
    """Returns a column, an integer array [records]."""
    return np.array(self._columns[name])

  def digests(self) -> np.ndarray:
    """Returns the hashes of the image files: uint8 [records, DIGEST_BYTES]."""
    return self._bytes(self._digests, record_examination.DIGEST_BYTES)

  def signatures(self) -> np.ndarray:
    """Returns uint8 [records, SIGNATURE_BYTES]; zeros if there is no image."""
    return self._bytes(self._signatures, picture_signatures.SIGNATURE_BYTES)

  def _bytes(self, data: bytearray, length: int) -> np.ndarray:
    return np.frombuffer(bytes(data), np.uint8).reshape(len(self), length)

  def value(self, index: int, name: str) -> int:
    """Returns one record's value of a column."""
    return self._columns[name][index]

  def subset(self, index: int) -> str:
    """Returns the subset of a record."""
    return self.subsets[self.value(index, 'subset')]

  def shard(self, index: int) -> str:
    """Returns the path of the shard of a record."""
    return self.shards[self.value(index, 'shard')]

  def read(self, index: int) -> example_message.Example:
    """Reads a record again.

    Raises:
      tfrecord_file.RecordError: The shard has changed since the inspection.
      example_message.MessageError: The record is not a valid Example.
      OSError: The shard cannot be read.
    """
    return example_message.decode(
      tfrecord_file.read_at(
        self.shard(index),
        record=self.value(index, 'record'),
        offset=self.value(index, 'offset'),
      )
    )
