"""Tests of choosing calibration images."""

import numpy as np
import pytest

from inception import dataset
from inception import image_processing
from inception.exporting import litert_calibration
from inception.testing import record_folders


def write(folder, *shards):
  """Writes shards with the pictures of these seeds; returns the dataset."""
  record_folders.write(
    folder,
    {'train': [[record_folders.record(seed) for seed in s] for s in shards]},
  )
  return dataset.read_info(folder)


def expected(seed):
  """Returns the picture of a seed as evaluation sees it."""
  return image_processing.eval_image(record_folders.picture(seed), size=20)


@pytest.mark.parametrize(
  ('number', 'seeds'),
  [(1, [0]), (3, [0, 3, 6]), (4, [0, 2, 4, 6]), (50, range(9))],
)
def test_images_are_spread_evenly(number, seeds, tmp_path):
  data = write(tmp_path, [0, 1, 2, 3], [4, 5, 6, 7, 8])
  images = list(
    litert_calibration.images(data, image_size=20, num_images=number)
  )
  assert len(images) == len(seeds)
  for image, seed in zip(images, seeds):
    np.testing.assert_array_equal(image, expected(seed)[np.newaxis])


def test_few_of_many_shards_are_read(tmp_path, monkeypatch):
  data = write(tmp_path, [0], [1], [2], [3], [4])
  monkeypatch.setattr(litert_calibration, '_MAX_SHARDS', 2)
  first, second = litert_calibration.images(data, image_size=20)
  np.testing.assert_array_equal(first[0], expected(0))
  np.testing.assert_array_equal(second[0], expected(2))


def test_broken_image_is_named(tmp_path):
  record_folders.write(
    tmp_path, {'train': [[record_folders.record(0, encoded=b'no image')]]}
  )
  data = dataset.read_info(tmp_path)
  with pytest.raises(
    dataset.DatasetError, match='image of train-00000-of-00001:0 cannot be'
  ):
    list(litert_calibration.images(data, image_size=20))


def test_missing_subset_is_an_error(tmp_path):
  data = write(tmp_path, [0])
  with pytest.raises(dataset.DatasetError):
    list(litert_calibration.images(data, image_size=20, subset='test'))


def test_number_must_be_positive(tmp_path):
  data = write(tmp_path, [0])
  with pytest.raises(ValueError, match='num_images must be >= 1, got 0'):
    list(litert_calibration.images(data, image_size=20, num_images=0))
