"""TFRecord files: a sequence of records, each with two checksums.

  write           writes a record
  read            yields the records of a file, each checked
  read_at         returns one record at a known offset
  disguise        the kind of a file that is not a TFRecord file
  whole_records   the valid part of a partly written file
  RecordError     a file is truncated or damaged; names the record

A record is its length (64 bits, little endian), the checksum of these 8 bytes,
its data, and the checksum of the data. The checksum is CRC-32C, rotated and
with a constant added, as tensorflow/core/lib/io/record_writer.h describes it.

TensorFlow is not used, because it takes seconds to import, and because its
errors give the reason but not the record.
"""

import os
import struct
from collections.abc import Iterator
from typing import BinaryIO

import google_crc32c

from inception.jobs import errors

# Limit of a record's data: protobuf messages are smaller than 2 GiB.
MAX_RECORD_BYTES = 2**31 - 1

_HEADER = struct.Struct('<QI')
_LENGTH = struct.Struct('<Q')
_CHECKSUM = struct.Struct('<I')
# First bytes of other files that may have the name of a shard. In a TFRecord
# file, they would give a length above MAX_RECORD_BYTES or a wrong checksum.
_GZIP = b'\x1f\x8b\x08'
_ZLIB = (b'x\x01', b'x\x5e', b'x\x9c', b'x\xda')
_LFS_POINTER = b'version https://git-lfs'
_BEGINNING_BYTES = len(_LFS_POINTER)
# Bytes of a record besides its data.
OVERHEAD_BYTES = _HEADER.size + _CHECKSUM.size


class RecordError(errors.UserError):
  """A file is damaged or truncated from this record on.

  Attributes:
    path: the path of the file.
    record: index of the first invalid record, counted from 0.
    reason: the fault of this record.
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
    ValueError: the data has more than MAX_RECORD_BYTES.
    OSError: the record cannot be written.
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
    RecordError: the file ends within a record, or a checksum is wrong. The
      records before it have been yielded.
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
  """Returns the kind of a file that is no TFRecord file, with the remedy.

  Returns:
    One sentence; '' if the file is of no known other kind.

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
  """Returns the data of one record.

  Args:
    path: the path of the file.
    record: the index of the record, counted from 0, for the error.
    offset: the position of the record in bytes: the sizes of the records before
      it, plus OVERHEAD_BYTES for each of them.

  Raises:
    RecordError: the record is damaged, or none begins at the offset.
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
  """Returns (number, length in bytes) of the valid records at the beginning.

  Data after them is ignored, such as the partial record that an interrupted run
  leaves.

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
  """A record is damaged or truncated; the text gives the fault."""


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
  # Checked before memory is allocated.
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
