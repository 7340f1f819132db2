"""Tests of inception.input.bad_records."""

import gzip
import pathlib
import re
import zlib

import numpy as np
import pytest
import tensorflow as tf

from inception import dataset
from inception.input import bad_records
from inception.testing import records

_JPEG = records.jpeg(np.full([16, 16, 3], 99, np.uint8))
_GOOD = records.example(_JPEG, 1)


def _dataset(folder, shards, num_classes=3):
  records.write_shards(folder, 'train', shards)
  return dataset.Dataset(
    name='greys',
    data_dir=str(folder),
    class_names=tuple('abcdefgh'[:num_classes]),
    num_examples_of={'train': sum(len(shard) for shard in shards)},
  )


def test_parse_returns_the_fields():
  example = bad_records.parse(
    records.example(_JPEG, 3, boxes=[(0.0, 0.25, 0.5, 1.0)]), 3
  )
  assert example.encoded == _JPEG
  assert example.label == 3
  np.testing.assert_array_equal(example.bbox, [[[0, 0.25, 0.5, 1]]])


@pytest.mark.parametrize('label', [-1, 0, 4, None])
@pytest.mark.parametrize('wrap', [lambda function: function, tf.function])
def test_parse_rejects_labels_out_of_range(label, wrap):
  parse = wrap(lambda serialized: bad_records.parse(serialized, 3).label)
  with pytest.raises(tf.errors.InvalidArgumentError, match='out of range'):
    parse(tf.constant(records.example(_JPEG, label)))


def test_good_records_have_no_problem(tmp_path):
  data = _dataset(tmp_path, [[_GOOD, records.example(_JPEG, 3)], [], [_GOOD]])
  assert bad_records.find_problem(data, 'train') is None


@pytest.mark.parametrize(
  ('record', 'expected'),
  [
    (records.example(_JPEG, 0), ['label 0', 'TF-Slim', 'build_image_data']),
    (
      records.example(_JPEG, 4),
      ['label 4', 'greys has 3 classes', '1 to 3', '--data_dir'],
    ),
    (records.example(_JPEG, -7), ['label -7', 'greys has 3 classes']),
    (records.example(_JPEG, None), ['no image/class/label']),
    (records.example(None, 1), ["'image.jpg'", 'Input is empty']),
    (
      records.example(b'hello, I am not an image', 1, filename='blüte.jpg'),
      ["'blüte.jpg'", 'Unknown image file format', 'remove or repair it'],
    ),
    (
      records.example(_JPEG[:300], 1, filename='half.jpg'),
      ["'half.jpg'", 'cannot be used'],
    ),
    (
      records.example(_JPEG, 1, boxes=[(0, 0, 1.5, 1)], filename='box.jpg'),
      ["'box.jpg' or its boxes", '1.5'],
    ),
    (b'not a tf.train.Example', ['not an example of an image']),
  ],
)
def test_first_bad_record_is_named_with_its_fault(tmp_path, record, expected):
  data = _dataset(tmp_path, [[_GOOD], [_GOOD, _GOOD, record, _GOOD, record]])
  problem = bad_records.find_problem(data, 'train')
  assert problem.startswith(
    f'{tmp_path / "train-00001-of-00002"}, record 2 (the first is 0)'
  )
  for words in expected:
    assert words in problem
  assert '\n' not in problem
  assert '{{' not in problem


def _sizes(path):
  """Returns the bytes before each record of a file, and after the last."""
  starts = [0]
  for record in tf.data.TFRecordDataset(path):
    # Length (8 bytes), its checksum (4), the record, its checksum (4).
    starts.append(starts[-1] + 16 + len(record.numpy()))
  return starts


# TensorFlow treats less than a record's 12-byte header as the end of the file.
@pytest.mark.parametrize('kept_of_record', [12, 100])
def test_truncated_shard_is_named_with_the_byte(tmp_path, kept_of_record):
  data = _dataset(tmp_path, [[_GOOD], [_GOOD] * 3])
  path = pathlib.Path(data.shard_files('train')[1])
  start = _sizes(path)[2]
  path.write_bytes(path.read_bytes()[: start + kept_of_record])
  problem = bad_records.find_problem(data, 'train')
  assert problem.startswith(
    f'{path}, record 2 (the first is 0): the shard is '
    f'truncated or damaged there'
  )
  assert re.search(r'record at \d+', problem)


@pytest.mark.parametrize('offset', [3, 40, -6])
def test_damaged_shard_is_named_with_the_byte(tmp_path, offset):
  data = _dataset(tmp_path, [[_GOOD] * 3])
  path = pathlib.Path(data.shard_files('train')[0])
  _, second, third, _ = _sizes(path)
  contents = bytearray(path.read_bytes())
  contents[(second if offset > 0 else third) + offset] ^= 0xFF
  path.write_bytes(contents)
  problem = bad_records.find_problem(data, 'train')
  assert problem.startswith(f'{path}, record 1 ')
  assert re.search(r'record at \d+', problem)


def test_unreadable_shard_is_named(tmp_path):
  data = _dataset(tmp_path, [[_GOOD], [_GOOD]])
  path = tmp_path / 'train-00001-of-00002'
  path.unlink()
  path.mkdir()
  problem = bad_records.find_problem(data, 'train')
  assert str(path) in problem


def test_labels_are_checked_before_images(tmp_path):
  data = _dataset(
    tmp_path, [[_GOOD, records.example(b'?', 1)], [records.example(_JPEG, 9)]]
  )
  assert 'train-00001-of-00002, record 0 ' in bad_records.find_problem(
    data, 'train'
  )


def test_missing_subset_is_rejected(tmp_path):
  data = _dataset(tmp_path, [[_GOOD]])
  with pytest.raises(dataset.DatasetError, match='validation'):
    bad_records.find_problem(data, 'validation')


@pytest.mark.parametrize(
  ('boxes', 'expected'),
  [
    ([], []),
    ([(0.1, 0.2, 0.3, 0.4)], [(0.1, 0.2, 0.3, 0.4)]),
    ([(-0.005, 0, 1.0099, 1.0001)], [(0, 0, 1, 1)]),
    ([(0, 0, 0, 1), (0, 0, 0.5, 0.5), (0.6, 0, 0.5, 1)], [(0, 0, 0.5, 0.5)]),
    ([(1.002, 0, 1.006, 1)], []),
  ],
)
@pytest.mark.parametrize('wrap', [lambda function: function, tf.function])
def test_boxes_are_clipped_to_the_image(boxes, expected, wrap):
  bbox = tf.constant(np.reshape(np.float32(boxes), [1, len(boxes), 4]))
  usable = wrap(bad_records.usable_boxes)(bbox)
  np.testing.assert_allclose(
    usable, np.reshape(np.float32(expected), [1, len(expected), 4]), rtol=1e-6
  )


@pytest.mark.parametrize('side', [-0.02, 1.02, np.nan, np.inf])
def test_box_outside_of_the_image_is_rejected(side):
  with pytest.raises(tf.errors.InvalidArgumentError, match='box out of range'):
    bad_records.usable_boxes(tf.constant([[[0, 0, side, 1]]], tf.float32))


def test_record_with_rounded_boxes_has_no_problem(tmp_path):
  boxes = [(-0.004, 0, 1.004, 1), (0.5, 0.5, 0.5, 0.5)]
  data = _dataset(tmp_path, [[records.example(_JPEG, 1, boxes=boxes)]])
  assert bad_records.find_problem(data, 'train') is None


def test_bad_box_is_reported_as_in_inspect_records(tmp_path):
  boxes = [(0, 0, 1.5, 1)]
  data = _dataset(tmp_path, [[records.example(_JPEG, 1, boxes=boxes)]])
  assert bad_records.find_problem(data, 'train') == (
    f'{data.shard_files("train")[0]}, record 0 (the first is 0): the image '
    "'image.jpg' or its boxes cannot be used (a box is not ymin < ymax and "
    'xmin < xmax within [0, 1]: 0, 0, 1.5, 1): remove or repair it, and '
    'prepare the data again'
  )


@pytest.mark.parametrize(
  ('pack', 'expected'),
  [
    (gzip.compress, 'compressed with GZIP'),
    (zlib.compress, 'compressed with ZLIB'),
    (
      lambda data: b'version https://git-lfs.github.com/spec/v1\n' + data[:90],
      'run git lfs pull',
    ),
  ],
)
def test_compressed_shard_is_reported_as_such(tmp_path, pack, expected):
  data = _dataset(tmp_path, [[_GOOD]])
  path = pathlib.Path(data.shard_files('train')[0])
  path.write_bytes(pack(path.read_bytes()))
  problem = bad_records.find_problem(data, 'train')
  assert problem.startswith(f'{path}: the file is ')
  assert expected in problem
