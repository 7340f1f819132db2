"""RandAugment: random operations on one image (arXiv 1909.13719).

  distort      applies two of OPERATIONS, each drawn with probability 1/14
  OPERATIONS   {name: (image, strength, sign) -> image}

Every operation is a pure graph of TensorFlow operations, for tf.data to map.
The operations and their ranges are the paper's, which are AutoAugment's (arXiv
1805.09501, table 6). Their formulas are Pillow's, but without rounding to
integer levels, unless the operation itself requires that.
"""

from collections.abc import Callable, Sequence

import tensorflow as tf

# The paper's choice for ImageNet (section 4.4): N = 2 operations of magnitude
# 9, on a scale that ends at 30.
NUM_OPERATIONS = 2
MAGNITUDE = 9
_MAX_MAGNITUDE = 30

# The effects of strength 1.
_MAX_SHEAR = 0.3
_MAX_TRANSLATION = 0.45  # As a share of the image's side.
_MAX_ROTATION = 0.5235987755982988  # 30 degrees.
_MAX_BLEND = 0.9
_MAX_LOST_BITS = 4

# Value of the pixels that come from outside the image.
_FILL = 0.5
# Weights of ITU-R 601, which Pillow uses for grey.
_LUMA = (0.299, 0.587, 0.114)
_LEVELS = 256
_SMOOTH = [[1.0, 1.0, 1.0], [1.0, 5.0, 1.0], [1.0, 1.0, 1.0]]

Operation = Callable[[tf.Tensor, float, tf.Tensor], tf.Tensor]


def distort(
  image: tf.Tensor,
  *,
  seed: tf.Tensor,
  num_operations: int = NUM_OPERATIONS,
  magnitude: float = MAGNITUDE,
) -> tf.Tensor:
  """Applies operations to the image that are drawn independently.

  Args:
    image: float32 [height, width, 3], in [0, 1].
    seed: int64 [2]; equal seeds give equal results.
    num_operations: Number of operations.
    magnitude: Strength of each operation, in [0, 30].

  Returns:
    float32 of the same shape, in [0, 1].

  Raises:
    ValueError: magnitude is out of range, or num_operations negative.
  """
  if not 0 <= magnitude <= _MAX_MAGNITUDE or num_operations < 0:
    raise ValueError(
      f'need num_operations >= 0 and magnitude in [0, {_MAX_MAGNITUDE}], got '
      f'{num_operations} and {magnitude}'
    )
  image = tf.ensure_shape(image, [None, None, 3])
  strength = magnitude / _MAX_MAGNITUDE
  draws = tf.random.stateless_uniform([2, num_operations], seed)
  for index in range(num_operations):
    chosen = tf.cast(draws[0, index] * len(OPERATIONS), tf.int32)
    sign = tf.where(draws[1, index] < 0.5, -1.0, 1.0)
    image = tf.switch_case(
      chosen,
      [
        lambda operation=operation, image=image, sign=sign: operation(
          image, strength, sign
        )
        for operation in OPERATIONS.values()
      ],
    )
  return image


def _identity(image: tf.Tensor, strength: float, sign: tf.Tensor) -> tf.Tensor:
  del strength, sign
  return tf.identity(image)


def _autocontrast(
  image: tf.Tensor, strength: float, sign: tf.Tensor
) -> tf.Tensor:
  """Stretches each channel so that its minimum becomes 0 and its maximum 1."""
  del strength, sign
  low = tf.reduce_min(image, [0, 1])
  high = tf.reduce_max(image, [0, 1])
  spread = high - low
  return tf.where(spread > 0, tf.math.divide_no_nan(image - low, spread), image)


def _equalize(image: tf.Tensor, strength: float, sign: tf.Tensor) -> tf.Tensor:
  """Spreads the levels of each channel so that all are about equally frequent.

  Maps a level to (c + s // 2) // s, where c is the number of pixels with lower
  levels, and s is the number of pixels without those of the highest level,
  divided by 255 and rounded down.
  """
  del strength, sign
  levels = _levels(image)

  def channel(values: tf.Tensor) -> tf.Tensor:
    counts = tf.math.bincount(
      tf.reshape(values, [-1]), minlength=_LEVELS, maxlength=_LEVELS
    )
    step = (tf.size(values) - counts[tf.reduce_max(values)]) // (_LEVELS - 1)
    below = tf.cumsum(counts, exclusive=True)
    table = tf.clip_by_value(
      (below + step // 2) // tf.maximum(step, 1), 0, _LEVELS - 1
    )
    return tf.cond(step > 0, lambda: tf.gather(table, values), lambda: values)

  return _from_levels(
    tf.stack([channel(values) for values in tf.unstack(levels, axis=2)], axis=2)
  )


def _rotate(image: tf.Tensor, strength: float, sign: tf.Tensor) -> tf.Tensor:
  """Rotates by up to 30 degrees about the centre."""
  angle = sign * strength * _MAX_ROTATION
  sine, cosine = tf.sin(angle), tf.cos(angle)
  height, width = _sides(image)
  y, x = (height - 1) / 2, (width - 1) / 2
  return _transform(
    image,
    [
      cosine,
      -sine,
      x - cosine * x + sine * y,
      sine,
      cosine,
      y - sine * x - cosine * y,
    ],
  )


def _shear_x(image: tf.Tensor, strength: float, sign: tf.Tensor) -> tf.Tensor:
  return _transform(
    image, [1.0, sign * strength * _MAX_SHEAR, 0.0, 0.0, 1.0, 0.0]
  )


def _shear_y(image: tf.Tensor, strength: float, sign: tf.Tensor) -> tf.Tensor:
  return _transform(
    image, [1.0, 0.0, 0.0, sign * strength * _MAX_SHEAR, 1.0, 0.0]
  )


def _translate_x(
  image: tf.Tensor, strength: float, sign: tf.Tensor
) -> tf.Tensor:
  _, width = _sides(image)
  return _transform(
    image, [1.0, 0.0, sign * strength * _MAX_TRANSLATION * width, 0.0, 1.0, 0.0]
  )


def _translate_y(
  image: tf.Tensor, strength: float, sign: tf.Tensor
) -> tf.Tensor:
  height, _ = _sides(image)
  return _transform(
    image,
    [1.0, 0.0, 0.0, 0.0, 1.0, sign * strength * _MAX_TRANSLATION * height],
  )


def _solarize(image: tf.Tensor, strength: float, sign: tf.Tensor) -> tf.Tensor:
  """Inverts the pixels above a threshold."""
  del sign
  return tf.where(image < 1 - strength, image, 1 - image)


def _posterize(image: tf.Tensor, strength: float, sign: tf.Tensor) -> tf.Tensor:
  """Sets up to four of the eight bits of each level to 0."""
  del sign
  step = 2 ** round(strength * _MAX_LOST_BITS)
  return _from_levels(_levels(image) // step * step)


def _color(image: tf.Tensor, strength: float, sign: tf.Tensor) -> tf.Tensor:
  """Moves the image away from grey or towards it."""
  return _blend(_grey(image), image, strength, sign)


def _contrast(image: tf.Tensor, strength: float, sign: tf.Tensor) -> tf.Tensor:
  """Moves the image away from its mean grey or towards it."""
  return _blend(tf.reduce_mean(_grey(image)), image, strength, sign)


def _brightness(
  image: tf.Tensor, strength: float, sign: tf.Tensor
) -> tf.Tensor:
  """Moves the image away from black or towards it."""
  return _blend(0.0, image, strength, sign)


def _sharpness(image: tf.Tensor, strength: float, sign: tf.Tensor) -> tf.Tensor:
  """Moves the image away from its smoothed copy or towards it.

  The outermost pixels stay as they are.
  """
  kernel = tf.constant(_SMOOTH)[:, :, tf.newaxis, tf.newaxis] / 13
  smooth = tf.nn.depthwise_conv2d(
    image[tf.newaxis], tf.tile(kernel, [1, 1, 3, 1]), [1, 1, 1, 1], 'VALID'
  )[0]
  height, width = tf.unstack(tf.shape(image)[:2])
  inner = tf.pad(
    tf.ones([height - 2, width - 2, 1], tf.bool), [[1, 1], [1, 1], [0, 0]]
  )
  smooth = tf.pad(smooth, [[1, 1], [1, 1], [0, 0]])
  return _blend(tf.where(inner, smooth, image), image, strength, sign)


OPERATIONS: dict[str, Operation] = {
  'identity': _identity,
  'autocontrast': _autocontrast,
  'equalize': _equalize,
  'rotate': _rotate,
  'solarize': _solarize,
  'color': _color,
  'posterize': _posterize,
  'contrast': _contrast,
  'brightness': _brightness,
  'sharpness': _sharpness,
  'shear_x': _shear_x,
  'shear_y': _shear_y,
  'translate_x': _translate_x,
  'translate_y': _translate_y,
}


def _blend(
  base: tf.Tensor | float, image: tf.Tensor, strength: float, sign: tf.Tensor
) -> tf.Tensor:
  """Returns base + (1 +- 0.9 strength) (image - base), clipped to [0, 1]."""
  factor = 1 + sign * strength * _MAX_BLEND
  return tf.clip_by_value(base + factor * (image - base), 0.0, 1.0)


def _grey(image: tf.Tensor) -> tf.Tensor:
  return tf.reduce_sum(image * _LUMA, axis=2, keepdims=True)


def _levels(image: tf.Tensor) -> tf.Tensor:
  return tf.cast(tf.round(image * (_LEVELS - 1)), tf.int32)


def _from_levels(levels: tf.Tensor) -> tf.Tensor:
  return tf.cast(levels, tf.float32) / (_LEVELS - 1)


def _sides(image: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
  return tf.unstack(tf.cast(tf.shape(image)[:2], tf.float32))


def _transform(
  image: tf.Tensor, matrix: Sequence[float | tf.Tensor]
) -> tf.Tensor:
  """Moves the pixel (a x + b y + c, d x + e y + f) to (x, y), bilinearly.

  Args:
    image: float32 [height, width, 3].
    matrix: a, b, c, d, e, f.
  """
  return tf.raw_ops.ImageProjectiveTransformV3(
    images=image[tf.newaxis],
    transforms=[tf.stack([*matrix, 0.0, 0.0])],
    output_shape=tf.shape(image)[:2],
    fill_value=_FILL,
    interpolation='BILINEAR',
    fill_mode='CONSTANT',
  )[0]
