"""The records of a data set in little memory: 150 bytes each.

  RecordTable   what is known of each record, as columns of numbers

A million records as objects would be gigabytes. Names and pictures, which are
wanted of a few records only, are read again from the shard: the table knows
where each record begins.
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

# The label of a record that has none.
NO_LABEL = -1
# Place in RecordTable.formats of an image that cannot be decoded.
UNREADABLE = 0


class RecordTable:
  """What is known of each record, by its place: the order of adding.

  Attributes:
    subsets: names; the column 'subset' holds places in it.
    shards: paths; the column 'shard' holds places in it.
    shard_subsets: of each shard, its subset's place.
    formats: kinds of images; the column 'image_format' holds places in it.
    flaws: of images, the first is none; the column 'flaw' holds places in it.
  """

  def __init__(self):
    self.subsets = []
    self.shards = []
    self.shard_subsets = []
    self.formats = ['']
    self.flaws = ['']
    self._columns = {name: array.array(code) for name, code in _COLUMNS.items()}
    self._digests = bytearray()
    self._signatures = bytearray()

  def __len__(self) -> int:
    return len(self._columns['label'])

  def begin_shard(self, subset: str, path: str | os.PathLike) -> None:
    """Says where the records come from that are added next."""
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
      examined: what it holds.
      record: its number in its shard, counted from 0.
      offset: where in its shard it begins.
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
    """Returns a column: integers [records]."""
    return np.array(self._columns[name])

  def digests(self) -> np.ndarray:
    """Returns what equal image files share: uint8 [records, DIGEST_BYTES]."""
    return self._bytes(self._digests, record_examination.DIGEST_BYTES)

  def signatures(self) -> np.ndarray:
    """Returns uint8 [records, SIGNATURE_BYTES]; zeros without an image."""
    return self._bytes(self._signatures, picture_signatures.SIGNATURE_BYTES)

  def _bytes(self, data: bytearray, length: int) -> np.ndarray:
    return np.frombuffer(bytes(data), np.uint8).reshape(len(self), length)

  def value(self, place: int, name: str) -> int:
    """Returns one record's value of a column."""
    return self._columns[name][place]

  def subset(self, place: int) -> str:
    """Returns the subset that a record is in."""
    return self.subsets[self.value(place, 'subset')]

  def shard(self, place: int) -> str:
    """Returns the path of the shard that a record is in."""
    return self.shards[self.value(place, 'shard')]

  def read(self, place: int) -> example_message.Example:
    """Reads a record again.

    Raises:
      tfrecord_file.RecordError: the shard has changed since.
      example_message.MessageError: the record is no Example.
      OSError: the shard cannot be read.
    """
    return example_message.decode(
      tfrecord_file.read_at(
        self.shard(place),
        record=self.value(place, 'record'),
        offset=self.value(place, 'offset'),
      )
    )
