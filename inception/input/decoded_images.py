"""Keeps the decoded images of a subset in memory.

  load            decodes all images of a subset, if there is enough memory
  reader          makes the function from an index to an image and its label
  max_bytes       memory that decoded images may take
  DecodedImages   the images, their labels and their boxes

Decoding takes half of the input pipeline's time at 160 pixels. An image is kept
at its full size, 3 bytes per pixel: one that is decoded at a reduced scale
would give other pixels, and a run that is resumed with less memory would
continue with other batches.
"""

import dataclasses
import os
from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf

from inception import dataset
from inception import image_processing
from inception.hardware import process_memory
from inception.input import bad_records
from inception.input import pipeline_steps
from inception.settings import config

# Share of the available memory. While the images are joined to one tensor,
# they take twice their size.
_MEMORY_SHARE = 1 / 4
# About 17,000 photographs of 330 x 240 pixels, which two cores decode in 10 s.
# The first step waits for that.
_MAX_BYTES = 4 * 2**30
# Number of images after which the size of all of them is estimated.
_SAMPLE = 64


@dataclasses.dataclass(frozen=True)
class DecodedImages:
  """The decoded images of a subset, in the order of the shards.

  Attributes:
    pixels: uint8 [bytes], the pixels of all images.
    fields: int64 [examples, 6]: index of the first byte, height and width of
      the image, label, index of the first box, and number of boxes.
    boxes: float32 [boxes, 4], the usable boxes of all examples.
    examples_of_shard: Number of examples of each shard.
  """

  pixels: tf.Tensor
  fields: tf.Tensor
  boxes: tf.Tensor
  examples_of_shard: Sequence[int]

  def indices(self, shard: tf.Tensor) -> tf.data.Dataset:
    """Returns the indices of a shard's examples, int64, in order.

    Args:
      shard: int32 scalar, the index of the shard.
    """
    counts = tf.constant(self.examples_of_shard, tf.int64)
    ends = tf.cumsum(counts)
    return tf.data.Dataset.range(ends[shard] - counts[shard], ends[shard])

  def example(self, index: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Returns one example.

    Args:
      index: int64 scalar, the index of the example.

    Returns:
      (image uint8 [height, width, 3], label int32 scalar, boxes float32
      [1, boxes, 4]).
    """
    first, height, width, label, first_box, num_boxes = tf.unstack(
      tf.gather(self.fields, index)
    )
    pixels = tf.slice(self.pixels, [first], [height * width * 3])
    image = tf.reshape(pixels, tf.stack([height, width, 3]))
    boxes = tf.slice(self.boxes, tf.stack([first_box, 0]), [num_boxes, 4])
    return (
      tf.ensure_shape(image, [None, None, 3]),
      tf.cast(label, tf.int32),
      boxes[tf.newaxis],
    )


def reader(
  decoded: DecodedImages, settings: config.InputConfig, seed: int
) -> Callable[[tf.Tensor, tf.Tensor], tuple[tf.Tensor, tf.Tensor]]:
  """Returns a function with the results of pipeline_steps.example_reader.

  Args:
    decoded: Examples to read.
    settings: Settings for reading them; image_size and augmentation are used.
    seed: Seed of the distortions, combined with the index of the example.

  Returns:
    (index over all epochs int64 scalar, index in `decoded` int64 scalar) ->
    (image float32 [size, size, 3] in [-1, 1], label int32 scalar).
  """

  def read(
    index: tf.Tensor, position: tf.Tensor
  ) -> tuple[tf.Tensor, tf.Tensor]:
    image, label, bbox = decoded.example(position)
    image = image_processing.train_pixels(
      image,
      bbox,
      tf.stack([seed, index]),
      size=settings.image_size,
      augmentation=settings.augmentation,
    )
    return image, label

  return tf.autograph.experimental.do_not_convert(read)


def max_bytes() -> int:
  """Returns the number of bytes that decoded images may take."""
  available = process_memory.available_bytes() or 0
  return min(int(available * _MEMORY_SHARE), _MAX_BYTES)


def load(
  data: dataset.Dataset, settings: config.InputConfig, limit: int
) -> DecodedImages | None:
  """Decodes the images of settings.subset.

  Args:
    data: Records to read.
    settings: Settings for reading them; num_preprocess_threads is used.
    limit: Maximum number of bytes of the decoded images.

  Returns:
    The images; None if they exceed the limit, as is estimated from the first
    ones, or if a record cannot be used: the batches of the records report it.

  Raises:
    dataset.DatasetError: there are no such shards, or no records in them.
  """
  files = pipeline_steps.shard_files(data, settings.subset)
  # A file is not larger than its pixels, except for a tiny image.
  if sum(map(os.path.getsize, files)) > limit:
    return None
  num_examples = data.num_examples(settings.subset)
  pixels, boxes, fields, shards = [], [], [], []
  num_bytes = 0
  try:
    for shard, values, field, box in _examples(data, settings, files):
      pixels.append(values)
      boxes.append(box)
      fields.append(field)
      shards.append(shard)
      num_bytes += len(values)
      read = len(pixels)
      scale = max(1, num_examples / read) if read >= _SAMPLE else 1
      if num_bytes * scale > limit:
        return None
  except bad_records.DATA_ERRORS:
    return None
  height, width, label, num_boxes = np.array(fields, np.int64).T
  num_pixels = height * width
  columns = [
    3 * (np.cumsum(num_pixels) - num_pixels),
    height,
    width,
    label,
    np.cumsum(num_boxes) - num_boxes,
    num_boxes,
  ]
  return DecodedImages(
    pixels=tf.concat(pixels, 0),
    fields=tf.constant(np.stack(columns, axis=1)),
    boxes=tf.concat(boxes, 0),
    examples_of_shard=np.bincount(shards, minlength=len(files)).tolist(),
  )


def _examples(
  data: dataset.Dataset, settings: config.InputConfig, files: Sequence[str]
) -> tf.data.Dataset:
  """Returns the examples, in order.

  Args:
    data: Records to read.
    settings: Settings for reading them.
    files: Paths of the shards.

  Returns:
    (shard int64 scalar, pixels uint8 [bytes], int32 [4]: height, width, label
    and number of boxes; usable boxes float32 [boxes, 4]).
  """

  def decode(shard: tf.Tensor, serialized: tf.Tensor) -> tuple[tf.Tensor, ...]:
    example = bad_records.parse(serialized, data.num_classes)
    image = image_processing.decode(example.encoded)
    boxes = bad_records.usable_boxes(example.bbox)[0]
    height, width, _ = tf.unstack(tf.shape(image))
    fields = tf.stack([height, width, example.label, tf.shape(boxes)[0]])
    return shard, tf.reshape(image, [-1]), fields, boxes

  def records_of(shard: tf.Tensor, file: tf.Tensor) -> tf.data.Dataset:
    return tf.data.TFRecordDataset(file).map(lambda record: (shard, record))

  return (
    tf.data.Dataset
    .from_tensor_slices(list(files))
    .enumerate()
    .flat_map(records_of)
    .map(
      tf.autograph.experimental.do_not_convert(decode),
      settings.num_preprocess_threads,
      deterministic=True,
    )
    .prefetch(_SAMPLE)
    .with_options(pipeline_steps.options(settings))
  )
