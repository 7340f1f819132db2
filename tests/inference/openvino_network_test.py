"""Tests of openvino_network, by OpenVINO and by a stand-in for it.

OpenVINO is not among the locked packages. The stand-in runs the file that
OpenVINO would read by TensorFlow.
"""

import importlib.util
import pathlib
import sys
import types

import numpy as np
import pytest
import tensorflow as tf

from inception.inference import folded_network
from inception.inference import openvino_network
from inception.testing import golden_model
from inception.testing import goldens

IMAGES = golden_model.images(1000, 3)[:, :75, :75]


class Request:
  """Runs a frozen graph, and overwrites its results at each call."""

  def __init__(self, path, device, settings):
    assert device == 'CPU'
    self.settings = settings
    self._graph = tf.compat.v1.GraphDef.FromString(
      pathlib.Path(path).read_bytes()
    )
    self._results = {}

  def create_infer_request(self):
    return self

  def infer(self, inputs):
    (placeholder,) = [
      node.name for node in self._graph.node if node.op == 'Placeholder'
    ]
    consumed = {name for node in self._graph.node for name in node.input}
    ends = [
      f'{node.name}:0' for node in self._graph.node if node.name not in consumed
    ]
    function = tf.compat.v1.wrap_function(
      lambda: tf.compat.v1.import_graph_def(self._graph, name=''), []
    ).prune(f'{placeholder}:0', ends)
    values = function(tf.constant(inputs[0]))
    for name, value in zip(ends, values, strict=True):
      array = self._results.setdefault(name, np.empty(value.shape, np.float32))
      array[:] = value

  def get_tensor(self, name):
    return types.SimpleNamespace(data=self._results[name])


@pytest.fixture(scope='module')
def values():
  golden = goldens.load()
  return goldens.seeded_weights(golden['seed'], golden['num_classes'])


@pytest.fixture(scope='module')
def expected(values):
  return folded_network.FoldedNetwork(values, image_size=75)(IMAGES)


@pytest.fixture
def core(monkeypatch):
  made = []

  def compile_model(*arguments):
    made.append(Request(*arguments))
    return made[-1]

  module = types.ModuleType('openvino')
  module.Core = lambda: types.SimpleNamespace(compile_model=compile_model)
  monkeypatch.setitem(sys.modules, 'openvino', module)
  return made


@pytest.mark.parametrize(
  'dtype,hint', [(tf.float32, 'f32'), (tf.bfloat16, 'bf16')]
)
def test_graph_gives_all_results_of_the_folded_network(
  values, expected, core, dtype, hint
):
  network = openvino_network.OpenVinoNetwork(
    values, image_size=75, compute_dtype=dtype
  )
  assert core[0].settings['INFERENCE_PRECISION_HINT'] == hint
  assert network.num_classes == 5
  results = network(IMAGES)
  network(IMAGES[::-1])  # Must not change the results.
  for ours, theirs in zip(results, expected, strict=True):
    np.testing.assert_allclose(
      ours, theirs, rtol=0, atol=1e-5 * np.abs(theirs).max()
    )


def test_other_precisions_are_refused(values):
  with pytest.raises(ValueError, match='float32 or bfloat16, not in float16'):
    openvino_network.OpenVinoNetwork(
      values, image_size=75, compute_dtype=tf.float16
    )


@pytest.mark.skipif(
  importlib.util.find_spec('openvino') is None,
  reason='the optional package openvino is not installed',
)
@pytest.mark.parametrize(
  'dtype,atol', [(tf.float32, 1e-4), (tf.bfloat16, 0.02)]
)
def test_probabilities_of_openvino_are_tensorflows(
  values, expected, dtype, atol
):
  network = openvino_network.OpenVinoNetwork(
    values, image_size=75, compute_dtype=dtype
  )
  for images, logits in (
    (IMAGES, expected.logits),
    (IMAGES[:1], expected.logits[:1]),
  ):
    np.testing.assert_allclose(
      tf.nn.softmax(network(images).logits), tf.nn.softmax(logits), atol=atol
    )
