"""Tests of brightness and sharpness, against NumPy."""

import numpy as np
import tensorflow as tf

from inception.evaluation import image_looks


def measure(images):
  return image_looks.measure(tf.constant(images, tf.float32)).numpy()


def test_measures_equal_those_of_numpy():
  images = np.random.default_rng(0).uniform(-1, 1, [3, 8, 11, 3])
  grey = images @ [0.299, 0.587, 0.114]

  def energy(order):
    return sum(
      np.square(np.diff(grey, order, axis=axis)).mean(axis=(1, 2))
      for axis in (1, 2)
    )

  found = measure(images)
  np.testing.assert_allclose(
    found[:, image_looks.BRIGHTNESS],
    (grey.mean(axis=(1, 2)) + 1) / 2,
    rtol=1e-5,
  )
  np.testing.assert_allclose(
    found[:, image_looks.SHARPNESS], np.sqrt(energy(2) / energy(1)), rtol=1e-3
  )


def test_blurred_pictures_are_less_sharp_at_any_contrast():
  rng = np.random.default_rng(1)
  sharp = np.repeat(rng.uniform(-1, 1, [1, 40, 40, 1]), 3, axis=-1)
  blurred = sharp
  for axis in (1, 2, 1, 2):
    blurred = (
      blurred + np.roll(blurred, 1, axis) + np.roll(blurred, 2, axis)
    ) / 3
  found = measure(np.concatenate([sharp, 0.5 * sharp, blurred, 0 * sharp]))
  sharpness = found[:, image_looks.SHARPNESS]
  # Noise: first differences have twice its variance, second ones six times.
  assert abs(sharpness[0] - 3**0.5) < 0.05
  np.testing.assert_allclose(sharpness[1], sharpness[0], rtol=1e-3)
  assert sharpness[2] < 0.7 * sharpness[0]
  assert sharpness[3] == 0
