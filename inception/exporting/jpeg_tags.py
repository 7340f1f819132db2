"""Reads a JPEG's header in a TensorFlow graph.

TensorFlow's decoders ignore the EXIF orientation, and a program that serves an
exported model has no Python to read it. This module reads the markers with
string operations (ITU-T T.81, annex B; EXIF 2.3, section 4.6.2), as
images/jpeg_markers and Pillow do in Python.

  read   encoded JPEG -> Tags
  Tags   orientation, number of components, colour profile
"""

from typing import NamedTuple

import tensorflow as tf

from inception.exporting import byte_ops

# Second bytes of markers; the first is 0xFF.
_START_OF_SCAN, _END_OF_IMAGE = 0xDA, 0xD9
_APP1, _APP2 = 0xE1, 0xE2
_FIRST_FRAME, _LAST_FRAME = 0xC0, 0xCF
_NO_FRAMES = (0xC4, 0xC8, 0xCC)  # Tables and a reserved marker.
# Fill bytes, and bytes that only look like a marker.
_WITHOUT_LENGTH = (0x00, 0x01, 0xFF, *range(0xD0, 0xD9))
_EXIF = b'Exif\0\0'
_PROFILE = b'ICC_PROFILE\0'
# The position of the number of components in a frame's content.
_COMPONENTS = 5

_ORIENTATION = 0x0112
_LONG = 4  # The type of a value of 4 bytes.
_ENTRY_BYTES = 12


class Tags(NamedTuple):
  """The header of a JPEG.

  Attributes:
    orientation: int32 scalar, the EXIF orientation, 1 to 8; 1 if unknown.
    num_components: int32 scalar: 1 for grey, 3 for colours, 4 for CMYK; 0 if
      there is no frame.
    profile: string scalar, the first part of the colour profile; '' if there is
      none.
  """

  orientation: tf.Tensor
  num_components: tf.Tensor
  profile: tf.Tensor


class _State(NamedTuple):
  """State of the loop over the segments."""

  position: tf.Tensor
  exif: tf.Tensor
  num_components: tf.Tensor
  profile: tf.Tensor


def read(encoded: tf.Tensor) -> Tags:
  """Reads the markers before the first scan.

  Args:
    encoded: string scalar, the content of a JPEG file. For other content
      the result is meaningless.
  """

  def is_header(*state: tf.Tensor) -> tf.Tensor:
    marker = _marker_at(encoded, _State(*state).position)
    return ~_is_one_of(marker, (_START_OF_SCAN, _END_OF_IMAGE))

  def step(*loop_state: tf.Tensor) -> _State:
    state = _State(*loop_state)
    marker = _marker_at(encoded, state.position)
    return tf.cond(
      _is_one_of(marker, _WITHOUT_LENGTH),
      lambda: state._replace(position=state.position + 1),
      lambda: _after_segment(encoded, marker, state),
    )

  state = _State(
    *tf.while_loop(
      is_header,
      step,
      _State(
        position=tf.minimum(2, tf.strings.length(encoded)),
        exif=tf.constant(b''),
        num_components=tf.constant(0),
        profile=tf.constant(b''),
      ),
      parallel_iterations=1,
    )
  )
  return Tags(
    orientation=tf.cond(
      tf.equal(tf.strings.length(state.exif), 0),
      lambda: tf.constant(1),
      lambda: orientation(state.exif),
    ),
    num_components=state.num_components,
    profile=state.profile,
  )


def orientation(exif: tf.Tensor) -> tf.Tensor:
  """Returns the orientation that EXIF gives.

  Args:
    exif: string scalar, a TIFF header and its first directory.

  Returns:
    int32 scalar, 1 to 8; 1 if the tag is absent or invalid.
  """
  is_little = tf.equal(byte_ops.substr(exif, 0, 2), b'II')

  def number(parts: tf.Tensor) -> tf.Tensor:
    return byte_ops.number(parts, is_little=is_little)

  # A position near the largest number would overflow.
  start = tf.minimum(number(byte_ops.numbers(exif, 4, 4)), 2**30)
  rows = byte_ops.table(
    exif,
    start + 2,
    number(byte_ops.numbers(exif, start, 2)),
    row_bytes=_ENTRY_BYTES,
  )
  values = tf.where(
    tf.equal(number(rows[:, 2:4]), _LONG),
    number(rows[:, 8:12]),
    number(rows[:, 8:10]),
  )
  # The last entry counts where there are several, as in Pillow.
  matches = tf.boolean_mask(values, tf.equal(number(rows[:, :2]), _ORIENTATION))
  value = tf.concat([[1], matches], axis=0)[-1]
  return tf.where((value >= 1) & (value <= 8), value, 1)


def _marker_at(encoded: tf.Tensor, position: tf.Tensor) -> tf.Tensor:
  """Returns the second byte of a marker; the end marker at the end."""
  first, second = tf.unstack(byte_ops.numbers(encoded, position, 2))
  marker = tf.where(tf.equal(first, 0xFF), second, 0)
  is_inside = position + 1 < tf.strings.length(encoded)
  return tf.where(is_inside, marker, _END_OF_IMAGE)


def _after_segment(
  encoded: tf.Tensor, marker: tf.Tensor, state: _State
) -> _State:
  """Returns the state after the segment at its position."""
  start = state.position + 4
  size = byte_ops.number(byte_ops.numbers(encoded, state.position + 2, 2))
  end = state.position + 2 + tf.maximum(size, 2)
  content = byte_ops.substr(encoded, start, end - start)
  is_frame = (
    (marker >= _FIRST_FRAME)
    & (marker <= _LAST_FRAME)
    & ~_is_one_of(marker, _NO_FRAMES)
  )
  return _State(
    position=end,
    exif=_first(
      state.exif, content, tf.equal(marker, _APP1), _EXIF, len(_EXIF)
    ),
    num_components=tf.where(
      is_frame & tf.equal(state.num_components, 0),
      byte_ops.numbers(encoded, start + _COMPONENTS, 1)[0],
      state.num_components,
    ),
    # Each part begins with its number and the number of parts.
    profile=_first(
      state.profile,
      content,
      tf.equal(marker, _APP2),
      _PROFILE,
      len(_PROFILE) + 2,
    ),
  )


def _first(
  previous: tf.Tensor,
  content: tf.Tensor,
  has_marker: tf.Tensor,
  signature: bytes,
  skipped: int,
) -> tf.Tensor:
  """Returns the content after its signature if it is the first of its kind."""
  matches = has_marker & tf.equal(
    byte_ops.substr(content, 0, len(signature)), signature
  )
  return tf.cond(
    matches & tf.equal(tf.strings.length(previous), 0),
    lambda: byte_ops.substr(content, skipped, tf.strings.length(content)),
    lambda: previous,
  )


def _is_one_of(value: tf.Tensor, values: tuple[int, ...]) -> tf.Tensor:
  return tf.reduce_any(tf.equal(value, values))
