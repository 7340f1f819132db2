"""Decides in a TensorFlow graph whether a colour profile is sRGB's.

  is_srgb   colour profile (ICC) -> bool

Phones and cameras embed profiles with three primaries (ICC.1:2022, section
8.3.3), which are compared with those of sRGB. A profile of another kind has no
primaries, and does not count as sRGB.

images/colour_profiles converts colours with LittleCMS, which a graph cannot
call.
"""

import tensorflow as tf

from inception.exporting import byte_ops

_TABLE = 128  # Position of the number of tags; the table follows.
_ROW_BYTES = 12  # Signature, position and size of a tag.
_VALUES = 8  # Position of the numbers in a tag, 16.16 fixed-point.
_FIXED = 65_536
# X, Y and Z of sRGB's primaries, adapted to the D50 white point of profiles.
_PRIMARIES = {
  b'rXYZ': (0.4361, 0.2225, 0.0139),
  b'gXYZ': (0.3851, 0.7169, 0.0971),
  b'bXYZ': (0.1431, 0.0606, 0.7141),
}
# Profiles distributed as sRGB differ by 0.001; Display P3 by 0.08.
_TOLERANCE = 0.01


def is_srgb(profile: tf.Tensor) -> tf.Tensor:
  """Returns whether the primaries are those of sRGB; True for no profile.

  Args:
    profile: string scalar, the beginning of a colour profile, or ''.
  """
  return tf.cond(
    tf.equal(tf.strings.length(profile), 0),
    lambda: tf.constant(True),
    lambda: _has_srgb_primaries(profile),
  )


def _has_srgb_primaries(profile: tf.Tensor) -> tf.Tensor:
  rows = byte_ops.table(
    profile,
    tf.constant(_TABLE + 4),
    byte_ops.number(byte_ops.numbers(profile, _TABLE, 4)),
    row_bytes=_ROW_BYTES,
  )
  names = byte_ops.number(rows[:, :4])
  positions = byte_ops.number(rows[:, 4:8])
  return tf.reduce_all([
    _is_near(profile, positions, names, name, expected)
    for name, expected in _PRIMARIES.items()
  ])


def _is_near(
  profile: tf.Tensor,
  positions: tf.Tensor,
  names: tf.Tensor,
  name: bytes,
  expected: tuple[float, float, float],
) -> tf.Tensor:
  """Returns whether a tag exists and has about the three expected numbers."""
  matches = tf.boolean_mask(
    positions, tf.equal(names, int.from_bytes(name, 'big'))
  )
  position = tf.concat([matches, [tf.int32.max]], axis=0)[0]
  values = byte_ops.numbers(
    profile, tf.minimum(position, tf.int32.max - _VALUES) + _VALUES, 12
  )
  xyz = tf.cast(byte_ops.number(tf.reshape(values, [3, 4])), tf.float32)
  return tf.reduce_all(tf.abs(xyz / _FIXED - expected) < _TOLERANCE)
