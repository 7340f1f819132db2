"""The folded network in OpenVINO, an optional package, on the CPU.

OpenVinoNetwork   replaces folded_network.FoldedNetwork
PRECISIONS        names of the dtypes in which it can compute

OpenVINO reads the graph of FoldedNetwork, so that the two cannot differ in
anything but rounding.
"""

import importlib
import pathlib
import tempfile
from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from inception.inference import folded_network

_HINTS = {'float32': 'f32', 'bfloat16': 'bf16'}
PRECISIONS = tuple(_HINTS)


class OpenVinoNetwork:
  """Inception v3 in evaluation mode, with fixed weights.

  Attributes:
    num_classes: number of classes without the background class.
    classifier: see FoldedNetwork.
  """

  def __init__(
    self,
    values: Mapping[str, np.ndarray],
    *,
    image_size: int,
    compute_dtype: tf.DType = tf.float32,
  ):
    """Folds the weights and compiles the network.

    Args:
      values: {checkpoint name: value} of the network's variables; those of the
        auxiliary head are optional.
      image_size: height and width of the images in pixels, at least 75.
      compute_dtype: dtype of the network's arithmetic, one of PRECISIONS.

    Raises:
      ValueError: OpenVINO cannot compute in this dtype.
      ImportError: OpenVINO is not installed.
    """
    if compute_dtype.name not in PRECISIONS:
      raise ValueError(
        f'OpenVINO computes in {" or ".join(PRECISIONS)}, not in '
        f'{compute_dtype.name}'
      )
    # Its file holds float32 weights, which OpenVINO rounds itself.
    network = folded_network.FoldedNetwork(values, image_size=image_size)
    self.num_classes = network.num_classes
    self.classifier = network.classifier
    graph, self._outputs = network.graph()
    core = importlib.import_module('openvino').Core()
    with tempfile.TemporaryDirectory() as folder:
      path = pathlib.Path(folder, 'network.pb')
      path.write_bytes(graph.SerializeToString())
      self._request = core.compile_model(
        str(path),
        'CPU',
        {
          'PERFORMANCE_HINT': 'LATENCY',
          'INFERENCE_PRECISION_HINT': _HINTS[compute_dtype.name],
        },
      ).create_infer_request()

  def __call__(self, images: tf.Tensor) -> folded_network.Results:
    """Classifies images.

    Args:
      images: float [batch, image_size, image_size, 3], in [-1, 1].
    """
    self._request.infer({0: tf.cast(images, tf.float32).numpy()})
    # The next call overwrites the request's own arrays.
    return folded_network.Results(
      *(
        tf.constant(self._request.get_tensor(name).data)
        for name in self._outputs
      )
    )
