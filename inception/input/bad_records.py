"""Which record of a subset cannot be used, and why.

  parse          one record, whose label is checked
  find_problem   the first bad record: its shard, its number and the remedy
  DATA_ERRORS    what TensorFlow raises for bad records

TensorFlow's own errors name neither file nor record. Carrying both along with
every example would cost each batch; reading again costs only who has a problem.
"""

import tensorflow as tf

from inception import dataset
from inception import image_processing
from inception.records import example_proto
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
        example.encoded, example.bbox, [0, 0], size=8, augmentation='light'
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
  serialized = next(iter(tf.data.TFRecordDataset(path).skip(record)))
  try:
    label = int(example_proto.parse(serialized).label)
  except tf.errors.InvalidArgumentError as parse_error:
    return (
      f'{where} is not an example of an image '
      f'({_reason(parse_error)}): prepare the data again'
    )
  if label == example_proto.NO_LABEL:
    return f'{where} has no image/class/label: prepare the data again'
  if label == 0:
    return (
      f'{where} has label 0, which is the unused background class here. '
      "TF-Slim's records count classes from 0; these programs count from "
      '1: prepare the data again with build_image_data'
    )
  if not 1 <= label <= data.num_classes:
    return (
      f'{where} has label {label}, but {data.name} has '
      f'{data.num_classes} classes, labelled 1 to {data.num_classes}: '
      'give the --data_dir of these classes, or prepare the data again'
    )
  features = tf.train.Example.FromString(serialized.numpy()).features.feature
  name = b''.join(features['image/filename'].bytes_list.value)
  name = name.decode('utf-8', 'replace')
  return (
    f'{where}: the image {name!r} or its boxes cannot be used '
    f'({_reason(error)}): remove it or mend it, and prepare the data '
    'again'
  )


def _reason(error):
  """Returns TensorFlow's reason without its graph's names."""
  text = error.message.split('\n')[0].split(' [Op:')[0]
  return text.rpartition('}} ')[2].rstrip('.')
