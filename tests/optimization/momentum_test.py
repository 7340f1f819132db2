"""Tests of inception.optimization.momentum."""

import numpy as np
import tensorflow as tf

from inception.optimization import momentum as momentum_lib


def test_update_follows_nesterovs_formula():
  rng = np.random.default_rng(0)
  value = rng.normal(size=5)
  variable = tf.Variable(value, dtype=tf.float32)
  sgd = momentum_lib.Momentum({'w': variable})
  momentum = np.zeros(5)
  for rate in (0.1, 0.1, 0.01):
    gradient = rng.normal(size=5)
    sgd.apply(
      {'w': tf.constant(gradient, tf.float32)},
      tf.constant(rate),
      tf.constant(0, tf.int64),
    )
    momentum = 0.9 * momentum + gradient
    value = value - rate * (gradient + 0.9 * momentum)
    np.testing.assert_allclose(variable, value, rtol=1e-5)
  assert list(sgd.slots) == ['w/Momentum']
  np.testing.assert_allclose(sgd.slots['w/Momentum'], momentum, rtol=1e-5)
