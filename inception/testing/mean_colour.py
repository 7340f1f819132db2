"""A stand-in for the network whose features are the mean colour.

MeanColour   the stand-in
PATCHES      attributes to set, so that it is taken for a network
"""

import tensorflow as tf

from inception import inception_model
from inception.inference import evaluation_network


class MeanColour:
  """Computes the mean colour of each image, times a weight."""

  compute_dtype = tf.float32

  def __init__(self, weight: float = 1.0):
    """Sets the weight."""
    self.feature_variables = {'w': tf.Variable(weight)}

  def features(self, images: tf.Tensor) -> tf.Tensor:
    """Returns the features of images, float32 [images, 3]."""
    return tf.reduce_mean(images, [1, 2]) * self.feature_variables['w']


# Arguments of monkeypatch.setattr.
PATCHES: tuple[tuple[object, str, object], ...] = (
  (inception_model, 'NUM_FEATURES', 3),
  (evaluation_network, 'EvaluationNetwork', lambda model: model),
)
