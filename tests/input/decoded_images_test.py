"""Tests of inception.input.decoded_images."""

import pathlib

import numpy as np
import pytest
import tensorflow as tf

from inception import dataset
from inception.hardware import process_memory
from inception.input import decoded_images
from inception.input import input_pipeline
from inception.testing import datasets
from inception.testing import records

_SHAPES = ((40, 50), (33, 61), (64, 20), (1, 7), (97, 131), (48, 48), (30, 90))
_BOXES = {1: [(0.5, 0.5, 1, 1)], 4: [(0, 0, 0.3, 0.3), (0.2, 0.2, 0.2, 0.9)]}
_UNLIMITED = 2**40


def _pixels(index):
  return records.picture(*_SHAPES[index], seed=index)


def _write(
  folder, encode=records.jpeg, shards=((0, 1, 2), (3,), (), (4, 5, 6))
):
  """Writes records of _SHAPES, labelled 1, 2, ..., some with boxes."""
  records.write_shards(
    folder,
    'train',
    [
      [
        records.example(encode(_pixels(i)), i + 1, boxes=_BOXES.get(i, ()))
        for i in shard
      ]
      for shard in shards
    ],
  )
  return dataset.Dataset(
    name='shapes',
    data_dir=str(folder),
    class_names=tuple('abcdefg'),
    num_examples_of={'train': len(_SHAPES)},
  )


@pytest.fixture(scope='module')
def jpegs(tmp_path_factory):
  return _write(tmp_path_factory.mktemp('jpegs'))


def _settings(data, **changes):
  values = {'batch_size': 4, 'seed': 7, 'num_preprocess_threads': 2}
  return datasets.input_config(data, **values | changes)


def _load(data, limit=_UNLIMITED):
  return decoded_images.load(data, _settings(data), limit)


def test_examples_are_those_of_the_records(tmp_path):
  data = _write(tmp_path, encode=records.png)
  decoded = _load(data)
  assert decoded.examples_of_shard == [3, 1, 0, 3]
  for index in range(len(_SHAPES)):
    image, label, boxes = decoded.example(tf.constant(index, tf.int64))
    np.testing.assert_array_equal(image, _pixels(index))
    assert label.dtype == tf.int32
    assert label == index + 1
    # The second box of example 4 has no area.
    np.testing.assert_allclose(
      boxes[0], np.reshape(_BOXES.get(index, [])[:1], [-1, 4])
    )


def test_indices_of_a_shard_are_consecutive(jpegs):
  decoded = _load(jpegs)
  indices = [
    list(decoded.indices(tf.constant(shard)).as_numpy_iterator())
    for shard in range(4)
  ]
  assert indices == [[0, 1, 2], [3], [], [4, 5, 6]]


@pytest.mark.parametrize('augmentation', ['inception', 'light', 'none'])
def test_batches_are_those_of_the_records(jpegs, augmentation):
  settings = _settings(jpegs, augmentation=augmentation)
  # Six batches are over three epochs.
  for arguments in ({}, {'start_example': 5, 'part': (1, 2)}):
    expected, batches = (
      input_pipeline.train_batches(
        jpegs, settings, decoded=decoded, **arguments
      ).take(6)
      for decoded in (None, _load(jpegs))
    )
    assert batches.element_spec == expected.element_spec
    for (images, labels), (expected_images, expected_labels) in zip(
      batches, expected, strict=True
    ):
      np.testing.assert_array_equal(labels, expected_labels)
      np.testing.assert_array_equal(images, expected_images)


@pytest.mark.parametrize(('readers', 'factor'), [(1, 1), (2, 16), (9, 1)])
def test_order_is_that_of_the_records(jpegs, readers, factor):
  settings = _settings(
    jpegs, num_readers=readers, input_queue_memory_factor=factor, batch_size=1
  )
  expected, labels = (
    [
      int(labels[0])
      for _, labels in input_pipeline.train_batches(
        jpegs, settings, decoded=decoded
      ).take(20)
    ]
    for decoded in (None, _load(jpegs))
  )
  assert labels == expected


def test_images_that_exceed_the_limit_are_not_kept(jpegs):
  size = 3 * sum(height * width for height, width in _SHAPES)
  assert _load(jpegs, size) is not None
  assert _load(jpegs, size - 1) is None
  assert _load(jpegs, 100) is None


def test_unusable_record_is_left_to_the_batches(tmp_path):
  data = _write(tmp_path, encode=lambda image: b'no image')
  assert _load(data) is None


def test_missing_shards_are_an_error(tmp_path):
  data = _write(tmp_path)
  pathlib.Path(data.shard_files('train')[1]).unlink()
  with pytest.raises(dataset.DatasetError, match='3 of the 4 train shards'):
    _load(data)


def test_size_is_estimated_from_the_first_images(jpegs, monkeypatch):
  monkeypatch.setattr(decoded_images, '_SAMPLE', 1)
  # The first image takes 6,000 bytes.
  assert _load(jpegs, 7 * 6000 - 1) is None
  assert _load(jpegs, 2 * 7 * 6000) is not None


@pytest.mark.parametrize(
  ('available', 'limit'), [(4000, 1000), (2**40, 2**32), (None, 0)]
)
def test_limit_is_a_quarter_of_the_available_memory_and_4_gb(
  monkeypatch, available, limit
):
  monkeypatch.setattr(process_memory, 'available_bytes', lambda: available)
  assert decoded_images.max_bytes() == limit
