"""Tests of inception.optimization.rmsprop."""

import numpy as np
import tensorflow as tf

from inception.optimization import rmsprop


def test_update_follows_tf1s_formula():
  rng = np.random.default_rng(0)
  value = rng.normal(size=5)
  variable = tf.Variable(value, dtype=tf.float32)
  optimizer = rmsprop.RMSProp({'w': variable})
  mean_square, momentum = np.ones(5), np.zeros(5)
  for rate in (0.1, 0.1, 0.01):
    gradient = rng.normal(size=5)
    optimizer.apply(
      {'w': tf.constant(gradient, tf.float32)},
      tf.constant(rate),
      tf.constant(0, tf.int64),
    )
    mean_square = 0.9 * mean_square + 0.1 * gradient**2
    momentum = 0.9 * momentum + rate * gradient / np.sqrt(mean_square + 1.0)
    value = value - momentum
    np.testing.assert_allclose(variable, value, rtol=1e-5)
  assert list(optimizer.slots) == ['w/RMSProp', 'w/RMSProp_1']
  np.testing.assert_allclose(
    optimizer.slots['w/RMSProp'], mean_square, rtol=1e-5
  )
  np.testing.assert_allclose(
    optimizer.slots['w/RMSProp_1'], momentum, rtol=1e-4
  )
