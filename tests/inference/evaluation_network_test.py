"""Tests of evaluation_network against the model whose weights it copies."""

import numpy as np
import pytest
import tensorflow as tf

from inception.inference import evaluation_network
from inception.testing import golden_model

IMAGES = golden_model.images(1000, 2)[:, :75, :75]


@pytest.fixture(scope='module')
def model():
  return golden_model.make()


@pytest.fixture(scope='module')
def network(model):
  return evaluation_network.EvaluationNetwork(model)


def assert_near(ours, expected):
  atol = 1e-5 * np.abs(expected).max()
  np.testing.assert_allclose(ours, expected, rtol=0, atol=atol)


def test_update_takes_over_new_weights_without_a_new_trace(model, network):
  traces = []

  @tf.function
  def run(images):
    traces.append(images.shape)
    outputs = network.inference(images)
    return outputs.logits, outputs.end_points['features']

  for factor in (1.0, 1.5):
    beta = model.variables['conv0/BatchNorm/beta']
    beta.assign(factor * beta)
    network.update()
    expected = model.inference(IMAGES, is_training=False)
    logits, features = run(IMAGES)
    assert_near(logits, expected.logits)
    assert_near(features, expected.end_points['features'])
  assert len(traces) == 1


def test_features_are_those_of_the_model(model, network):
  network.update()
  features = network.features(IMAGES)
  assert features.dtype == tf.float32
  assert_near(features, model.features(IMAGES))


def test_variables_are_those_of_the_model(model, network):
  assert network.variables == model.variables


def test_training_is_refused(network):
  with pytest.raises(ValueError, match='no training mode'):
    network.inference(IMAGES, is_training=True)
