"""Tests of inception.augmentation.randaugment, against Pillow and NumPy."""

import math

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from PIL import ImageEnhance
from PIL import ImageOps

from inception.augmentation import randaugment
from inception.testing import records

_PICTURE = records.picture(20, 26, seed=3) // 2 + 30


def apply(name, strength, sign=1.0, picture=_PICTURE):
  """Returns float [height, width, 3], in [0, 1]."""
  image = tf.constant(picture / 255, tf.float32)
  return randaugment.OPERATIONS[name](
    image, strength, tf.constant(float(sign))
  ).numpy()


_PILLOW = {
  'identity': (0.3, 1, lambda image: image),
  'autocontrast': (0.3, 1, ImageOps.autocontrast),
  'equalize': (0.3, 1, ImageOps.equalize),
  'solarize': (0.5, 1, lambda image: ImageOps.solarize(image, 128)),
  # 8 - round(4 * 0.75) bits.
  'posterize': (0.75, 1, lambda image: ImageOps.posterize(image, 5)),
  'color': (0.5, 1, lambda image: ImageEnhance.Color(image).enhance(1.45)),
  'contrast': (
    0.5,
    -1,
    lambda image: ImageEnhance.Contrast(image).enhance(0.55),
  ),
  'brightness': (
    0.5,
    1,
    lambda image: ImageEnhance.Brightness(image).enhance(1.45),
  ),
  'sharpness': (
    1.0,
    -1,
    lambda image: ImageEnhance.Sharpness(image).enhance(0.1),
  ),
}


@pytest.mark.parametrize('name', _PILLOW)
def test_colour_operations_match_pillow(name):
  strength, sign, reference = _PILLOW[name]
  expected = np.asarray(reference(Image.fromarray(_PICTURE))) / 255
  # Pillow rounds its greys and means, in addition to its result.
  np.testing.assert_allclose(
    apply(name, strength, sign), expected, atol=2.5 / 255
  )


def test_equalizing_a_single_colour_keeps_it():
  flat = np.full([4, 5, 3], 77, np.uint8)
  for name in ('equalize', 'autocontrast'):
    np.testing.assert_allclose(
      apply(name, 0.3, picture=flat), flat / 255, atol=1e-6
    )


def bilinear(image, matrix):
  """Reads each output pixel (x, y) at matrix (x, y, 1); grey outside."""
  height, width = image.shape[:2]
  padded = np.pad(image, [[2, 2], [2, 2], [0, 0]], constant_values=0.5)
  result = np.empty_like(image)
  for y in range(height):
    for x in range(width):
      u, v = np.reshape(matrix, [2, 3]) @ [x, y, 1]
      u, v = np.clip(u, -2, width) + 2, np.clip(v, -2, height) + 2
      left, top = min(math.floor(u), width + 2), min(math.floor(v), height + 2)
      a, b = u - left, v - top
      result[y, x] = (
        (1 - a) * (1 - b) * padded[top, left]
        + a * (1 - b) * padded[top, left + 1]
        + (1 - a) * b * padded[top + 1, left]
        + a * b * padded[top + 1, left + 1]
      )
  return result


@pytest.mark.parametrize(
  'name,sign,matrix',
  [
    ('shear_x', 1, [1, 0.15, 0, 0, 1, 0]),
    ('shear_x', -1, [1, -0.15, 0, 0, 1, 0]),
    ('shear_y', 1, [1, 0, 0, 0.15, 1, 0]),
    # 0.5 * 0.45 of 26 columns and of 20 rows.
    ('translate_x', 1, [1, 0, 5.85, 0, 1, 0]),
    ('translate_y', -1, [1, 0, 0, 0, 1, -4.5]),
  ],
)
def test_geometric_operations_match_numpy(name, sign, matrix):
  np.testing.assert_allclose(
    apply(name, 0.5, sign), bilinear(_PICTURE / 255, matrix), atol=1e-5
  )


@pytest.mark.parametrize('sign', [1, -1])
def test_rotation_is_about_the_centre(sign):
  angle = sign * math.radians(15)
  turn = np.array([
    [math.cos(angle), -math.sin(angle)],
    [math.sin(angle), math.cos(angle)],
  ])
  middle = np.array([12.5, 9.5])
  matrix = np.concatenate([turn, (middle - turn @ middle)[:, None]], axis=1)
  np.testing.assert_allclose(
    apply('rotate', 0.5, sign), bilinear(_PICTURE / 255, matrix), atol=1e-5
  )


def distorted(draws, picture=_PICTURE, **kwargs):
  """Returns float [draws, height, width, 3], distorted independently."""
  image = tf.constant(picture / 255, tf.float32)
  seeds = tf.stack([tf.fill([draws], 5), tf.range(draws)], 1)
  return tf.function(
    lambda: tf.map_fn(
      lambda seed: randaugment.distort(image, seed=seed, **kwargs),
      tf.cast(seeds, tf.int64),
      fn_output_signature=tf.float32,
    )
  )().numpy()


def test_operations_are_drawn_equally_often():
  draws = 1400
  # With bright pixels, so that solarizing changes the image.
  picture = records.picture(20, 26, seed=3)
  images = distorted(draws, picture, num_operations=1)
  counts = dict.fromkeys(randaugment.OPERATIONS, 0)
  # Each image is attributed to the nearest operation and sign.
  results = [
    (name, apply(name, 0.3, sign, picture))
    for name in randaugment.OPERATIONS
    for sign in (1.0, -1.0)
  ]
  for image in images:
    name, nearest = min(results, key=lambda item: np.abs(image - item[1]).max())
    np.testing.assert_allclose(image, nearest, atol=1e-5)
    counts[name] += 1
  # 100 each; five standard deviations are exceeded once in 100,000 tests.
  assert set(counts) == set(randaugment.OPERATIONS)
  assert len(counts) == 14
  assert max(abs(count - 100) for count in counts.values()) < 5 * 9.7


def test_equal_seeds_give_equal_images_in_range():
  first, second = distorted(60), distorted(60)
  np.testing.assert_array_equal(first, second)
  assert first.min() >= -1e-6 and first.max() <= 1 + 1e-6
  assert len({image.tobytes() for image in first}) > 40


def test_two_operations_are_applied_in_sequence():
  seed = tf.constant([5, 1], tf.int64)
  image = tf.constant(_PICTURE / 255, tf.float32)
  none = randaugment.distort(image, seed=seed, num_operations=0)
  np.testing.assert_array_equal(none, image)
  assert randaugment.NUM_OPERATIONS == 2
  assert np.abs(randaugment.distort(image, seed=seed) - image).max() > 0.01


def test_strength_zero_moves_no_pixel():
  for name in (
    'rotate',
    'shear_x',
    'shear_y',
    'translate_x',
    'translate_y',
    'color',
    'contrast',
    'brightness',
    'sharpness',
    'posterize',
  ):
    np.testing.assert_allclose(
      apply(name, 0.0), _PICTURE / 255, atol=1e-5, err_msg=name
    )


def test_images_of_any_size_pass_through_a_pipeline():
  sizes = [(20, 26), (9, 7), (33, 12)]
  dataset = tf.data.Dataset.range(3).map(
    lambda i: randaugment.distort(
      tf.fill([tf.gather([20, 9, 33], i), tf.gather([26, 7, 12], i), 3], 0.25),
      seed=tf.stack([i, i]),
    )
  )
  assert [image.shape for image in dataset.as_numpy_iterator()] == [
    (*size, 3) for size in sizes
  ]


@pytest.mark.parametrize(
  'kwargs', [{'magnitude': 31}, {'magnitude': -1}, {'num_operations': -1}]
)
def test_values_out_of_range_are_refused(kwargs):
  with pytest.raises(ValueError, match='need num_operations >= 0 and magnitud'):
    randaugment.distort(
      tf.zeros([4, 4, 3]), seed=tf.constant([1, 2], tf.int64), **kwargs
    )
