"""Measures the brightness and sharpness of the images of a batch.

measure   measures a batch of the network's input

Measuring an image takes less than 1 % of the network's time, and needs no
second decoding. A picture that is enlarged for the network counts as blurred,
as the network sees it.
"""

import tensorflow as tf

BRIGHTNESS, SHARPNESS = range(2)
_GREY = (0.299, 0.587, 0.114)  # ITU-R BT.601.
# Mean square of differences, in (levels / 127.5)^2, that rounding alone causes.
_ROUNDING = 2 / 12 / 127.5**2


def measure(images: tf.Tensor) -> tf.Tensor:
  """Returns the brightness and sharpness of images.

  The brightness is the mean grey level, in [0, 1]. The sharpness is the ratio
  of the RMS of second differences between neighbouring pixels to that of first
  ones, which does not depend on the contrast: 0 for one colour, small for a
  blurred image, 1.7 for noise.

  Args:
    images: float32 [batch, height, width, 3] in [-1, 1].

  Returns:
    float32 [batch, 2]; columns BRIGHTNESS and SHARPNESS.
  """
  grey = tf.tensordot(images, tf.constant(_GREY), axes=1)
  first = second = tf.zeros([])
  for axis in (1, 2):
    differences = _differences(grey, axis)
    first += _energy(differences)
    second += _energy(_differences(differences, axis))
  return tf.stack(
    [
      (tf.reduce_mean(grey, axis=[1, 2]) + 1) / 2,
      tf.sqrt(second / (first + 2 * _ROUNDING)),
    ],
    axis=1,
  )


def _differences(values: tf.Tensor, axis: int) -> tf.Tensor:
  if axis == 1:
    return values[:, 1:] - values[:, :-1]
  return values[:, :, 1:] - values[:, :, :-1]


def _energy(values: tf.Tensor) -> tf.Tensor:
  """Returns the mean square of each image's values: float32 [batch]."""
  return tf.reduce_mean(tf.square(values), axis=[1, 2])
