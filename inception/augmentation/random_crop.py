"""Cuts a random part out of an image, without decoding the rest of a JPEG.

  of_file     cuts it out of an encoded image
  of_pixels   cuts the same part out of a decoded image

Both return the same pixels. JPEG stores colour at a lower resolution than
brightness, and the decoder interpolates it from neighbouring pixels. A margin
is therefore decoded around the part, and cut off.
"""

import tensorflow as tf

# One pixel suffices where colour has half the resolution of brightness.
_JPEG_MARGIN = 4
_ATTEMPTS = 100
_MIN_OBJECT_COVERED = 0.1


def of_file(
  encoded: tf.Tensor,
  bbox: tf.Tensor,
  seed: tf.Tensor,
  *,
  aspect: tuple[float, float],
  area: tuple[float, float],
) -> tf.Tensor:
  """Returns a random part of an encoded image.

  Args:
    encoded: string scalar, the content of an image file.
    bbox: float32 [1, boxes, 4], each ymin, xmin, ymax, xmax in [0, 1]. The part
      covers at least a tenth of one of them, or of the full image if boxes is
      0.
    seed: int64 [2]; equal seeds give equal parts.
    aspect: Smallest and largest width divided by height.
    area: Smallest and largest share of the full image.

  Returns:
    uint8 [rows, columns, 3].

  Raises:
    tf.errors.InvalidArgumentError: it is not an image, or a box is out of
      range.
  """

  def of_jpeg() -> tf.Tensor:
    shape = tf.image.extract_jpeg_shape(encoded)
    begin, size = _window(shape, bbox, seed, aspect, area)
    first = tf.maximum(begin - _JPEG_MARGIN, 0)
    end = tf.minimum(begin + size + _JPEG_MARGIN, shape[:2])
    image = tf.image.decode_and_crop_jpeg(
      encoded, tf.concat([first, end - first], 0), channels=3
    )
    return _slice(image, begin - first, size)

  def of_other() -> tf.Tensor:
    image = tf.io.decode_image(encoded, channels=3, expand_animations=False)
    image = tf.ensure_shape(image, [None, None, 3])
    return of_pixels(image, bbox, seed, aspect=aspect, area=area)

  return tf.cond(tf.io.is_jpeg(encoded), of_jpeg, of_other)


def of_pixels(
  image: tf.Tensor,
  bbox: tf.Tensor,
  seed: tf.Tensor,
  *,
  aspect: tuple[float, float],
  area: tuple[float, float],
) -> tf.Tensor:
  """Returns a random part of a decoded image.

  Args:
    image: uint8 [height, width, 3].
    bbox: See of_file.
    seed: See of_file.
    aspect: See of_file.
    area: See of_file.

  Returns:
    uint8 [rows, columns, 3].

  Raises:
    tf.errors.InvalidArgumentError: a box is out of range.
  """
  return _slice(image, *_window(tf.shape(image), bbox, seed, aspect, area))


def _window(
  shape: tf.Tensor,
  bbox: tf.Tensor,
  seed: tf.Tensor,
  aspect: tuple[float, float],
  area: tuple[float, float],
) -> tuple[tf.Tensor, tf.Tensor]:
  """Returns ((top, left), (rows, columns)), int32, of a random part."""
  begin, size, _ = tf.image.stateless_sample_distorted_bounding_box(
    shape,
    bbox,
    seed,
    min_object_covered=_MIN_OBJECT_COVERED,
    aspect_ratio_range=aspect,
    area_range=area,
    max_attempts=_ATTEMPTS,
    use_image_if_no_bounding_boxes=True,
  )
  return begin[:2], size[:2]


def _slice(image: tf.Tensor, begin: tf.Tensor, size: tf.Tensor) -> tf.Tensor:
  # A size of -1 takes all channels.
  part = tf.slice(image, tf.pad(begin, [[0, 1]]), tf.concat([size, [-1]], 0))
  return tf.ensure_shape(part, [None, None, 3])
