"""Tests of TFRecord files, compared with TensorFlow's own."""

import gzip
import io
import struct
import zlib

import pytest
import tensorflow as tf

from inception.records import tfrecord_file

RECORDS = [b'first', b'', bytes(range(256)) * 300, b'last']


def written(records):
  buffer = io.BytesIO()
  for record in records:
    tfrecord_file.write(buffer, record)
  return buffer.getvalue()


@pytest.fixture(name='by_tensorflow')
def tensorflows_file(tmp_path):
  path = tmp_path / 'shard'
  with tf.io.TFRecordWriter(str(path)) as writer:
    for record in RECORDS:
      writer.write(record)
  return path


def test_file_equals_one_of_tensorflow(by_tensorflow):
  assert written(RECORDS) == by_tensorflow.read_bytes()


def test_file_of_tensorflow_is_read(by_tensorflow):
  assert list(tfrecord_file.read(by_tensorflow)) == RECORDS


def test_each_record_is_read_at_its_offset(by_tensorflow):
  offset = 0
  for i, record in enumerate(RECORDS):
    assert (
      tfrecord_file.read_at(by_tensorflow, record=i, offset=offset) == record
    )
    # 8 + 4 bytes before the data, 4 after it.
    assert tfrecord_file.OVERHEAD_BYTES == 16
    offset += 16 + len(record)


@pytest.mark.parametrize('offset', [1, 10**6])
def test_offset_where_no_record_begins_is_an_error(by_tensorflow, offset):
  with pytest.raises(tfrecord_file.RecordError, match='record 7 ') as raised:
    tfrecord_file.read_at(by_tensorflow, record=7, offset=offset)
  assert raised.value.record == 7


def test_whole_records_counts_a_valid_file(by_tensorflow):
  assert tfrecord_file.whole_records(by_tensorflow) == (
    4,
    by_tensorflow.stat().st_size,
  )


def test_an_empty_file_has_no_records(tmp_path):
  path = tmp_path / 'empty'
  path.touch()
  assert not list(tfrecord_file.read(path))
  assert tfrecord_file.whole_records(path) == (0, 0)


def test_any_flipped_bit_is_found(tmp_path):
  path, sound = tmp_path / 'shard', written([b'ab', b'cde'])
  first = 12 + 2 + 4
  assert len(sound) == first + 12 + 3 + 4
  for position in range(len(sound)):
    for bit in range(8):
      changed = bytearray(sound)
      changed[position] ^= 1 << bit
      path.write_bytes(changed)
      damaged = int(position >= first)
      reader = tfrecord_file.read(path)
      before = [next(reader) for _ in range(damaged)]
      assert before == [b'ab'][:damaged]
      with pytest.raises(tfrecord_file.RecordError, match='checksum') as raised:
        next(reader)
      assert raised.value.record == damaged
      assert tfrecord_file.whole_records(path) == (damaged, damaged * first)


def test_truncation_at_each_length_is_found(tmp_path):
  path, sound = tmp_path / 'shard', written([b'ab', b'cde'])
  first = 12 + 2 + 4
  for length in range(len(sound)):
    path.write_bytes(sound[:length])
    whole = int(length >= first)
    assert tfrecord_file.whole_records(path) == (whole, whole * first)
    if length in (0, first):
      assert len(list(tfrecord_file.read(path))) == whole
      continue
    with pytest.raises(tfrecord_file.RecordError, match='truncated') as raised:
      list(tfrecord_file.read(path))
    assert raised.value.record == whole


def test_the_error_names_file_record_and_reason(tmp_path):
  path = tmp_path / 'train-00000-of-00001'
  path.write_bytes(written([b'ab', b'cde'])[:-1])
  with pytest.raises(tfrecord_file.RecordError) as raised:
    list(tfrecord_file.read(path))
  assert str(raised.value) == (
    f'{path}, record 1 (the first is 0): the file is truncated there'
  )
  assert raised.value.path == str(path)
  assert raised.value.reason == 'the file is truncated there'


def header(length):
  """Returns a record's header, with the checksum of TensorFlow."""
  data = struct.pack('<Q', length)
  # The checksum of a record of these 8 bytes is that of this length.
  return data + written([data])[-4:]


@pytest.mark.parametrize(
  ('length', 'reason'),
  [
    (2**30, 'truncated'),
    (2**31, 'length of 2,147,483,648 bytes'),
    (2**64 - 1, 'not possible'),
  ],
)
def test_impossible_length_is_refused(tmp_path, length, reason):
  path = tmp_path / 'shard'
  path.write_bytes(header(length) + bytes(100))
  with pytest.raises(tfrecord_file.RecordError, match=reason):
    list(tfrecord_file.read(path))
  assert tfrecord_file.whole_records(path) == (0, 0)


def test_too_large_record_is_not_written(monkeypatch):
  monkeypatch.setattr(tfrecord_file, 'MAX_RECORD_BYTES', 3)
  file = io.BytesIO()
  tfrecord_file.write(file, b'abc')
  with pytest.raises(ValueError, match='at most 3 bytes, got 4'):
    tfrecord_file.write(file, b'abcd')
  assert file.getvalue() == written([b'abc'])


@pytest.mark.parametrize(
  'function',
  [
    lambda path: list(tfrecord_file.read(path)),
    tfrecord_file.whole_records,
    lambda path: tfrecord_file.read_at(path, record=0, offset=0),
  ],
)
def test_unreadable_file_raises_oserror(tmp_path, function):
  with pytest.raises(FileNotFoundError):
    function(tmp_path / 'missing')


@pytest.mark.parametrize(
  ('pack', 'reason'),
  [
    (gzip.compress, 'compressed with GZIP: decompress it'),
    (zlib.compress, 'compressed with ZLIB: decompress it'),
    (lambda data: zlib.compress(data, 1), 'compressed with ZLIB'),
    (
      lambda data: b'version https://git-lfs.github.com/spec/v1\noid sha256:1',
      "Git LFS's pointer to the shard: run git lfs pull",
    ),
  ],
)
def test_compressed_file_is_reported_with_the_remedy(tmp_path, pack, reason):
  plain = io.BytesIO()
  tfrecord_file.write(plain, b'record')
  path = tmp_path / 'shard'
  path.write_bytes(pack(plain.getvalue()))
  with pytest.raises(tfrecord_file.RecordError) as error:
    list(tfrecord_file.read(path))
  assert (error.value.record, reason in error.value.reason) == (0, True)
  assert tfrecord_file.disguise(path) == error.value.reason
  path.write_bytes(plain.getvalue())
  assert tfrecord_file.disguise(path) == ''
  assert list(tfrecord_file.read(path)) == [b'record']
