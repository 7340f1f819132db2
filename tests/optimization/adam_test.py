"""Tests of inception.optimization.adam."""

import numpy as np
import tensorflow as tf

from inception.optimization import adam


def test_update_follows_the_papers_formula():
  rng = np.random.default_rng(0)
  value = rng.normal(size=5)
  variable = tf.Variable(value, dtype=tf.float32)
  optimizer = adam.Adam({'w': variable})
  mean, variance = np.zeros(5), np.zeros(5)
  for n, rate in enumerate((0.1, 0.1, 0.01), start=1):
    gradient = rng.normal(size=5)
    optimizer.apply(
      {'w': tf.constant(gradient, tf.float32)},
      tf.constant(rate),
      tf.constant(n - 1, tf.int64),
    )
    mean = 0.9 * mean + 0.1 * gradient
    variance = 0.99 * variance + 0.01 * gradient**2
    value = value - rate * (mean / (1 - 0.9**n)) / (
      np.sqrt(variance / (1 - 0.99**n)) + 1e-8
    )
    np.testing.assert_allclose(variable, value, rtol=1e-4)
  assert list(optimizer.slots) == ['w/Adam', 'w/Adam_1']
  np.testing.assert_allclose(optimizer.slots['w/Adam'], mean, rtol=1e-4)
  np.testing.assert_allclose(optimizer.slots['w/Adam_1'], variance, rtol=1e-4)


def test_adamw_decays_only_weights_before_the_adam_update():
  values = np.array([0.5, -2.0, 0.0])
  gradient = np.array([0.3, -0.1, 0.2])
  names = 'conv0/weights', 'conv0/BatchNorm/beta', 'logits/weights_scale'
  variables = {name: tf.Variable(values, dtype=tf.float32) for name in names}
  adamw = adam.AdamW(variables, weight_decay=0.05)
  adamw.apply(
    {name: tf.constant(gradient, tf.float32) for name in names},
    tf.constant(0.1),
    tf.constant(0, tf.int64),
  )
  step = 0.1 * gradient / (np.abs(gradient) + 1e-8)
  np.testing.assert_allclose(
    variables[names[0]], values * (1 - 0.1 * 0.05) - step, rtol=1e-5
  )
  for name in names[1:]:
    np.testing.assert_allclose(variables[name], values - step, rtol=1e-5)


def test_adamw_has_the_slots_of_adam():
  variables = {'conv0/weights': tf.Variable([1.0])}
  assert list(adam.AdamW(variables).slots) == list(adam.Adam(variables).slots)


def test_adamw_without_decay_equals_adam():
  values = {}
  for optimizer in (adam.Adam, adam.AdamW):
    values[optimizer] = tf.Variable([1.0, -1.0])
    optimizer({'a/weights': values[optimizer]}).apply(
      {'a/weights': tf.constant([0.5, 3.0])},
      tf.constant(0.1),
      tf.constant(0, tf.int64),
    )
  np.testing.assert_array_equal(values[adam.Adam], values[adam.AdamW])
