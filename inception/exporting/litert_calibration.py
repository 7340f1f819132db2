"""Chooses the images that calibrate the ranges of an int8 file.

images   yields training images as the network sees them
"""

from collections.abc import Iterator, Sequence

import numpy as np
import tensorflow as tf

from inception import dataset
from inception import image_processing
from inception.evaluation import record_sources

# TensorFlow's guide recommends 100 to 500 images. At 299 pixels, each takes a
# few tenths of a second.
NUM_IMAGES = 100
# ImageNet's training data has 1,024 shards of 140 MB. They are shuffled, so a
# few represent all.
_MAX_SHARDS = 32


def images(
  data: dataset.Dataset,
  *,
  image_size: int,
  subset: str = 'train',
  num_images: int = NUM_IMAGES,
) -> Iterator[np.ndarray]:
  """Yields images spread evenly over the shards; the same ones every time.

  They are preprocessed as in evaluation, because users of the file do the same.
  At most 32 shards are read.

  Args:
    data: records.
    image_size: height and width of the images in pixels.
    subset: name of the subset.
    num_images: number of images; a smaller subset gives all of its images.

  Yields:
    float32 [1, image_size, image_size, 3] in [-1, 1].

  Raises:
    dataset.DatasetError: there are no such shards, or a record cannot be read.
    ValueError: num_images is not positive.
  """
  if num_images < 1:
    raise ValueError(f'num_images must be >= 1, got {num_images}')
  shards = data.shard_files(subset)
  sources = record_sources.index([
    shards[index] for index in _spread(len(shards), _MAX_SHARDS)
  ])
  for index in _spread(len(sources), num_images):
    yield _image(sources[index], image_size)


def _spread(total: int, wanted: int) -> Sequence[int]:
  """Returns at most `wanted` of `total` indices, at equal distances."""
  number = min(total, wanted)
  return [index * total // number for index in range(number)]


def _image(source: record_sources.Source, image_size: int) -> np.ndarray:
  """Returns the image of a record.

  Raises:
    dataset.DatasetError: it cannot be decoded.
  """
  encoded = record_sources.read(source).encoded
  try:
    image = image_processing.eval_image(tf.constant(encoded), size=image_size)
  except tf.errors.InvalidArgumentError as error:
    raise dataset.DatasetError(
      f'the image of {source.key} cannot be decoded: prepare the data again'
    ) from error
  return image.numpy()[np.newaxis]
