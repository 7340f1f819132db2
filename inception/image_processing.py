"""Converts an encoded image into the network's input: float32 in [-1, 1].

  decode        the full image, uint8
  eval_image    the central 7/8 of the image, resized
  eval_crops    the same and four crops at the corners
  whole_image   the complete image, resized
  train_image   a random crop, resized and distorted
  train_pixels  the same of an image that is already decoded

Every function is a pure graph of TensorFlow operations on one image, for use
with tf.data's map. Randomness depends only on a seed that is passed in, so that
an example looks the same regardless of the thread and the time that process it.

Training decodes little more than the crop of a JPEG (random_crop).
"""

import functools
from collections.abc import Callable, Mapping, Sequence

import tensorflow as tf

from inception.augmentation import randaugment
from inception.augmentation import random_crop
from inception.settings import parsing

# Evaluation cuts 1/16 off every edge, which keeps 0.875 of each side.
_EVAL_MARGIN = 16

# Description of eval_image that checkpoints store; do not modify it.
EVAL_PREPROCESSING = {
  'central_crop': 0.875,
  'resize': 'bilinear, corners at the origin',
  'range': [-1, 1],
}

_CENTRE = ((1, 1),)
_CORNERS = ((0, 0), (0, 2), (2, 0), (2, 2))

_BRIGHTNESS = 32 / 255
_SATURATION = (0.5, 1.5)
_HUE = 0.2
_CONTRAST = (0.5, 1.5)

_LIGHT_BRIGHTNESS = 0.1
_LIGHT_CONTRAST = (0.8, 1.2)

# The four methods of tf.image.resize_images in TensorFlow 1, whose origin is
# the corner of the first pixel. Their order is that of the original.
_RESIZERS = (
  tf.raw_ops.ResizeBilinear,
  tf.raw_ops.ResizeNearestNeighbor,
  tf.raw_ops.ResizeBicubic,
  tf.raw_ops.ResizeArea,
)


def decode(encoded: tf.Tensor) -> tf.Tensor:
  """Returns the full image.

  Args:
    encoded: string scalar, the content of a JPEG file or of another format
      that TensorFlow supports, such as PNG.

  Returns:
    uint8 [height, width, 3].

  Raises:
    tf.errors.InvalidArgumentError: it is not an image, or it is truncated.
  """
  image = tf.io.decode_image(encoded, channels=3, expand_animations=False)
  return tf.ensure_shape(image, [None, None, 3])


def eval_image(encoded: tf.Tensor, *, size: int) -> tf.Tensor:
  """Returns the image as evaluation sees it.

  The central 0.875 of each side is resized bilinearly as in TensorFlow 1,
  without half-pixel centres; tf.image.resize gives different pixels.

  Args:
    encoded: string scalar, the content of an image file.
    size: Height and width of the result, in pixels.

  Returns:
    float32 [size, size, 3], in [-1, 1].

  Raises:
    tf.errors.InvalidArgumentError: it is not an image.
  """
  return _eval_crops(decode(encoded), _CENTRE, size)[0]


def eval_views(encoded: tf.Tensor, *, size: int, num_views: int) -> tf.Tensor:
  """Returns views of the image, whose predictions can be averaged.

  Every view is a crop of eval_image's height and width: the central one, and
  for 10 views the four corners too (Krizhevsky et al., NIPS 2012, section 4.1).
  With 2 and 10 views, each crop also appears mirrored.

  Args:
    encoded: string scalar, the content of an image file.
    size: Height and width of the views, in pixels.
    num_views: Number of views, one of parsing.VIEWS.

  Returns:
    float32 [num_views, size, size, 3], in [-1, 1]; the first is eval_image.

  Raises:
    tf.errors.InvalidArgumentError: it is not an image.
    ValueError: num_views is not in parsing.VIEWS.
  """
  _check_num_views(num_views)
  return pixel_views(decode(encoded), size=size, num_views=num_views)


def pixel_views(image: tf.Tensor, *, size: int, num_views: int) -> tf.Tensor:
  """Returns the views of an image that is already decoded.

  Args:
    image: uint8 [height, width, 3], as decode returns it.
    size: See eval_views.
    num_views: See eval_views.

  Returns:
    See eval_views.

  Raises:
    ValueError: num_views is not in parsing.VIEWS.
  """
  _check_num_views(num_views)
  crops = _eval_crops(
    image, _CENTRE + (_CORNERS if num_views == 10 else ()), size
  )
  if num_views == 1:
    return crops
  return tf.concat([crops, tf.reverse(crops, [2])], axis=0)


def _check_num_views(num_views: int) -> None:
  if num_views not in parsing.VIEWS:
    raise ValueError(
      f'num_views must be one of {", ".join(map(str, parsing.VIEWS))}, got '
      f'{num_views}'
    )


def _eval_crops(
  image: tf.Tensor, positions: Sequence[tuple[int, int]], size: int
) -> tf.Tensor:
  """Returns resized crops with 0.875 of each side of the image.

  Args:
    image: uint8 [height, width, 3].
    positions: (y, x) of each crop, in units of the central crop's margin.
    size: Height and width of the result, in pixels.

  Returns:
    float32 [positions, size, size, 3], in [-1, 1].
  """
  height, width, _ = tf.unstack(tf.shape(image))
  top, left = height // _EVAL_MARGIN, width // _EVAL_MARGIN
  crops = [
    image[
      tf.newaxis,
      y * top : height - (2 - y) * top,
      x * left : width - (2 - x) * left,
    ]
    for y, x in positions
  ]
  # A concatenation of one tensor copies it.
  crops = crops[0] if len(crops) == 1 else tf.concat(crops, axis=0)
  crops = tf.raw_ops.ResizeBilinear(images=_as_float(crops), size=[size, size])
  return _finish(crops, size)


def eval_crops(encoded: tf.Tensor, *, size: int) -> tf.Tensor:
  """Returns five crops of the image, each as large as eval_image's.

  Args:
    encoded: string scalar, the content of an image file.
    size: Height and width of the result, in pixels.

  Returns:
    float32 [5, size, size, 3], in [-1, 1]: eval_image, then the crops that
    touch the corners: top left, top right, bottom left, bottom right.

  Raises:
    tf.errors.InvalidArgumentError: it is not an image.
  """
  return _eval_crops(decode(encoded), _CENTRE + _CORNERS, size)


def whole_image(encoded: tf.Tensor, *, size: int) -> tf.Tensor:
  """Returns the complete image, resized as eval_image resizes its crop.

  Args:
    encoded: string scalar, the content of an image file.
    size: Height and width of the result, in pixels.

  Returns:
    float32 [size, size, 3], in [-1, 1].

  Raises:
    tf.errors.InvalidArgumentError: it is not an image.
  """
  image = _as_float(decode(encoded))[tf.newaxis]
  image = tf.raw_ops.ResizeBilinear(images=image, size=[size, size])
  return _finish(image, size)[0]


def train_image(
  encoded: tf.Tensor,
  bbox: tf.Tensor,
  seed: tf.Tensor,
  *,
  size: int,
  augmentation: str,
) -> tf.Tensor:
  """Returns the image with random distortions.

  Args:
    encoded: string scalar, the content of an image file.
    bbox: float32 [1, boxes, 4], each ymin, xmin, ymax, xmax in [0, 1]. The crop
      covers at least a tenth of one of them, or of the full image if boxes is
      0.
    seed: int32 or int64 [2]; equal seeds give equal distortions.
    size: Height and width of the result, in pixels.
    augmentation: 'inception' is the augmentation that the network was trained
      with in 2016; 'light' has larger crops and nearly unchanged colours;
      'randaugment' has those crops and two randomly drawn operations; 'none' is
      eval_image.

  Returns:
    float32 [size, size, 3], in [-1, 1].

  Raises:
    tf.errors.InvalidArgumentError: it is not an image, or a box is out of
      range.
    ValueError: there is no such augmentation.
  """
  if augmentation == 'none':
    return eval_image(encoded, size=size)
  crop = functools.partial(random_crop.of_file, encoded, bbox)
  return _distorted(crop, seed, size, augmentation)


def train_pixels(
  image: tf.Tensor,
  bbox: tf.Tensor,
  seed: tf.Tensor,
  *,
  size: int,
  augmentation: str,
) -> tf.Tensor:
  """Returns the pixels that train_image returns for the encoded image.

  Args:
    image: uint8 [height, width, 3], as decode returns it.
    bbox: See train_image.
    seed: See train_image.
    size: See train_image.
    augmentation: See train_image.

  Returns:
    float32 [size, size, 3], in [-1, 1].

  Raises:
    tf.errors.InvalidArgumentError: a box is out of range.
    ValueError: there is no such augmentation.
  """
  if augmentation == 'none':
    return _eval_crops(image, _CENTRE, size)[0]
  crop = functools.partial(random_crop.of_pixels, image, bbox)
  return _distorted(crop, seed, size, augmentation)


def _distorted(
  crop: Callable[..., tf.Tensor], seed: tf.Tensor, size: int, augmentation: str
) -> tf.Tensor:
  """Returns a distorted image, float32 [size, size, 3] in [-1, 1].

  Args:
    crop: Function of a seed, aspect and area, as those of random_crop.
    seed: int32 or int64 [2].
    size: Height and width of the result, in pixels.
    augmentation: Key of _AUGMENTATIONS.
  """
  if augmentation not in _AUGMENTATIONS:
    raise ValueError(
      'augmentation must be none or one of '
      f'{", ".join(_AUGMENTATIONS)}, got {augmentation!r}'
    )
  # Random generators give different numbers for int32 and int64 seeds.
  seed = tf.cast(seed, tf.int64)
  return _finish(_AUGMENTATIONS[augmentation](crop, seed, size), size)


def _inception(
  crop: Callable[..., tf.Tensor], seed: tf.Tensor, size: int
) -> tf.Tensor:
  """Crops, resizes, flips and recolours as in the training of 2016.

  One of four resize methods is drawn. The original's thread i resized by method
  i % 4 and used colour order i % 2, so the method decides the order here as
  well.
  """
  crop_seed, seed = tf.unstack(tf.random.split(seed, 2))
  image = _as_float(crop(crop_seed, aspect=(0.75, 1.33), area=(0.05, 1.0)))
  method, flip, brightness, saturation, hue, contrast = tf.unstack(
    tf.random.stateless_uniform([6], seed)
  )
  method = tf.cast(method * len(_RESIZERS), tf.int32)
  image = tf.switch_case(
    method,
    [
      lambda resize=resize: resize(images=image[tf.newaxis], size=[size, size])[
        0
      ]
      for resize in _RESIZERS
    ],
  )
  image = _flip(image, flip)
  image += _between(-_BRIGHTNESS, _BRIGHTNESS, brightness)
  contrast = _between(*_CONTRAST, contrast)
  contrast_first = tf.equal(method % 2, 1)
  image = tf.cond(
    contrast_first,
    lambda: tf.image.adjust_contrast(image, contrast),
    lambda: image,
  )
  image = tf.image.adjust_saturation(image, _between(*_SATURATION, saturation))
  image = tf.image.adjust_hue(image, _between(-_HUE, _HUE, hue))
  return tf.cond(
    contrast_first,
    lambda: image,
    lambda: tf.image.adjust_contrast(image, contrast),
  )


def _light(
  crop: Callable[..., tf.Tensor], seed: tf.Tensor, size: int
) -> tf.Tensor:
  """Crops to 35 % or more, flips, and slightly changes the colours."""
  crop_seed, seed = tf.unstack(tf.random.split(seed, 2))
  image = _as_float(crop(crop_seed, aspect=(3 / 4, 4 / 3), area=(0.35, 1.0)))
  flip, brightness, contrast = tf.unstack(
    tf.random.stateless_uniform([3], seed)
  )
  image = tf.raw_ops.ResizeBilinear(
    images=image[tf.newaxis], size=[size, size], half_pixel_centers=True
  )[0]
  image = _flip(image, flip)
  image += _between(-_LIGHT_BRIGHTNESS, _LIGHT_BRIGHTNESS, brightness)
  return tf.image.adjust_contrast(image, _between(*_LIGHT_CONTRAST, contrast))


def _randaugment(
  crop: Callable[..., tf.Tensor], seed: tf.Tensor, size: int
) -> tf.Tensor:
  """Crops and flips like `light`, and applies RandAugment's operations."""
  crop_seed, flip_seed, seed = tf.unstack(tf.random.split(seed, 3))
  image = _as_float(crop(crop_seed, aspect=(3 / 4, 4 / 3), area=(0.35, 1.0)))
  image = tf.raw_ops.ResizeBilinear(
    images=image[tf.newaxis], size=[size, size], half_pixel_centers=True
  )[0]
  image = _flip(image, tf.random.stateless_uniform([], flip_seed))
  return randaugment.distort(image, seed=seed)


_AUGMENTATIONS: Mapping[str, Callable[..., tf.Tensor]] = {
  'inception': _inception,
  'light': _light,
  'randaugment': _randaugment,
}


def _as_float(image: tf.Tensor) -> tf.Tensor:
  """Converts uint8 to float32 in [0, 1]."""
  return tf.image.convert_image_dtype(image, tf.float32)


def _flip(image: tf.Tensor, draw: tf.Tensor) -> tf.Tensor:
  """Flips the image left to right if the draw of [0, 1) is below 0.5."""
  # A condition costs more time than the flip of a small image. With an empty
  # list of axes, tf.reverse returns its argument.
  return tf.reverse(image, tf.range(1, tf.where(draw < 0.5, 2, 1)))


def _between(low: float, high: float, draw: tf.Tensor) -> tf.Tensor:
  """Scales a draw of [0, 1) to [low, high)."""
  return low + (high - low) * draw


def _finish(image: tf.Tensor, size: int) -> tf.Tensor:
  """Clips an image to [0, 1] and scales it to [-1, 1]."""
  image = (tf.clip_by_value(image, 0.0, 1.0) - 0.5) * 2.0
  return tf.ensure_shape(image, [*image.shape[:-3], size, size, 3])
