"""Reads files into the network's input, in the same way as records.

Preparation makes an RGB JPEG of any file, and evaluation decodes that. Here a
file takes the same path, so that a photograph gets the same answer as its
record.

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
    views: float32 [num_views, size, size, 3] in [-1, 1]; None for a broken
      file.
    error: reason why there are no views; '' for a good file.
  """

  jpeg: bytes = b''
  views: tf.Tensor | None = None
  error: str = ''


class Reader:
  """Reads files and makes views of them."""

  def __init__(self, *, image_size: int, num_views: int = 1):
    """Prepares the decoding.

    Args:
      image_size: height and width of the views, in pixels.
      num_views: see image_processing.eval_views.

    Raises:
      ValueError: the number of views is not supported.
    """
    self._views = tf.function(
      lambda encoded: image_processing.eval_views(
        encoded, size=image_size, num_views=num_views
      ),
      input_signature=[tf.TensorSpec([], tf.string)],
      autograph=False,
    )
    # Traced here: concurrent threads would each trace it.
    self._views.get_concrete_function()

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
      jpeg = image_coder.encode(encoded).jpeg
      return Picture(jpeg=jpeg, views=self._views(jpeg))
    except image_coder.ImageError as error:
      return Picture(error=str(error))
    except tf.errors.InvalidArgumentError:
      return Picture(error='its pixels cannot be decoded')
