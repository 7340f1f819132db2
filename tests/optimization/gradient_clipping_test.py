"""Tests of inception.optimization.gradient_clipping."""

import math

import numpy as np
import pytest
import tensorflow as tf

from inception.optimization import gradient_clipping

# The norm is 13.
_VALUES = {'a': [[3.0, 0.0], [0.0, 4.0]], 'b': [-12.0]}


def _gradients():
  return {name: tf.constant(value) for name, value in _VALUES.items()}


def test_gradients_above_the_limit_are_scaled_by_one_factor():
  got = gradient_clipping.clip_by_global_norm(_gradients(), 6.5)
  assert list(got) == ['a', 'b']
  for name, value in _VALUES.items():
    np.testing.assert_allclose(got[name], np.multiply(value, 0.5), rtol=1e-6)


def test_gradients_below_the_limit_are_unchanged():
  got = gradient_clipping.clip_by_global_norm(_gradients(), 20.0)
  for name, value in _VALUES.items():
    np.testing.assert_allclose(got[name], value, rtol=1e-6)


def test_without_a_limit_nothing_is_computed():
  gradients = _gradients()
  got = gradient_clipping.clip_by_global_norm(gradients, 0.0)
  assert list(got) == ['a', 'b']
  assert all(got[name] is gradients[name] for name in got)


@pytest.mark.parametrize('bad', [math.inf, math.nan])
def test_all_gradients_become_nan_if_the_norm_is_not_finite(bad):
  got = gradient_clipping.clip_by_global_norm(
    {'a': tf.constant([1.0]), 'b': tf.constant([bad])}, 1.0
  )
  assert np.isnan(got['a']).all()
  assert np.isnan(got['b']).all()


def test_negative_limit_is_rejected():
  with pytest.raises(
    ValueError, match='clip_gradient_norm must be >= 0, got -1'
  ):
    gradient_clipping.clip_by_global_norm(_gradients(), -1.0)
