"""Reads numbers out of strings of bytes in a TensorFlow graph.

substr   part of a string, which may begin or end beyond its end
numbers  bytes as numbers
number   bytes as one number
table    equally long rows of bytes
"""

import tensorflow as tf


def substr(
  text: tf.Tensor, position: tf.Tensor | int, length: tf.Tensor | int
) -> tf.Tensor:
  """Returns a part of a string, cut off at its end.

  Args:
    text: string scalar.
    position: int32 scalar, counted from 0.
    length: int32 scalar, number of bytes.
  """
  position = tf.clip_by_value(position, 0, tf.strings.length(text))
  return tf.strings.substr(text, position, tf.maximum(length, 0))


def numbers(
  text: tf.Tensor, position: tf.Tensor | int, count: int
) -> tf.Tensor:
  """Returns bytes as numbers, int32 [count]; 0 beyond the end of the string."""
  values = tf.cast(
    tf.io.decode_raw(substr(text, position, count), tf.uint8), tf.int32
  )
  padded = tf.pad(values, [[0, count - tf.size(values)]])
  return tf.ensure_shape(padded, [count])


def number(
  parts: tf.Tensor, *, is_little: tf.Tensor | bool = False
) -> tf.Tensor:
  """Returns the unsigned numbers that rows of bytes encode.

  Args:
    parts: int32 [..., count], with count at most 4.
    is_little: whether the first byte is the least significant; bool scalar.

  Returns:
    int32 [...]; 2**31 - 1 for larger numbers.
  """
  parts = tf.where(is_little, tf.reverse(parts, [-1]), parts)
  scale = tf.constant([2**24, 2**16, 2**8, 1], tf.int64)
  values = tf.cast(parts, tf.int64) * scale[4 - parts.shape[-1] :]
  return tf.cast(
    tf.minimum(tf.reduce_sum(values, axis=-1), 2**31 - 1), tf.int32
  )


def table(
  text: tf.Tensor, position: tf.Tensor, num_rows: tf.Tensor, *, row_bytes: int
) -> tf.Tensor:
  """Returns rows of bytes as numbers, int32 [rows in the string, row_bytes].

  Args:
    text: string scalar.
    position: int32 scalar, position of the first row.
    num_rows: int32 scalar; fewer are returned if the string ends earlier.
    row_bytes: number of bytes in a row.
  """
  # No table of EXIF or ICC has more rows; a product could overflow.
  num_rows = tf.minimum(num_rows, 2**16)
  values = tf.cast(
    tf.io.decode_raw(substr(text, position, row_bytes * num_rows), tf.uint8),
    tf.int32,
  )
  rows = tf.size(values) // row_bytes
  return tf.reshape(values[: rows * row_bytes], [rows, row_bytes])
