"""The TFRecord file: records one after the other, each with two checksums.

  write           adds a record
  read            the records of a file, each checked
  read_at         one of them, whose place is known
  disguise        what a file is instead of TFRecords
  whole_records   how much of a partly written file is sound
  RecordError     a file is truncated or damaged, and at which record

A record is its length (64 bits, little endian), the checksum of these 8 bytes,
its data, and the checksum of the data. The checksum is CRC-32C, rotated and
with a constant added, as tensorflow/core/lib/io/record_writer.h describes it.

No TensorFlow, which takes seconds to import and tells the reason of a failure
but not the record.
"""

import os
import struct
from collections.abc import Iterator
from typing import BinaryIO

import google_crc32c

from inception.jobs import errors

# More is no record of ours: protobuf's limit is 2 GiB.
MAX_RECORD_BYTES = 2**31 - 1

_HEADER = struct.Struct('<QI')
_LENGTH = struct.Struct('<Q')
_CHECKSUM = struct.Struct('<I')
# How files begin that are called as shards. The length of a first record that
# begins so would be above MAX_RECORD_BYTES, or its checksum wrong.
_GZIP = b'\x1f\x8b\x08'
_ZLIB = (b'x\x01', b'x\x5e', b'x\x9c', b'x\xda')
_LFS_POINTER = b'version https://git-lfs'
_BEGINNING_BYTES = len(_LFS_POINTER)
# What a record takes besides its data.
OVERHEAD_BYTES = _HEADER.size + _CHECKSUM.size


class RecordError(errors.UserError):
  """A file is not sound from this record on.

  Attributes:
    path: the file.
    record: number of the first record that is not sound, counted from 0.
    reason: what is wrong with it.
  """

  def __init__(self, path: str | os.PathLike, record: int, reason: str):
    super().__init__(
      f'{os.fspath(path)}, record {record} (the first is 0): {reason}'
    )
    self.path = os.fspath(path)
    self.record = record
    self.reason = reason


def write(file: BinaryIO, data: bytes) -> None:
  """Writes one record at the file's position.

  Raises:
    ValueError: it is larger than a record may be.
    OSError: it cannot be written.
  """
  if len(data) > MAX_RECORD_BYTES:
    raise ValueError(
      f'a record has at most {MAX_RECORD_BYTES:,} bytes, got {len(data):,}'
    )
  length = _LENGTH.pack(len(data))
  file.write(length + _CHECKSUM.pack(_masked_crc(length)))
  file.write(data)
  file.write(_CHECKSUM.pack(_masked_crc(data)))


def read(path: str | os.PathLike) -> Iterator[bytes]:
  """Yields the records of a file, one in memory at a time.

  Raises:
    RecordError: the file ends within a record, or a checksum does not fit.
      The records before have been yielded.
    OSError: the file cannot be read.
  """
  with open(path, 'rb') as file:
    remaining = os.fstat(file.fileno()).st_size
    record = 0
    while remaining:
      try:
        data = _read_record(file, remaining)
      except _Unsound as error:
        reason = '' if record else disguise(path)
        raise RecordError(path, record, reason or str(error)) from None
      yield data
      remaining -= OVERHEAD_BYTES + len(data)
      record += 1


def disguise(path: str | os.PathLike) -> str:
  """Returns what a file is instead, and the remedy; '' for anything else.

  Raises:
    OSError: the file cannot be read.
  """
  with open(path, 'rb') as file:
    beginning = file.read(_BEGINNING_BYTES)
  if beginning.startswith(_GZIP):
    return 'the file is compressed with GZIP: decompress it'
  if beginning.startswith(_ZLIB):
    return 'the file is compressed with ZLIB: decompress it'
  if beginning.startswith(_LFS_POINTER):
    return "the file is Git LFS's pointer to the shard: run git lfs pull"
  return ''


def read_at(path: str | os.PathLike, *, record: int, offset: int) -> bytes:
  """Returns one record.

  Args:
    path: the file.
    record: its number, counted from 0, for the error.
    offset: where it begins: the bytes of the records before it, and
      OVERHEAD_BYTES for each of these.

  Raises:
    RecordError: the record is not sound, or none begins there.
    OSError: the file cannot be read.
  """
  with open(path, 'rb') as file:
    file.seek(offset)
    remaining = os.fstat(file.fileno()).st_size - offset
    try:
      return _read_record(file, remaining)
    except _Unsound as error:
      raise RecordError(path, record, str(error)) from None


def whole_records(path: str | os.PathLike) -> tuple[int, int]:
  """Returns (number, length in bytes) of the sound records at the beginning.

  What follows them, such as half a record that an interrupted run has left, is
  not looked at.

  Raises:
    OSError: the file cannot be read.
  """
  number = length = 0
  try:
    for data in read(path):
      number += 1
      length += OVERHEAD_BYTES + len(data)
  except RecordError:
    pass
  return number, length


class _Unsound(ValueError):
  """The text says what is wrong with a record."""


def _read_record(file: BinaryIO, remaining: int) -> bytes:
  """Returns the record at the file's position; `remaining` bytes are left."""
  header = file.read(_HEADER.size)
  if len(header) < _HEADER.size:
    raise _Unsound('the file is truncated there')
  length, length_crc = _HEADER.unpack(header)
  if _masked_crc(header[: _LENGTH.size]) != length_crc:
    raise _Unsound("damaged: the checksum of the record's length is wrong")
  if length > MAX_RECORD_BYTES:
    raise _Unsound(f'its length of {length:,} bytes is not possible')
  # Before memory is asked for.
  if length > remaining - OVERHEAD_BYTES:
    raise _Unsound('the file is truncated there')
  data, checksum = file.read(length), file.read(_CHECKSUM.size)
  if len(data) < length or len(checksum) < _CHECKSUM.size:
    raise _Unsound('the file is truncated there')
  if _masked_crc(data) != _CHECKSUM.unpack(checksum)[0]:
    raise _Unsound("damaged: the checksum of the record's data is wrong")
  return data


def _masked_crc(data: bytes) -> int:
  crc = google_crc32c.value(data)
  return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF
