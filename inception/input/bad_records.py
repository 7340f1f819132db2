"""Which record of a subset cannot be used, and why.

  parse          one record, whose label is checked
  usable_boxes   its boxes, as far as distortions can use them
  find_problem   the first bad record: its shard, its number and the remedy
  DATA_ERRORS    what TensorFlow raises for bad records

TensorFlow's own errors name neither file nor record. Carrying both along with
every example would cost each batch; reading again costs only who has a problem.
"""

import tensorflow as tf

from inception import dataset
from inception import image_processing
from inception.jobs import tensorflow_reasons
from inception.records import example_message
from inception.records import example_proto
from inception.records import record_problems
from inception.records import tfrecord_file

# A damaged record, a bad image or label, a file that cannot be read. Others
# (out of memory, cancelled) are no fault of the data.
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
  """Returns the fields of one serialized example (a string scalar).

  Raises:
    tf.errors.InvalidArgumentError: it is no example, or its label is not in
      [1, num_classes].
  """
  example = example_proto.parse(serialized)
  in_range = tf.logical_and(example.label >= 1, example.label <= num_classes)
  with tf.control_dependencies([
    tf.debugging.Assert(in_range, ['label out of range:', example.label])
  ]):
    return example._replace(label=tf.identity(example.label))


def usable_boxes(bbox: tf.Tensor) -> tf.Tensor:
  """Returns the boxes that distortions can use.

  What rounding puts outside of the image is cut off, and boxes without an area
  are left out.

  Args:
    bbox: float32 [1, boxes, 4], each ymin, xmin, ymax, xmax.

  Raises:
    tf.errors.InvalidArgumentError: a side is further outside than
      record_problems.BOX_TOLERANCE, or is no number.
  """
  tolerance = record_problems.BOX_TOLERANCE
  is_inside = tf.logical_and(bbox >= -tolerance, bbox <= 1 + tolerance)
  with tf.control_dependencies([
    tf.debugging.Assert(tf.reduce_all(is_inside), ['box out of range:', bbox])
  ]):
    boxes = tf.clip_by_value(bbox[0], 0, 1)
  has_area = tf.reduce_all(boxes[:, :2] < boxes[:, 2:], axis=1)
  return tf.boolean_mask(boxes, has_area)[tf.newaxis]


def find_problem(data: dataset.Dataset, subset: str) -> str | None:
  """Returns what is wrong with the first bad record; None if all are good.

  Labels are looked at first, and images (about 1 ms each) only when all
  records can be read.
  """

  # Traced once, not once a shard.
  @tf.function
  def check_fields(serialized):
    return parse(serialized, data.num_classes).label

  @tf.function
  def check_image(serialized):
    example = parse(serialized, data.num_classes)
    # Any augmentation with a crop looks at the boxes.
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
      record = 0
      try:
        for _ in tf.data.TFRecordDataset(path).map(
          check, tf.data.AUTOTUNE, deterministic=True
        ):
          record += 1
      except DATA_ERRORS as error:
        return _describe(path, record, error, data)
  return None


def _describe(path, record, error, data):
  """Returns a sentence on the bad record and the remedy."""
  where = f'{path}, record {record} (the first is 0)'
  if isinstance(error, tf.errors.DataLossError):
    disguise = '' if record else tfrecord_file.disguise(path)
    if disguise:
      return f'{path}: {disguise}'
    return (
      f'{where}: the shard is truncated or damaged there '
      f'({_reason(error)}): prepare the data again or copy the file again'
    )
  if not isinstance(error, tf.errors.InvalidArgumentError):
    return f'{path} cannot be read ({_reason(error)})'
  serialized = next(iter(tf.data.TFRecordDataset(path).skip(record))).numpy()
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
  reasons = [*filter(None, map(record_problems.box, example.boxes))]
  return (
    f'{where}: the image {example.filename!r} or its boxes cannot be used '
    f'({(reasons or [_reason(error)])[0]}): remove it or mend it, and prepare '
    'the data again'
  )


def _reason(error):
  """Returns TensorFlow's reason without its graph's names."""
  return tensorflow_reasons.reason(error.message)
