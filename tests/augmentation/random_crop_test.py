"""Tests of inception.augmentation.random_crop."""

import numpy as np
import pytest
import tensorflow as tf

from inception.augmentation import random_crop
from inception.testing import records

_NO_BOX = tf.zeros([1, 0, 4])
_BOUNDS = {'aspect': (3 / 4, 4 / 3), 'area': (0.05, 1.0)}


def _noise(height, width, channels=3):
  """Returns a picture whose colour changes from pixel to pixel."""
  noise = np.random.default_rng(1).integers(-60, 60, [height, width, channels])
  return np.clip(
    records.picture(height, width)[..., :channels] + noise, 0, 255
  ).astype(np.uint8)


@pytest.mark.parametrize('shape', [(1, 1), (1, 40), (17, 23), (97, 131)])
@pytest.mark.parametrize('channels', [1, 3])
@pytest.mark.parametrize('format_', ['', 'progressive', 'full colour', 'png'])
def test_crop_of_a_file_equals_that_of_its_pixels(shape, channels, format_):
  pixels = _noise(*shape, channels=channels)
  if format_ == 'png':
    encoded = tf.io.encode_png(pixels)
  else:
    encoded = tf.io.encode_jpeg(
      pixels,
      progressive=format_ == 'progressive',
      chroma_downsampling=format_ != 'full colour',
    )
  image = tf.io.decode_image(encoded, channels=3)
  for index in range(8):
    seed = tf.constant([3, index], tf.int64)
    np.testing.assert_array_equal(
      random_crop.of_file(encoded, _NO_BOX, seed, **_BOUNDS),
      random_crop.of_pixels(image, _NO_BOX, seed, **_BOUNDS),
    )


def test_crop_is_a_part_of_the_image_within_the_bounds():
  # A pixel's colour is its position.
  rows, columns = np.mgrid[:100, :200].astype(np.uint8)
  image = tf.constant(np.stack([rows, columns, rows], axis=-1))
  areas = []
  for index in range(40):
    part = random_crop.of_pixels(
      image, _NO_BOX, tf.constant([0, index], tf.int64), **_BOUNDS
    ).numpy()
    height, width = part.shape[:2]
    np.testing.assert_array_equal(
      part[..., 0],
      part[:1, :1, 0] + np.arange(height)[:, None] + 0 * part[..., 0],
    )
    np.testing.assert_array_equal(
      part[..., 1], part[:1, :1, 1] + np.arange(width) + 0 * part[..., 1]
    )
    assert 3 / 4 - 0.05 < width / height < 4 / 3 + 0.05
    areas.append(height * width / 20_000)
  assert 0.04 < min(areas) < 0.2
  # A square of the full height is half of this image.
  assert 0.4 < max(areas) < 0.7


@pytest.mark.parametrize('crop', ['file', 'pixels'])
def test_box_out_of_range_is_an_error(crop):
  pixels = _noise(20, 20)
  bbox = tf.constant([[[0, 0, 1.2, 1]]])
  seed = tf.constant([0, 0], tf.int64)
  with pytest.raises(tf.errors.InvalidArgumentError, match='bounding box'):
    if crop == 'file':
      random_crop.of_file(tf.io.encode_jpeg(pixels), bbox, seed, **_BOUNDS)
    else:
      random_crop.of_pixels(tf.constant(pixels), bbox, seed, **_BOUNDS)


def test_text_is_no_image():
  with pytest.raises(tf.errors.InvalidArgumentError):
    random_crop.of_file(
      tf.constant(b'no image'),
      _NO_BOX,
      tf.constant([0, 0], tf.int64),
      **_BOUNDS,
    )
