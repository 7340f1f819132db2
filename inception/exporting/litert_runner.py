"""Runs a LiteRT (TFLite) file as an app does.

Runner   classifies images with a file

The interpreter is TensorFlow's own. Its deprecation warning recommends the
package ai-edge-litert, which has the same interface and gives the same answers
(checked with 2.3.0). The warning is suppressed: the locked TensorFlow 2.21 has
the interpreter, and that package would add 58 MB. When a TensorFlow without it
is locked, replacing tf.lite.Interpreter is the only change.
"""

import os
import pathlib
import warnings

import numpy as np
import tensorflow as tf

from inception.exporting import litert_metadata
from inception.jobs import standard_error


class Runner:
  """A LiteRT file, loaded.

  Attributes:
    takes_pixels: whether the file's input is uint8 pixels rather than float32
      in [-1, 1].
  """

  def __init__(
    self, path: str | os.PathLike, *, num_threads: int | None = None
  ):
    """Loads a file.

    Args:
      path: path of the file.
      num_threads: number of threads; None takes one per processor.

    Raises:
      OSError: the file cannot be read.
      ValueError: the file is not a LiteRT model.
    """
    # The interpreter itself cannot open every path of Windows.
    content = pathlib.Path(path).read_bytes()
    with warnings.catch_warnings(), standard_error.silenced():
      warnings.simplefilter('ignore')
      self._interpreter = tf.lite.Interpreter(
        model_content=content, num_threads=num_threads or os.cpu_count()
      )
      self._interpreter.allocate_tensors()
    self._input = self._interpreter.get_input_details()[0]
    self._output = self._interpreter.get_output_details()[0]
    self.takes_pixels = self._input['dtype'] == np.uint8

  def __call__(self, images: np.ndarray) -> np.ndarray:
    """Classifies images.

    Args:
      images: float32 [batch, image_size, image_size, 3], in [-1, 1].

    Returns:
      Probabilities, float64 [batch, num_classes + 1]. Column 0 is the
      background's: 1 minus the sum of the file's output, but at least 0.
    """
    self._resize(images.shape)
    self._interpreter.set_tensor(self._input['index'], self._quantized(images))
    self._interpreter.invoke()
    probabilities = self._dequantized(
      self._interpreter.get_tensor(self._output['index'])
    )
    background = np.maximum(0, 1 - probabilities.sum(axis=1, keepdims=True))
    return np.concatenate([background, probabilities], axis=1)

  def _resize(self, shape: tuple[int, ...]) -> None:
    """Sets the batch size, and allocates memory for it."""
    details = self._interpreter.get_input_details()[0]
    if tuple(details['shape']) != shape:
      with standard_error.silenced():
        self._interpreter.resize_tensor_input(
          self._input['index'], shape, strict=True
        )
        self._interpreter.allocate_tensors()

  def _quantized(self, images: np.ndarray) -> np.ndarray:
    """Returns images in the dtype and range of the file's input."""
    if not self.takes_pixels:
      return np.asarray(images, np.float32)
    pixels = images * litert_metadata.PIXEL_STD + litert_metadata.PIXEL_MEAN
    return np.clip(np.rint(pixels), 0, 255).astype(np.uint8)

  def _dequantized(self, output: np.ndarray) -> np.ndarray:
    """Returns the file's output as numbers in [0, 1]."""
    scale, zero_point = self._output['quantization']
    if not scale:  # A file of floats.
      return output.astype(np.float64)
    return (output.astype(np.float64) - zero_point) * scale
