"""Finds the record of a subset that cannot be used, and the reason.

  parse          parses one record and checks its label
  usable_boxes   returns the boxes that distortions can use
  find_problem   describes the first bad record: shard, index and remedy
  DATA_ERRORS    errors that TensorFlow raises for bad records

TensorFlow's own errors name neither file nor record. Carrying both along with
every example would slow down every batch; reading the records again costs time
only after an error.
"""

from collections.abc import Sequence

import tensorflow as tf

from inception import dataset
from inception import image_processing
from inception.jobs import tensorflow_reasons
from inception.records import example_message
from inception.records import example_proto
from inception.records import record_problems
from inception.records import tfrecord_file

# Errors for a damaged record, a bad image or label, or an unreadable file.
# Others (out of memory, cancelled) are not caused by the data.
DATA_ERRORS = (
  tf.errors.DataLossError,
  tf.errors.FailedPreconditionError,
  tf.errors.InvalidArgumentError,
  tf.errors.NotFoundError,
  tf.errors.PermissionDeniedError,
  tf.errors.UnknownError,
)


def parse(
  serialized: tf.Tensor, num_classes: int
) -> example_proto.ParsedExample:
  """Returns the fields of one serialized example.

  Args:
    serialized: string scalar.
    num_classes: Number of classes, without background.

  Raises:
    tf.errors.InvalidArgumentError: it is not an example, or its label is not
      in [1, num_classes].
  """
  example = example_proto.parse(serialized)
  in_range = tf.logical_and(example.label >= 1, example.label <= num_classes)
  with tf.control_dependencies([
    _require(in_range, ['label out of range:', example.label])
  ]):
    return example._replace(label=tf.identity(example.label))


def usable_boxes(bbox: tf.Tensor) -> tf.Tensor:
  """Returns the boxes that distortions can use.

  Boxes that exceed the image through rounding are clipped to it, and boxes
  without an area are dropped.

  Args:
    bbox: float32 [1, boxes, 4], each ymin, xmin, ymax, xmax.

  Returns:
    float32 [1, usable boxes, 4], in [0, 1].

  Raises:
    tf.errors.InvalidArgumentError: a side exceeds the image by more than
      record_problems.BOX_TOLERANCE, or is NaN.
  """
  tolerance = record_problems.BOX_TOLERANCE
  is_inside = tf.logical_and(bbox >= -tolerance, bbox <= 1 + tolerance)
  with tf.control_dependencies([
    _require(tf.reduce_all(is_inside), ['box out of range:', bbox])
  ]):
    boxes = tf.clip_by_value(bbox, 0, 1)
  low, high = tf.split(boxes, 2, axis=2)
  has_area = tf.reduce_all(low < high, axis=2)
  # tf.boolean_mask would take three times as long for a few boxes.
  return tf.gather(boxes, tf.where(has_area)[:, 1], axis=1)


def _require(condition: tf.Tensor, data: list[object]) -> tf.Operation | None:
  """Returns an assertion; None outside of a graph.

  tf.debugging.Assert wraps it into a condition, which takes 0.05 ms per image.
  """
  return tf.raw_ops.Assert(condition=condition, data=data)


def find_problem(data: dataset.Dataset, subset: str) -> str | None:
  """Returns a sentence on the first bad record; None if all are good.

  Labels are checked first, and images (about 1 ms each) only if all records
  can be read.
  """

  # A tf.function is traced once instead of once per shard.
  @tf.function(autograph=False)
  def check_fields(serialized: tf.Tensor) -> tf.Tensor:
    return parse(serialized, data.num_classes).label

  @tf.function(autograph=False)
  def check_image(serialized: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    example = parse(serialized, data.num_classes)
    # Any augmentation with a crop uses the boxes.
    return image_processing.decode(example.encoded), (
      image_processing.train_image(
        example.encoded,
        usable_boxes(example.bbox),
        [0, 0],
        size=8,
        augmentation='light',
      )
    )

  for check in (check_fields, check_image):
    for path in data.shard_files(subset):
      index = 0
      try:
        for _ in tf.data.TFRecordDataset(path).map(
          check, tf.data.AUTOTUNE, deterministic=True
        ):
          index += 1
      except DATA_ERRORS as error:
        return _describe(path, index, error, data)
  return None


def _describe(
  path: str, index: int, error: tf.errors.OpError, data: dataset.Dataset
) -> str:
  """Returns a sentence on the bad record and the remedy."""
  where = f'{path}, record {index} (the first is 0)'
  if isinstance(error, tf.errors.DataLossError):
    disguise = '' if index else tfrecord_file.disguise(path)
    if disguise:
      return f'{path}: {disguise}'
    return (
      f'{where}: the shard is truncated or damaged there '
      f'({_reason(error)}): prepare the data again or copy the file again'
    )
  if not isinstance(error, tf.errors.InvalidArgumentError):
    return f'{path} cannot be read ({_reason(error)})'
  serialized = next(iter(tf.data.TFRecordDataset(path).skip(index))).numpy()
  try:
    example = example_message.decode(serialized)
  except example_message.MessageError as message_error:
    return (
      f'{where} is not an example of an image ({message_error}): prepare the '
      'data again'
    )
  problem = record_problems.label(
    example.label, num_classes=data.num_classes, name=data.name
  )
  if problem:
    return f'{where}: {problem}'
  reasons: Sequence[str] = [
    *filter(None, map(record_problems.box, example.boxes))
  ]
  return (
    f'{where}: the image {example.filename!r} or its boxes cannot be used '
    f'({(reasons or [_reason(error)])[0]}): remove or repair it, and prepare '
    'the data again'
  )


def _reason(error: tf.errors.OpError) -> str:
  """Returns TensorFlow's reason without the names of graph nodes."""
  return tensorflow_reasons.reason(error.message)
