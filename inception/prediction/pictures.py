"""Reads files into the network's input, in the same way as records.

Preparation makes an RGB JPEG of any file, and evaluation decodes that. Here a
file takes the same path, so that a photograph gets the same answer as its
record. A flawless JPEG is decoded once: the check for damage gives the very
pixels that evaluation decodes.

  Picture   one file's views, or the reason why there are none
  Reader    reads files; may be called in several threads
"""

import dataclasses
import pathlib

import tensorflow as tf

from inception import image_processing
from inception.images import image_coder


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Picture:
  """One file's views.

  Attributes:
    jpeg: RGB JPEG that a record of the file would hold; b'' for a broken file.
    views: float [num_views, size, size, 3] in [-1, 1], in the Reader's dtype;
      None for a broken file.
    error: reason why there are no views; '' for a good file.
  """

  jpeg: bytes = b''
  views: tf.Tensor | None = None
  error: str = ''


class Reader:
  """Reads files and makes views of them."""

  def __init__(
    self, *, image_size: int, num_views: int = 1, dtype: tf.DType = tf.float32
  ):
    """Prepares the decoding.

    Args:
      image_size: height and width of the views, in pixels.
      num_views: see image_processing.eval_views.
      dtype: dtype of the views: a network that computes in bfloat16 rounds them
        to it anyway, and their copies are half as large.

    Raises:
      ValueError: the number of views is not supported.
    """

    def views_of_jpeg(encoded: tf.Tensor) -> tf.Tensor:
      views = image_processing.eval_views(
        encoded, size=image_size, num_views=num_views
      )
      return tf.cast(views, dtype)

    def views_of_pixels(image: tf.Tensor) -> tf.Tensor:
      views = image_processing.pixel_views(
        image, size=image_size, num_views=num_views
      )
      return tf.cast(views, dtype)

    # Traced here: concurrent threads would each trace it.
    self._of_jpeg, self._of_pixels = (
      tf.function(
        function, input_signature=[spec], autograph=False
      ).get_concrete_function()
      for function, spec in (
        (views_of_jpeg, tf.TensorSpec([], tf.string)),
        (views_of_pixels, tf.TensorSpec([None, None, 3], tf.uint8)),
      )
    )

  def __call__(self, path: str) -> Picture:
    """Reads one file; an error is reported in the result."""
    try:
      encoded = pathlib.Path(path).read_bytes()
    except OSError as error:
      return Picture(error=error.strerror or str(error))
    except ValueError as error:  # A zero byte in a path.
      return Picture(error=str(error))
    return self.decode(encoded)

  def decode(self, encoded: bytes) -> Picture:
    """Decodes a file's bytes; an error is reported in the result."""
    try:
      image = image_coder.encode(encoded, with_pixels=True)
      if image.pixels is None:
        views = self._of_jpeg(tf.constant(image.jpeg))
      else:
        views = self._of_pixels(tf.constant(image.pixels))
      return Picture(jpeg=image.jpeg, views=views)
    except image_coder.ImageError as error:
      return Picture(error=str(error))
    except tf.errors.InvalidArgumentError:
      return Picture(error='its pixels cannot be decoded')
