"""Tests of inception.optimization.optimizer."""

import json

import numpy as np
import pytest
import tensorflow as tf

from inception.optimization import optimizer
from inception.settings import training_config
from inception.testing import commands


def test_rmsprop_is_tf1s_formula():
  rng = np.random.default_rng(0)
  value = rng.normal(size=5)
  variable = tf.Variable(value, dtype=tf.float32)
  rmsprop = optimizer.RMSProp({'w': variable})
  mean_square, momentum = np.ones(5), np.zeros(5)
  for rate in (0.1, 0.1, 0.01):
    gradient = rng.normal(size=5)
    rmsprop.apply(
      {'w': tf.constant(gradient, tf.float32)},
      tf.constant(rate),
      tf.constant(0, tf.int64),
    )
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


def test_adam_is_the_papers_formula():
  rng = np.random.default_rng(0)
  value = rng.normal(size=5)
  variable = tf.Variable(value, dtype=tf.float32)
  adam = optimizer.Adam({'w': variable})
  mean, variance = np.zeros(5), np.zeros(5)
  for n, rate in enumerate((0.1, 0.1, 0.01), start=1):
    gradient = rng.normal(size=5)
    adam.apply(
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
  assert list(adam.slots) == ['w/Adam', 'w/Adam_1']
  np.testing.assert_allclose(adam.slots['w/Adam'], mean, rtol=1e-4)
  np.testing.assert_allclose(adam.slots['w/Adam_1'], variance, rtol=1e-4)


def test_adamw_decays_the_weights_alone_and_then_is_adam():
  values = np.array([0.5, -2.0, 0.0])
  gradient = np.array([0.3, -0.1, 0.2])
  names = 'conv0/weights', 'conv0/BatchNorm/beta', 'logits/weights_scale'
  variables = {name: tf.Variable(values, dtype=tf.float32) for name in names}
  adamw = optimizer.make('adamw', variables, weight_decay=0.05)
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


def test_adamws_slots_are_adams():
  variables = {'conv0/weights': tf.Variable([1.0])}
  assert list(optimizer.make('adamw', variables).slots) == list(
    optimizer.make('adam', variables).slots
  )


def test_adamw_without_decay_is_adam():
  got = {}
  for name in ('adam', 'adamw'):
    got[name] = tf.Variable([1.0, -1.0])
    optimizer.make(name, {'a/weights': got[name]}).apply(
      {'a/weights': tf.constant([0.5, 3.0])},
      tf.constant(0.1),
      tf.constant(0, tf.int64),
    )
  np.testing.assert_array_equal(got['adam'], got['adamw'])


def _changed(name, *, factor, rate):
  """The values of a variable after two updates by a factor times a rate."""
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
def test_a_multiplier_multiplies_the_rate(name):
  # Powers of two: the products are exact.
  np.testing.assert_array_equal(
    _changed(name, factor=4.0, rate=0.125), _changed(name, factor=1.0, rate=0.5)
  )


@pytest.mark.parametrize('name', training_config.OPTIMIZERS)
def test_a_multiplier_of_zero_leaves_variable_and_slots_alone(name):
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
def test_only_another_factor_than_zero_and_one_costs_a_product(
  factor, products
):
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


def test_make_goes_by_the_name():
  variables = {'w': tf.Variable([1.0])}
  for name, expected in (
    ('rmsprop', optimizer.RMSProp),
    ('sgd', optimizer.Momentum),
    ('adam', optimizer.Adam),
    ('adamw', optimizer.AdamW),
  ):
    assert type(optimizer.make(name, variables)) is expected
  with pytest.raises(
    ValueError,
    match="optimizer must be one of rmsprop, sgd, adam, adamw, got 'lion'",
  ):
    optimizer.make('lion', variables)


def test_every_optimizer_of_the_flag_can_be_made():
  for name in training_config.OPTIMIZERS:
    assert optimizer.make(name, {'w': tf.Variable([1.0])}).slots


_NAMES = (
  'conv0/weights',
  'conv0/BatchNorm/beta',
  'aux_logits/fc/weights',
  'logits/logits/weights',
)


def test_the_longest_prefix_counts():
  got = optimizer.multipliers(
    _NAMES, [('conv0/BatchNorm', 0.0), ('conv0', 0.1), ('logits', 10.0)]
  )
  assert got == {
    'conv0/weights': 0.1,
    'conv0/BatchNorm/beta': 0.0,
    'logits/logits/weights': 10.0,
  }


def test_of_equal_prefixes_the_last_counts():
  assert optimizer.multipliers(_NAMES, [('aux', 2.0), ('aux', 3.0)]) == {
    'aux_logits/fc/weights': 3.0
  }


def test_without_prefixes_nothing_is_multiplied():
  assert optimizer.multipliers(_NAMES, ()) == {}


def test_a_prefix_of_no_variable_is_refused():
  with pytest.raises(
    ValueError,
    match="learning_rate_multipliers: no variable begins with 'conv9'",
  ):
    optimizer.multipliers(_NAMES, [('conv0', 0.1), ('conv9', 1.0)])


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


def test_both_copies_on_two_devices_get_the_update_of_a_plain_variable():
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
