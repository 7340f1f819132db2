"""Tests of inception.optimization.base_optimizer, with every optimizer."""

import json

import numpy as np
import pytest
import tensorflow as tf

from inception.optimization import base_optimizer
from inception.optimization import optimizer
from inception.settings import training_config
from inception.testing import commands


def test_base_class_has_no_kernel():
  base = base_optimizer.Optimizer({})
  with pytest.raises(NotImplementedError):
    base.apply({}, tf.constant(0.1), tf.constant(0, tf.int64))


def _changed(name, *, factor, rate):
  """Returns a variable after two updates at a factor times a rate."""
  variable = tf.Variable([1.0, -2.0, 3.0])
  made = optimizer.make(
    name,
    {'a/weights': variable},
    weight_decay=0.1,
    rate_multipliers={'a/weights': factor},
  )
  for n in range(2):
    made.apply(
      {'a/weights': tf.constant([0.5, 3.0, -1.0])},
      tf.constant(rate),
      tf.constant(n, tf.int64),
    )
  return variable.numpy()


@pytest.mark.parametrize('name', training_config.OPTIMIZERS)
def test_multiplier_scales_the_rate(name):
  # Powers of two make the products exact.
  np.testing.assert_array_equal(
    _changed(name, factor=4.0, rate=0.125), _changed(name, factor=1.0, rate=0.5)
  )


@pytest.mark.parametrize('name', training_config.OPTIMIZERS)
def test_multiplier_of_zero_changes_neither_variable_nor_slots(name):
  variables = {'a/weights': tf.Variable([1.0]), 'b/weights': tf.Variable([1.0])}
  made = optimizer.make(
    name, variables, weight_decay=0.1, rate_multipliers={'a/weights': 0.0}
  )
  before = {
    key: slot.numpy()
    for key, slot in made.slots.items()
    if key.startswith('a/')
  }
  assert made.changed_names == ('b/weights',)
  made.apply(
    {'b/weights': tf.constant([2.0])},
    tf.constant(0.1),
    tf.constant(0, tf.int64),
  )
  assert variables['a/weights'].numpy() == 1.0
  assert variables['b/weights'].numpy() < 1.0
  for key, value in before.items():
    assert made.slots[key].numpy() == value, key


@pytest.mark.parametrize('factor,products', [(1.0, 0), (0.0, 0), (10.0, 1)])
def test_factors_of_zero_and_one_need_no_product(factor, products):
  variables = {'a/weights': tf.Variable([1.0]), 'b/weights': tf.Variable([1.0])}
  made = optimizer.make(
    'sgd', variables, rate_multipliers=dict.fromkeys(variables, factor)
  )

  @tf.function
  def step(rate):
    made.apply(
      dict.fromkeys(variables, tf.constant([1.0])),
      rate,
      tf.constant(0, tf.int64),
    )

  operations = step.get_concrete_function(tf.TensorSpec([])).graph
  assert [operation.type for operation in operations.get_operations()].count(
    'Mul'
  ) == products


_TWO_REPLICAS = """
import json
import tensorflow as tf
from inception.optimization import optimizer
from inception.settings import training_config

tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices('CPU')[0],
    [tf.config.LogicalDeviceConfiguration()] * 2)
strategy = tf.distribute.MirroredStrategy(['CPU:0', 'CPU:1'])


def made(name):
  variables = {'a/weights': tf.Variable([1.0, -2.0, 3.0]),
               'b/beta': tf.Variable([0.5])}
  return variables, optimizer.make(name, variables, weight_decay=0.1,
                                   rate_multipliers={'b/beta': 0.5})


def update(to_change, n):
  to_change.apply({'a/weights': tf.constant([0.5, 3.0, -1.0]),
                   'b/beta': tf.constant([2.0])}, tf.constant(0.1), n)


@tf.function
def mirrored_update(to_change, n):
  strategy.run(lambda n: update(to_change, n), args=(n,))


result = {}
for name in training_config.OPTIMIZERS:
  with strategy.scope():
    mirrored, mirrored_optimizer = made(name)
  plain, plain_optimizer = made(name)
  for n in range(2):
    update(plain_optimizer, tf.constant(n, tf.int64))
    mirrored_update(mirrored_optimizer, tf.constant(n, tf.int64))
  plain |= plain_optimizer.slots
  mirrored |= mirrored_optimizer.slots
  result[name] = {key: [plain[key].numpy().tolist()] + [
      copy.numpy().tolist() for copy in strategy.experimental_local_results(
          mirrored[key])] for key in plain}
print(json.dumps(result))
"""


def test_copies_on_two_devices_get_the_same_update_as_a_plain_variable():
  done = commands.python(_TWO_REPLICAS, {'CUDA_VISIBLE_DEVICES': ''})
  assert done.returncode == 0, done.stderr
  result = json.loads(done.stdout.splitlines()[-1])
  assert set(result) == set(training_config.OPTIMIZERS)
  for name, values in result.items():
    assert {'a/weights', 'b/beta'} < set(values)
    for key, (plain, *copies) in values.items():
      assert len(copies) == 2
      for copy in copies:
        np.testing.assert_allclose(
          copy, plain, rtol=1e-6, err_msg=f'{name} {key}'
        )
    assert values['a/weights'][0] != [1.0, -2.0, 3.0]
