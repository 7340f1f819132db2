"""Turns encoded pictures into the network's input within a TensorFlow graph.

An exported model takes a photograph as a file's bytes and must see the same
pixels as `predict`, which converts each file to the RGB JPEG of a record and
decodes that (images/image_coder). The steps are the same here: a plain upright
colour JPEG is taken as it is; any other picture is decoded, turned as EXIF
says, composed with white, encoded as a JPEG of quality 95 and decoded again.
libjpeg-turbo does that in both programs, so that the pixels are equal.

  network_input   a batch of files -> images and notes
  as_record       one file -> the JPEG that a record would hold

Differences remain where TensorFlow has no operation: colours of a profile other
than sRGB are not converted, CMYK is converted with different rounding, and
samples of 16 bits are cut to their upper 8. A note reports each such picture.
"""

import tensorflow as tf

from inception import image_processing
from inception.exporting import byte_ops
from inception.exporting import colour_tags
from inception.exporting import jpeg_tags

# As image_coder encodes.
_QUALITY = 95
_PNG_SIGNATURE = b'\x89PNG\r\n\x1a\n'
_PNG_BIT_DEPTH = 24  # Position in the file; the colour type follows.
# A float32 with this high byte is in [0.5, 2).
_HIGH_BYTE = 0x3F
_PARALLEL = 8  # Number of pictures that are decoded at a time.

NOTE_PROFILE = 'colour profile not applied'
NOTE_CMYK = 'CMYK converted approximately'
NOTE_DEEP = '16 bits per sample cut to 8'


def network_input(
  encoded: tf.Tensor, *, size: int
) -> tuple[tf.Tensor, tf.Tensor]:
  """Decodes image files.

  Args:
    encoded: string [batch], contents of JPEG, PNG, BMP or GIF files.
    size: height and width of the network's input, in pixels.

  Returns:
    Images, float32 [batch, size, size, 3] in [-1, 1]; and notes, string
    [batch], '' for a picture that `predict` decodes to the same pixels.

  Raises:
    tf.errors.InvalidArgumentError: one of them is not an image.
  """

  def one(item: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    jpeg, note = as_record(item)
    return image_processing.eval_image(jpeg, size=size), note

  return tf.map_fn(
    one,
    encoded,
    fn_output_signature=(
      tf.TensorSpec([size, size, 3], tf.float32),
      tf.TensorSpec([], tf.string),
    ),
    parallel_iterations=_PARALLEL,
  )


def as_record(encoded: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
  """Returns the RGB JPEG that a record of the file would hold, and a note.

  Args:
    encoded: string scalar, the content of a file.

  Returns:
    Two string scalars; the note is '' if image_coder.encode makes the same
    pixels.
  """
  is_png = tf.equal(
    tf.strings.substr(encoded, 0, len(_PNG_SIGNATURE)), _PNG_SIGNATURE
  )
  return tf.cond(
    tf.io.is_jpeg(encoded),
    lambda: _of_jpeg(encoded),
    lambda: tf.cond(
      is_png,
      lambda: _of_png(encoded),
      lambda: (_encode(image_processing.decode(encoded)), tf.constant('')),
    ),
  )


def _of_jpeg(encoded: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
  tags = jpeg_tags.read(encoded)
  is_plain = tf.equal(tags.orientation, 1) & tf.equal(tags.num_components, 3)
  jpeg = tf.cond(
    is_plain,
    lambda: encoded,
    lambda: _encode(
      _upright(
        # Evaluation decodes records with the faster, less exact method;
        # preparation decodes files with this one.
        tf.io.decode_jpeg(encoded, channels=3, dct_method='INTEGER_ACCURATE'),
        tags.orientation,
      )
    ),
  )
  note = tf.where(
    tf.equal(tags.num_components, 4),
    NOTE_CMYK,
    tf.where(colour_tags.is_srgb(tags.profile), '', NOTE_PROFILE),
  )
  return jpeg, note


def _of_png(encoded: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
  depth, colour_type = tf.unstack(byte_ops.numbers(encoded, _PNG_BIT_DEPTH, 2))
  # libpng leaves the alpha of fewer than 8 bits unscaled.
  is_small_grey = tf.equal(colour_type, 0) & (depth < 8)
  pixels = tf.cond(
    is_small_grey,
    lambda: tf.io.decode_png(encoded, channels=3),
    lambda: _on_white(
      tf.ensure_shape(tf.io.decode_png(encoded, channels=4), [None, None, 4])
    ),
  )
  return _encode(pixels), tf.where(depth > 8, NOTE_DEEP, '')


def _encode(pixels: tf.Tensor) -> tf.Tensor:
  return tf.io.encode_jpeg(
    pixels, format='rgb', quality=_QUALITY, chroma_downsampling=False
  )


def _upright(pixels: tf.Tensor, orientation: tf.Tensor) -> tf.Tensor:
  """Turns a picture upright.

  Args:
    pixels: uint8 [height, width, 3].
    orientation: EXIF orientation, int32 scalar, 1 to 8.
  """
  pixels = tf.cond(
    orientation >= 5, lambda: _transposed(pixels), lambda: pixels
  )
  # Orientation after the transposition: 1 upright, 2 mirrored, 3 turned by
  # 180 degrees, 4 upside down.
  rest = tf.where(orientation >= 5, orientation - 4, orientation)
  pixels = tf.cond(
    tf.equal(rest, 2) | tf.equal(rest, 3),
    lambda: tf.reverse(pixels, [1]),
    lambda: pixels,
  )
  return tf.cond(rest >= 3, lambda: tf.reverse(pixels, [0]), lambda: pixels)


def _transposed(pixels: tf.Tensor) -> tf.Tensor:
  """Exchanges rows and columns, uint8 [height, width, 3].

  A pixel is moved as one float: oneDNN reports on stderr that it cannot
  transpose integers. The fourth byte makes it an ordinary number.
  """
  floats = tf.bitcast(
    tf.pad(pixels, [[0, 0], [0, 0], [0, 1]], constant_values=_HIGH_BYTE),
    tf.float32,
  )
  return tf.bitcast(tf.transpose(floats), tf.uint8)[..., :3]


def _on_white(pixels: tf.Tensor) -> tf.Tensor:
  """Composes a picture with white, in Pillow's integer arithmetic.

  A completely transparent picture is taken to be opaque, as in
  images/image_reader.

  Args:
    pixels: uint8 [height, width, 4].

  Returns:
    uint8 [height, width, 3].
  """
  colours, alpha = pixels[..., :3], pixels[..., 3:]
  # AlphaComposite.c: weights of 15 bits, and a division by 255 by shifts.
  weight = tf.cast(alpha, tf.int32) * 128
  total = tf.cast(colours, tf.int32) * weight + 255 * (255 * 128 - weight)
  total += 128 * 128
  shifted = tf.bitwise.right_shift(total, 8) + total
  blended = tf.bitwise.right_shift(shifted, 15)
  return tf.cond(
    tf.equal(tf.reduce_max(alpha), 0),
    lambda: colours,
    lambda: tf.cast(blended, tf.uint8),
  )
