"""Tests of inception.optimizer."""

import math

import numpy as np
import pytest
import tensorflow as tf

from inception import optimizer
from inception.testing import goldens


def test_rmsprop_is_tf1s_formula():
  rng = np.random.default_rng(0)
  value = rng.normal(size=5)
  variable = tf.Variable(value, dtype=tf.float32)
  rmsprop = optimizer.RMSProp({'w': variable})
  mean_square, momentum = np.ones(5), np.zeros(5)
  for rate in (0.1, 0.1, 0.01):
    gradient = rng.normal(size=5)
    rmsprop.apply({'w': tf.constant(gradient, tf.float32)}, tf.constant(rate),
                  tf.constant(0, tf.int64))
    mean_square = 0.9 * mean_square + 0.1 * gradient**2
    momentum = 0.9 * momentum + rate * gradient / np.sqrt(mean_square + 1.0)
    value = value - momentum
    np.testing.assert_allclose(variable, value, rtol=1e-5)
  assert list(rmsprop.slots) == ['w/RMSProp', 'w/RMSProp_1']
  np.testing.assert_allclose(rmsprop.slots['w/RMSProp'], mean_square, rtol=1e-5)
  np.testing.assert_allclose(rmsprop.slots['w/RMSProp_1'], momentum, rtol=1e-4)


def test_sgd_is_nesterovs_formula():
  rng = np.random.default_rng(0)
  value = rng.normal(size=5)
  variable = tf.Variable(value, dtype=tf.float32)
  sgd = optimizer.Momentum({'w': variable})
  momentum = np.zeros(5)
  for rate in (0.1, 0.1, 0.01):
    gradient = rng.normal(size=5)
    sgd.apply({'w': tf.constant(gradient, tf.float32)}, tf.constant(rate),
              tf.constant(0, tf.int64))
    momentum = 0.9 * momentum + gradient
    value = value - rate * (gradient + 0.9 * momentum)
    np.testing.assert_allclose(variable, value, rtol=1e-5)
  assert list(sgd.slots) == ['w/Momentum']
  np.testing.assert_allclose(sgd.slots['w/Momentum'], momentum, rtol=1e-5)


def test_adam_is_the_papers_formula():
  rng = np.random.default_rng(0)
  value = rng.normal(size=5)
  variable = tf.Variable(value, dtype=tf.float32)
  adam = optimizer.Adam({'w': variable})
  mean, variance = np.zeros(5), np.zeros(5)
  for n, rate in enumerate((0.1, 0.1, 0.01), start=1):
    gradient = rng.normal(size=5)
    adam.apply({'w': tf.constant(gradient, tf.float32)}, tf.constant(rate),
               tf.constant(n - 1, tf.int64))
    mean = 0.9 * mean + 0.1 * gradient
    variance = 0.99 * variance + 0.01 * gradient**2
    value = value - rate * (mean / (1 - 0.9**n)) / (
        np.sqrt(variance / (1 - 0.99**n)) + 1e-8)
    np.testing.assert_allclose(variable, value, rtol=1e-4)
  assert list(adam.slots) == ['w/Adam', 'w/Adam_1']
  np.testing.assert_allclose(adam.slots['w/Adam'], mean, rtol=1e-4)
  np.testing.assert_allclose(adam.slots['w/Adam_1'], variance, rtol=1e-4)


def test_make_goes_by_the_name():
  variables = {'w': tf.Variable([1.0])}
  assert isinstance(optimizer.make('rmsprop', variables), optimizer.RMSProp)
  assert isinstance(optimizer.make('adam', variables), optimizer.Adam)
  assert isinstance(optimizer.make('sgd', variables), optimizer.Momentum)
  with pytest.raises(ValueError, match="rmsprop, sgd, adam, got 'lion'"):
    optimizer.make('lion', variables)


def test_exponential_decay_equals_the_originals_numbers():
  golden = goldens.load()['learning_rate']
  steps = optimizer.decay_steps(
      num_examples=golden['num_examples'], batch_size=golden['batch_size'],
      num_epochs_per_decay=golden['num_epochs_per_decay'])
  assert steps == golden['decay_steps']
  for step, expected in golden['values'].items():
    got = optimizer.exponential_decay(
        int(step), initial=golden['initial'],
        decay_factor=golden['decay_factor'], steps_per_decay=steps)
    assert float(np.float32(got)) == expected, step


def test_decay_steps_of_a_tiny_set_is_one():
  assert optimizer.decay_steps(num_examples=3, batch_size=32,
                               num_epochs_per_decay=2.0) == 1


@pytest.mark.parametrize('step,expected', [
    (0, 0.2), (25, 0.1 * (1 + math.sqrt(0.5))), (50, 0.1), (100, 0.0),
    (120, 0.0)])
def test_cosine_decay(step, expected):
  assert optimizer.cosine_decay(step, initial=0.2, max_steps=100) == (
      pytest.approx(expected, abs=1e-12))


@pytest.mark.parametrize('step,warmup_steps,expected', [
    (0, 4, 0.25), (2, 4, 0.75), (3, 4, 1.0), (9, 4, 1.0), (0, 0, 1.0)])
def test_warm_up(step, warmup_steps, expected):
  assert optimizer.warm_up(step, warmup_steps=warmup_steps) == expected
