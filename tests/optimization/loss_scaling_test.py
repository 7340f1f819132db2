"""Tests of inception.optimization.loss_scaling."""

import json
import math

import numpy as np
import pytest
import tensorflow as tf

from inception.optimization import loss_scaling
from inception.testing import commands


def _state(loss_scale):
  return (
    float(loss_scale.variables['loss_scale']),
    int(loss_scale.variables['loss_scale_good_steps']),
  )


def _made(scale, good_steps):
  loss_scale = loss_scaling.LossScale()
  loss_scale.variables['loss_scale'].assign(scale)
  loss_scale.variables['loss_scale_good_steps'].assign(good_steps)
  return loss_scale


def test_scale_starts_at_two_to_the_fifteenth():
  loss_scale = loss_scaling.LossScale()
  assert _state(loss_scale) == (32768.0, 0)
  assert loss_scale.variables['loss_scale'].dtype == tf.float32
  assert loss_scale.variables['loss_scale_good_steps'].dtype == tf.int64


def test_scale_multiplies_and_unscale_divides():
  loss_scale = loss_scaling.LossScale()
  assert float(loss_scale.scale(tf.constant(1.5))) == 49152.0
  got = loss_scale.unscale({
    'a': tf.constant([32768.0, -1.0]),
    'b': tf.constant(math.inf),
  })
  np.testing.assert_array_equal(got['a'], [1.0, -(2.0**-15)])
  assert float(got['b']) == math.inf


@pytest.mark.parametrize(
  'before,is_finite,after',
  [
    ((32768.0, 0), True, (32768.0, 1)),
    ((32768.0, 1998), True, (32768.0, 1999)),
    ((32768.0, 1999), True, (65536.0, 0)),
    ((32768.0, 1999), False, (16384.0, 0)),
    ((2.0, 7), False, (1.0, 0)),
    ((1.0, 7), False, (1.0, 0)),
    ((2.0**24, 1999), True, (2.0**24, 0)),
  ],
)
def test_update(before, is_finite, after):
  loss_scale = _made(*before)
  loss_scale.update(tf.constant(is_finite))
  assert _state(loss_scale) == after


def test_updates_in_a_graph_run_in_order():
  loss_scale = _made(8.0, 1998)

  @tf.function
  def updates():
    for is_finite in (True, True, True, False, False):
      loss_scale.update(tf.constant(is_finite))

  updates()
  assert _state(loss_scale) == (4.0, 0)  # 8, 16, 16, 8, 4


@pytest.mark.parametrize(
  'value,expected',
  [
    (3.0e38, True),
    (0.0, True),
    (math.inf, False),
    (-math.inf, False),
    (math.nan, False),
  ],
)
def test_all_finite(value, expected):
  got = loss_scaling.all_finite({
    'a': tf.constant([[1.0, 2.0]]),
    'b': tf.constant([3.0e38, value, 0.0]),
    'c': tf.constant(-1.0),
  })
  assert got.dtype == tf.bool
  assert got.shape == ()
  assert bool(got) == expected


def _gradient(loss_scale):
  """d/dx of 1e-9 * x, by way of float16."""
  x = tf.Variable(1.0)
  with tf.GradientTape() as tape:
    loss = tf.cast(tf.cast(x, tf.float16) * 1, tf.float32) * 1e-9
    target = loss if loss_scale is None else loss_scale.scale(loss)
  gradients = {'x': tape.gradient(target, x)}
  return gradients if loss_scale is None else loss_scale.unscale(gradients)


def test_gradient_that_underflows_in_float16_is_kept():
  assert float(_gradient(None)['x']) == 0.0
  assert float(_gradient(loss_scaling.LossScale())['x']) == pytest.approx(
    1e-9, rel=1e-2
  )


def test_too_large_factor_is_detected():
  # 1e-9 * 2^50 is above float16's 65504.
  assert not loss_scaling.all_finite(_gradient(_made(2.0**50, 0)))


_TWO_REPLICAS = """
import json
import tensorflow as tf
from inception.optimization import loss_scaling

tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices('CPU')[0],
    [tf.config.LogicalDeviceConfiguration()] * 2)
strategy = tf.distribute.MirroredStrategy(['CPU:0', 'CPU:1'])
with strategy.scope():
  loss_scale = loss_scaling.LossScale()


def step(loss):
  gradients = loss_scale.unscale({'x': loss_scale.scale(loss)})
  is_finite = loss_scaling.all_finite(gradients)
  loss_scale.update(is_finite)
  return is_finite


@tf.function
def mirrored_step(loss):
  return strategy.run(step, args=(loss,))


mirrored_step(tf.constant(2.0))
mirrored_step(tf.constant(3e38))
mirrored_step(tf.constant(4.0))
print(json.dumps({name: [copy.numpy().item() for copy in
                         strategy.experimental_local_results(variable)]
                  for name, variable in loss_scale.variables.items()}))
"""


def test_copies_on_two_devices_are_both_updated():
  done = commands.python(_TWO_REPLICAS, {'CUDA_VISIBLE_DEVICES': ''})
  assert done.returncode == 0, done.stderr
  assert json.loads(done.stdout.splitlines()[-1]) == {
    'loss_scale': [16384.0, 16384.0],
    'loss_scale_good_steps': [1, 1],
  }
