"""Steps that the input pipelines of training and evaluation share.

shard_files      returns the shards of a subset, at least one with records
example_reader   makes the function from a record to an image and its label
padded           fills up the last batch of an epoch
options          returns the tf.data options of a pipeline
"""

import os
from collections.abc import Callable

import tensorflow as tf

from inception import dataset
from inception import image_processing
from inception.input import bad_records
from inception.settings import config


def shard_files(data: dataset.Dataset, subset: str) -> list[str]:
  """Returns the paths of the subset's shards, in order.

  Args:
    data: Records to read.
    subset: Name of the subset.

  Raises:
    dataset.DatasetError: there are no such shards, or no records in them.
  """
  files = data.shard_files(subset)
  # An endless dataset without records would never return.
  if not any(os.path.getsize(path) for path in files):
    raise dataset.DatasetError(
      f'the {len(files)} {subset} shards in {data.data_dir!r} hold no '
      'records: prepare the data again'
    )
  return files


def example_reader(
  data: dataset.Dataset,
  settings: config.InputConfig,
  seed: int | None,
  *,
  has_crops: bool = False,
) -> Callable[[tf.Tensor, tf.Tensor], tuple[tf.Tensor, tf.Tensor]]:
  """Returns a function from an example's record to its image and label.

  Args:
    data: Records to read.
    settings: Settings for reading them; image_size and augmentation are used.
    seed: Seed of the distortions, combined with the index of the example; None
      reads images as evaluation does.
    has_crops: Whether the image is image_processing.eval_crops, float32
      [5, size, size, 3]; the seed is then not used.

  Returns:
    (index int64 scalar, serialized example string scalar) -> (image float32
    [size, size, 3] in [-1, 1], label int32 scalar in [1, num_classes]).
  """
  size, augmentation = settings.image_size, settings.augmentation

  def read(
    index: tf.Tensor, serialized: tf.Tensor
  ) -> tuple[tf.Tensor, tf.Tensor]:
    example = bad_records.parse(serialized, data.num_classes)
    if has_crops:
      image = image_processing.eval_crops(example.encoded, size=size)
    elif seed is None:
      image = image_processing.eval_image(example.encoded, size=size)
    else:
      image = image_processing.train_image(
        example.encoded,
        bad_records.usable_boxes(example.bbox),
        tf.stack([seed, index]),
        size=size,
        augmentation=augmentation,
      )
    return image, example.label

  # AutoGraph would take half a second to convert code that it need not touch.
  return tf.autograph.experimental.do_not_convert(read)


def padded(
  images: tf.Tensor, labels: tf.Tensor, batch_size: int
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
  """Pads a batch with zeros to batch_size.

  Args:
    images: float32 [examples, size, size, 3], at most batch_size examples.
    labels: int32 [examples].
    batch_size: Number of examples of the result.

  Returns:
    (images float32 [batch_size, size, size, 3], labels int32 [batch_size], mask
    bool [batch_size]); the mask is False for padding.
  """
  present = tf.shape(labels)[0]
  missing = batch_size - present
  mask = tf.range(batch_size) < present
  images = tf.cond(
    missing > 0,
    lambda: tf.pad(images, [[0, missing], *[[0, 0]] * (images.shape.rank - 1)]),
    lambda: images,
  )
  labels = tf.pad(labels, [[0, missing]])
  return (
    tf.ensure_shape(images, [batch_size, *images.shape[1:]]),
    tf.ensure_shape(labels, [batch_size]),
    mask,
  )


def options(settings: config.InputConfig) -> tf.data.Options:
  """Returns the options of a pipeline with fixed parallelism.

  Args:
    settings: Settings of the pipeline; num_preprocess_threads is used.
  """
  result = tf.data.Options()
  result.deterministic = True
  # A separate thread pool keeps decoding from queueing behind the network's
  # operations; each thread processes one image.
  result.threading.private_threadpool_size = settings.num_preprocess_threads
  result.threading.max_intra_op_parallelism = 1
  # The pipelines set every degree of parallelism and every buffer explicitly.
  result.autotune.enabled = False
  # The shuffle buffer fills while the program builds its model.
  result.experimental_warm_start = True
  return result
