"""Parses a record with TensorFlow, within tf.data.

  parse            a serialized Example -> ParsedExample
  ParsedExample    the fields of a record that the input pipeline uses

example_message defines the fields, and writes and reads them without
TensorFlow.
"""

import typing

import tensorflow as tf

from inception.records import example_message

# Label of a record that has none. No class has this label, so the check of
# labels reports the record.
NO_LABEL = -1


class ParsedExample(typing.NamedTuple):
  """One record.

  Attributes:
    encoded: string scalar, the bytes of the image's JPEG (or PNG) file.
    label: int32 scalar; in [1, num_classes] in valid records, NO_LABEL if the
      record has none.
    bbox: float32 [1, boxes, 4], each ymin, xmin, ymax, xmax in [0, 1]; `boxes`
      is 0 if the record has none.
  """

  encoded: tf.Tensor
  label: tf.Tensor
  bbox: tf.Tensor


def parse(serialized: tf.Tensor) -> ParsedExample:
  """Returns the fields of one serialized Example (a string scalar).

  Boxes may be absent. An absent image reads as '' and an absent label as
  NO_LABEL. Other fields, such as the class's name, are not parsed.

  Raises:
    tf.errors.InvalidArgumentError: `serialized` is not an Example, or a field
      has the wrong type or number of values.
  """
  sides = {
    name: tf.io.FixedLenSequenceFeature([], tf.float32, allow_missing=True)
    for name in example_message.BOX_SIDES
  }
  fields = tf.io.parse_single_example(
    serialized,
    {
      example_message.ENCODED: tf.io.FixedLenFeature([], tf.string, ''),
      example_message.LABEL: tf.io.FixedLenFeature([], tf.int64, NO_LABEL),
      **sides,
    },
  )
  boxes = tf.stack([fields[name] for name in sides], axis=-1)
  return ParsedExample(
    encoded=fields[example_message.ENCODED],
    label=tf.cast(fields[example_message.LABEL], tf.int32),
    bbox=boxes[tf.newaxis],
  )
