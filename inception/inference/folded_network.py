"""Inception v3 for inference alone: batch norm folded, weights as constants.

In evaluation, batch norm is one factor and one offset per channel, the same for
every image. A convolution whose weights are multiplied by the factor, with the
offset as its biases, gives the same result in one pass (arXiv 1712.05877,
section 3.2):

  weights' = weights / sqrt(moving_variance + epsilon)
  biases'  = beta - moving_mean / sqrt(moving_variance + epsilon)

Inception v3 has no gamma. Constants in place of variables let oneDNN convert
each weight to the layout of its kernels once, rather than at every call. The
auxiliary head is left out.

  fold            folds the values of a checkpoint
  FoldedNetwork   the network
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from inception import inception_model

_BATCH_NORM = '/BatchNorm/'
_WEIGHTS = '/weights'
_CLASSIFIER_WEIGHTS = 'logits/logits/weights'
_CLASSIFIER_BIASES = 'logits/logits/biases'
_LAST_MAPS = 'mixed_8x8x2048b'


class Results(NamedTuple):
  """Outputs of the network for a batch.

  Attributes:
    logits: float32 [batch, num_classes + 1]; column 0 is the background class.
    features: input of the last layer, float32 [batch, 2048].
    maps: [batch, height, width, 2048] in the dtype of the arithmetic; the mean
      over height and width is `features`.
  """

  logits: tf.Tensor
  features: tf.Tensor
  maps: tf.Tensor


def fold(values: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
  """Returns float32 weights and biases without batch norm.

  Args:
    values: {checkpoint name: value} of the network's variables.
  """
  folded = {}
  for name, value in values.items():
    layer = name.removesuffix(_WEIGHTS)
    if _BATCH_NORM in name:
      continue
    if layer + _BATCH_NORM + 'beta' not in values:  # A classifier head.
      folded[name] = np.asarray(value, np.float32)
      continue
    beta, mean, variance = (
      np.asarray(values[layer + _BATCH_NORM + part], np.float64)
      for part in ('beta', 'moving_mean', 'moving_variance')
    )
    factor = 1 / np.sqrt(variance + inception_model.BATCH_NORM_EPSILON)
    folded[name] = (value * factor).astype(np.float32)
    folded[f'{layer}/biases'] = (beta - mean * factor).astype(np.float32)
  return folded


class FoldedNetwork:
  """Inception v3 in evaluation mode, with fixed weights.

  Attributes:
    num_classes: number of classes without the background class.
    classifier: weights and biases of the last layer, float32
      [2048, num_classes + 1] and [num_classes + 1].
  """

  def __init__(
    self,
    values: Mapping[str, np.ndarray],
    *,
    image_size: int,
    compute_dtype: tf.DType = tf.float32,
    as_constants: bool = True,
  ):
    """Folds the weights; the first call traces the network.

    Args:
      values: {checkpoint name: value} of the network's variables; those of the
        auxiliary head are optional.
      image_size: height and width of the images in pixels, at least 75.
      compute_dtype: dtype of the network's arithmetic.
      as_constants: False saves a second in the first call and makes every
        call slower.
    """
    folded = fold(values)
    self.classifier = folded[_CLASSIFIER_WEIGHTS], folded[_CLASSIFIER_BIASES]
    self.num_classes = len(self.classifier[1]) - 1
    weights = {
      name: value.astype(compute_dtype.as_numpy_dtype)
      for name, value in folded.items()
    }
    if not as_constants:
      weights = {name: tf.constant(value) for name, value in weights.items()}

    def run(images: tf.Tensor) -> Results:
      outputs = inception_model.folded(
        images,
        # An array becomes a constant of the graph, a tensor an input.
        {name: tf.convert_to_tensor(value) for name, value in weights.items()},
        num_classes=self.num_classes,
        compute_dtype=compute_dtype,
      )
      return Results(
        logits=outputs.logits,
        features=tf.cast(outputs.end_points['features'], tf.float32),
        maps=outputs.end_points[_LAST_MAPS],
      )

    self._compute_dtype = compute_dtype
    self._run = tf.function(
      run,
      input_signature=[
        tf.TensorSpec([None, image_size, image_size, 3], compute_dtype)
      ],
      # No Python here depends on a tensor; AutoGraph would cost a second.
      autograph=False,
    )

  def __call__(self, images: tf.Tensor) -> Results:
    """Classifies images.

    Args:
      images: float [batch, image_size, image_size, 3], in [-1, 1].
    """
    return self._run(tf.cast(images, self._compute_dtype))

  def graph(self) -> tuple[tf.compat.v1.GraphDef, tuple[str, ...]]:
    """Returns the graph, and the names of the tensors of Results in order.

    The only placeholder is `images`. Needs as_constants=True.
    """
    graph = self._run.get_concrete_function().graph
    definition = graph.as_graph_def()
    nodes = {node.name: node for node in definition.node}
    names = tuple(tensor.name for tensor in graph.outputs)
    # Without the nodes of the auxiliary head, which would be outputs too.
    used: set[str] = set()
    unseen = [tensor.op.name for tensor in graph.outputs]
    while unseen:
      name = unseen.pop()
      if name not in used:
        used.add(name)
        unseen += [source.split(':')[0] for source in nodes[name].input]
    del definition.node[:]
    definition.node.extend(node for name, node in nodes.items() if name in used)
    return definition, names
