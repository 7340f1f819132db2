"""Straightforward implementations of preprocessing, as references for tests.

tf1_bilinear   TensorFlow 1's bilinear resize, in NumPy
eval_image     evaluation's preprocessing, in NumPy
train_image    the 2016 distortions, written plainly: the complete image is
               decoded, and tf.image draws each distortion
light_image    the light distortions, written in the same way
"""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf


def tf1_bilinear(image: np.ndarray, size: int) -> np.ndarray:
  """Returns the image resized as in TensorFlow 1.

  Output pixel i lies at i * (input size / output size): neither corners nor
  centres are aligned.

  Args:
    image: float [height, width, channels].
    size: height and width of the result.

  Returns:
    float64 [size, size, channels].
  """

  def blend(values: np.ndarray, axis: int) -> np.ndarray:
    length = values.shape[axis]
    at = np.arange(size) * (length / size)
    low = np.floor(at).astype(int)
    high = np.minimum(low + 1, length - 1)
    weight = np.expand_dims(at - low, tuple(range(1, values.ndim - axis)))
    return (
      np.take(values, low, axis) * (1 - weight)
      + np.take(values, high, axis) * weight
    )

  return blend(blend(np.asarray(image, np.float64), 0), 1)


def eval_image(pixels: np.ndarray, size: int) -> np.ndarray:
  """Returns the input of evaluation, float64 [size, size, 3] in [-1, 1].

  Args:
    pixels: uint8 [height, width, 3].
    size: height and width of the result.
  """
  height, width = pixels.shape[:2]
  top, left = int(height * 0.0625), int(width * 0.0625)
  middle = pixels[top : height - top, left : width - left]
  return tf1_bilinear(middle / 255, size) * 2 - 1


def train_image(
  encoded: tf.Tensor, bbox: tf.Tensor, seed: tf.Tensor, size: int
) -> tf.Tensor:
  """Returns the image with the 2016 distortions.

  Args:
    encoded: string scalar, an image file.
    bbox: float32 [1, boxes, 4], each ymin, xmin, ymax, xmax in [0, 1].
    seed: seed of the distortions, as for tf.random.split.
    size: height and width of the result.

  Returns:
    float32 [size, size, 3] in [-1, 1].
  """
  seeds = tf.unstack(tf.random.split(seed, 7))
  image = _crop(encoded, bbox, seeds[0], aspect=[0.75, 1.33], area=[0.05, 1.0])
  image = image[tf.newaxis]
  thread = tf.random.stateless_uniform([], seeds[1], 0, 4, tf.int32)
  method = tf.compat.v1.image.ResizeMethod
  image = tf.switch_case(
    thread,
    [
      lambda m=m: tf.compat.v1.image.resize_images(image, [size, size], m)[0]
      for m in (
        method.BILINEAR,
        method.NEAREST_NEIGHBOR,
        method.BICUBIC,
        method.AREA,
      )
    ],
  )
  image = tf.image.stateless_random_flip_left_right(image, seeds[2])
  image = tf.image.stateless_random_brightness(image, 32 / 255, seeds[3])

  def saturation_and_hue(image: tf.Tensor) -> tf.Tensor:
    image = tf.image.stateless_random_saturation(image, 0.5, 1.5, seeds[4])
    return tf.image.stateless_random_hue(image, 0.2, seeds[5])

  def contrast(image: tf.Tensor) -> tf.Tensor:
    return tf.image.stateless_random_contrast(image, 0.5, 1.5, seeds[6])

  image = tf.cond(
    tf.equal(thread % 2, 0),
    lambda: contrast(saturation_and_hue(image)),
    lambda: saturation_and_hue(contrast(image)),
  )
  image = (tf.clip_by_value(image, 0.0, 1.0) - 0.5) * 2.0
  return tf.ensure_shape(image, [size, size, 3])


def light_image(
  encoded: tf.Tensor, bbox: tf.Tensor, seed: tf.Tensor, size: int
) -> tf.Tensor:
  """Returns the image with the light distortions.

  Args:
    encoded: string scalar, an image file.
    bbox: float32 [1, boxes, 4], each ymin, xmin, ymax, xmax in [0, 1].
    seed: seed of the distortions, as for tf.random.split.
    size: height and width of the result.

  Returns:
    float32 [size, size, 3] in [-1, 1].
  """
  seeds = tf.unstack(tf.random.split(seed, 4))
  image = _crop(
    encoded, bbox, seeds[0], aspect=[3 / 4, 4 / 3], area=[0.35, 1.0]
  )
  image = tf.image.resize(image, [size, size])
  image = tf.image.stateless_random_flip_left_right(image, seeds[1])
  image = tf.image.stateless_random_brightness(image, 0.1, seeds[2])
  image = tf.image.stateless_random_contrast(image, 0.8, 1.2, seeds[3])
  image = tf.clip_by_value(image, 0.0, 1.0) * 2 - 1
  return tf.ensure_shape(image, [size, size, 3])


def _crop(
  encoded: tf.Tensor,
  bbox: tf.Tensor,
  seed: tf.Tensor,
  *,
  aspect: Sequence[float],
  area: Sequence[float],
) -> tf.Tensor:
  """Returns a random part of the image, float32 in [0, 1].

  Args:
    encoded: as in train_image.
    bbox: as in train_image.
    seed: int64 [2].
    aspect: smallest and largest width divided by height.
    area: smallest and largest share of the full image.
  """
  image = tf.image.convert_image_dtype(
    tf.io.decode_jpeg(encoded, channels=3), tf.float32
  )
  begin, extent, _ = tf.image.stateless_sample_distorted_bounding_box(
    tf.shape(image),
    bbox,
    seed,
    min_object_covered=0.1,
    aspect_ratio_range=aspect,
    area_range=area,
    max_attempts=100,
    use_image_if_no_bounding_boxes=True,
  )
  return tf.slice(image, begin, extent)
