"""Tests of the pictures on which files are checked."""

import io

import numpy as np
import pytest
from PIL import Image

from inception import dataset
from inception.exporting import check_pictures
from inception.testing import records


def test_pictures_of_records_are_spread_over_the_subset(tmp_path):
  data = records.flat_dataset(tmp_path, subset='validation', num_examples=10)
  pictures = check_pictures.of_records(data, subset='validation', limit=4)
  levels = [
    round((np.asarray(Image.open(io.BytesIO(item))).mean() - 4) / 8)
    for item in pictures.encoded
  ]
  assert levels == [0, 2, 5, 7]
  np.testing.assert_array_equal(pictures.labels, [1, 3, 1, 3])
  assert pictures.source == 'validation records of greys'


def test_all_pictures_of_a_small_subset(tmp_path):
  data = records.flat_dataset(tmp_path, subset='validation', num_examples=3)
  pictures = check_pictures.of_records(data, subset='validation', limit=500)
  assert len(pictures.encoded) == 3


def test_missing_subset_and_labels_are_refused(tmp_path):
  data = records.flat_dataset(tmp_path, subset='train', num_examples=2)
  with pytest.raises(dataset.DatasetError, match='validation'):
    check_pictures.of_records(data, subset='validation', limit=5)
  records.write_shards(tmp_path, 'test', [[records.example(b'x', None)]])
  with pytest.raises(dataset.DatasetError, match='no labelled test records'):
    check_pictures.of_records(data, subset='test', limit=5)


def test_made_pictures_are_different_and_the_same_every_time():
  first, second = check_pictures.made(9), check_pictures.made(9)
  assert first.encoded == second.encoded
  assert len(set(first.encoded)) == 9
  assert first.labels is None
  assert 'not photographs' in first.source
  sizes = {Image.open(io.BytesIO(item)).size for item in first.encoded}
  assert len(sizes) == 3
