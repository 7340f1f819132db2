"""Tests of inception.optimization.moving_averages."""

import numpy as np
import pytest
import tensorflow as tf

from inception.optimization import moving_averages


@pytest.mark.parametrize(
  'updates,expected', [(0, 0.1), (1, 2 / 11), (90, 0.91), (10**9, 0.9999)]
)
def test_ramped_decay(updates, expected):
  got = moving_averages.ramped_decay(0.9999, tf.constant(updates, tf.int64))
  assert float(got) == pytest.approx(expected, rel=1e-6)


def test_shadows_start_at_the_variables_and_follow_them():
  variable = tf.Variable([1.0, 2.0])
  averages = moving_averages.WeightAverages({'w': variable})
  shadow = averages.shadows['w/ExponentialMovingAverage']
  np.testing.assert_array_equal(shadow, [1, 2])
  variable.assign([3.0, 6.0])
  averages.update(tf.constant(1, tf.int64))
  decay = 2 / 11
  np.testing.assert_allclose(
    shadow,
    [decay * 1 + (1 - decay) * 3, decay * 2 + (1 - decay) * 6],
    rtol=1e-6,
  )
  averages.reset()
  np.testing.assert_array_equal(shadow, [3, 6])


def test_decay_argument_limits_the_ramped_decay():
  variable = tf.Variable([0.0])
  averages = moving_averages.WeightAverages({'w': variable}, decay=0.5)
  variable.assign([8.0])
  averages.update(tf.constant(1000, tf.int64))
  np.testing.assert_allclose(
    averages.shadows['w/ExponentialMovingAverage'], [4]
  )


def test_statistics_are_averaged_without_debiasing():
  moving = tf.Variable([10.0])
  moving_averages.update_statistics(
    [(moving, tf.constant([20.0]))], tf.constant(0.9997)
  )
  np.testing.assert_allclose(moving, [10.003], rtol=1e-6)
