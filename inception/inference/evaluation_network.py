"""The network of an InceptionModel in evaluation mode, with batch norm folded.

EvaluationNetwork   computes logits and features faster than the model itself

The folded weights are variables, so that the next checkpoint needs no new
trace.
"""

from collections.abc import Mapping

import tensorflow as tf

from inception import inception_model
from inception.inference import folded_network

# The files that define the computation: caches of its results depend on them.
SOURCE_FILES = (
  __file__,
  folded_network.__file__,
  *inception_model.SOURCE_FILES,
)


class EvaluationNetwork:
  """Folded copy of a model's weights, and the network that uses it.

  Its results equal those of the model in evaluation mode but for rounding.

  Attributes:
    variables: {checkpoint name: variable} of the model.
  """

  def __init__(self, model: inception_model.InceptionModel):
    """Copies the present weights of a model.

    Args:
      model: network whose weights may change; its variables are only read.
    """
    self.variables: Mapping[str, tf.Variable] = model.variables
    self._num_classes = model.num_classes
    self._compute_dtype = model.compute_dtype
    self._weights = {
      name: tf.Variable(value, trainable=False, dtype=model.compute_dtype)
      for name, value in self._folded().items()
    }

  def _folded(self) -> dict[str, tf.Tensor]:
    values = {
      name: variable.numpy()
      for name, variable in self.variables.items()
      if not name.startswith(inception_model.AUX_HEAD)
    }
    return {
      name: tf.cast(value, self._compute_dtype)
      for name, value in folded_network.fold(values).items()
    }

  def update(self) -> None:
    """Copies the model's weights again, after they have changed."""
    for name, value in self._folded().items():
      self._weights[name].assign(value)

  def inference(
    self, images: tf.Tensor, *, is_training: bool = False
  ) -> inception_model.Outputs:
    """Classifies images.

    Args:
      images: float [batch, size, size, 3], in [-1, 1].
      is_training: must be False; it exists so that this network can take the
        place of its model.

    Returns:
      Outputs without aux_logits.

    Raises:
      ValueError: is_training is True.
    """
    if is_training:
      raise ValueError('the folded network has no training mode')
    return inception_model.folded(
      images,
      {
        name: tf.convert_to_tensor(variable)
        for name, variable in self._weights.items()
      },
      num_classes=self._num_classes,
      compute_dtype=self._compute_dtype,
    )

  def features(self, images: tf.Tensor) -> tf.Tensor:
    """Computes the input of the last layer.

    Args:
      images: float [batch, size, size, 3], in [-1, 1].

    Returns:
      float32 [batch, 2048].
    """
    outputs = self.inference(images)
    return tf.cast(outputs.end_points['features'], tf.float32)
