"""Tests that Keras' InceptionV3 and ours agree on each other's weights."""

import re

import keras
import numpy as np
import pytest
import tensorflow as tf

from inception import inception_model
from inception.checkpoints import checkpoint
from inception.checkpoints import conversion
from inception.checkpoints import keras_writer

_SIZE = 75  # The smallest size; the weights do not depend on it.


def _random_keras_model(rng):
  model = keras.applications.InceptionV3(
    weights=None,
    input_shape=(_SIZE, _SIZE, 3),
    classes=1000,
    classifier_activation=None,
  )
  for layer in model.layers:
    shapes = [value.shape for value in layer.get_weights()]
    if isinstance(layer, keras.layers.BatchNormalization):
      beta, mean, variance = shapes
      layer.set_weights([
        rng.normal(0, 0.1, beta),
        rng.normal(0, 0.1, mean),
        rng.uniform(0.5, 1.5, variance),
      ])
    elif shapes:
      # He's initialisation keeps the signal's scale through all layers.
      layer.set_weights([
        rng.normal(0, np.sqrt(2 / np.prod(shape[:-1])), shape)
        for shape in shapes
      ])
  return model


@pytest.fixture(scope='module', name='keras_model')
def _keras_model():
  return _random_keras_model(np.random.default_rng(0))


@pytest.fixture(scope='module', name='images')
def _images():
  rng = np.random.default_rng(1)
  return tf.constant(rng.uniform(-1, 1, (2, _SIZE, _SIZE, 3)), tf.float32)


def test_logits_equal_those_of_keras(keras_model, images, tmp_path):
  expected = keras_model(images, training=False).numpy()
  path = str(tmp_path / 'inception_v3.weights.h5')
  keras_model.save_weights(path)
  model = inception_model.InceptionModel(num_classes=1000)
  report = checkpoint.restore_pretrained(path, model.variables)
  assert len(report.matched) == 378
  assert not report.skipped
  logits = model.inference(images, is_training=False).logits.numpy()
  largest = np.abs(expected).max()
  assert np.std(expected) > 0.01
  # The background class comes first; its value is the others' mean.
  np.testing.assert_allclose(logits[:, 1:], expected, atol=1e-5 * largest)
  np.testing.assert_allclose(
    logits[:, 0], expected.mean(axis=1), atol=1e-5 * largest
  )


def test_keras_loads_converted_weights(keras_model, images, tmp_path):
  """Converts Keras' own weights there and back.

  Keras matches the layers by their order in the file, so that a wrong order
  would give other logits, or an error.
  """
  expected = keras_model(images, training=False).numpy()
  keras_model.save_weights(tmp_path / 'keras.weights.h5')
  before = [value.copy() for value in keras_model.get_weights()]
  ours, path = str(tmp_path / 'ours.ckpt'), str(tmp_path / 'converted.h5')
  conversion.convert(tmp_path / 'keras.weights.h5', ours, to='2016')
  conversion.convert(ours, path, to='keras')
  keras_model.set_weights([0 * value for value in before])
  keras_model.load_weights(path)
  for value, loaded in zip(before, keras_model.get_weights(), strict=True):
    np.testing.assert_array_equal(value, loaded)
  np.testing.assert_array_equal(
    keras_model(images, training=False).numpy(), expected
  )


def test_layers_are_written_in_the_order_of_keras(keras_model):
  def numbered(names):
    """Replaces the numbers of the layers of a kind by 0, 1, 2 ..."""
    kinds = [re.sub(r'_\d+$', '', name) for name in names]
    numbers = [int((re.findall(r'_(\d+)$', name) or [0])[0]) for name in names]
    first = {
      kind: min(n for k, n in zip(kinds, numbers) if k == kind)
      for kind in kinds
    }
    return [(kind, n - first[kind]) for kind, n in zip(kinds, numbers)]

  assert numbered([
    layer.name for layer in keras_model.layers if layer.weights
  ]) == numbered(keras_writer.layer_names(include_top=True))
