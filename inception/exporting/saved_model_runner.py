"""Runs a SavedModel of an export as its user would.

Runner   loads a SavedModel and computes the probabilities of files
"""

import os
from collections.abc import Sequence

import numpy as np
import tensorflow as tf


class Runner:
  """A loaded SavedModel.

  Attributes:
    signatures: {name: function}.
  """

  def __init__(self, folder: str | os.PathLike):
    """Loads the SavedModel.

    Args:
      folder: folder of the SavedModel.
    """
    # This reference keeps the functions alive.
    self._loaded = tf.saved_model.load(os.fspath(folder))
    self.signatures = self._loaded.signatures

  def of_files(self, encoded: Sequence[bytes]) -> np.ndarray:
    """Returns the probabilities of encoded pictures, float32 [files, classes].

    Raises:
      tf.errors.InvalidArgumentError: one of them is not an image.
    """
    outputs = self.signatures['serving_default'](
      image_bytes=tf.constant(list(encoded))
    )
    return outputs['probabilities'].numpy()

  def logits(self, images: tf.Tensor) -> np.ndarray:
    """Returns the logits of pixels, float32 [batch, num_classes + 1].

    Args:
      images: float32 [batch, size, size, 3] in [-1, 1].
    """
    return self.signatures['predict'](images=images)['logits'].numpy()
