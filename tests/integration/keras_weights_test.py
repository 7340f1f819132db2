"""Tests that Keras' InceptionV3 and ours agree on weights saved by Keras."""

import keras
import numpy as np
import tensorflow as tf

from inception import inception_model
from inception.checkpoints import checkpoint

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


def test_logits_equal_those_of_keras(tmp_path):
  rng = np.random.default_rng(0)
  keras_model = _random_keras_model(rng)
  images = tf.constant(rng.uniform(-1, 1, (2, _SIZE, _SIZE, 3)), tf.float32)
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
