"""Tests of inception.slim.variables."""

import numpy as np
import pytest
import tensorflow as tf

from inception.slim import variables


def make(name, *, shape=(2,), **kwargs):
  return variables.variable(
    name, shape=shape, initializer=variables.zeros(), **kwargs
  )


def test_variable_is_named_by_its_scopes():
  store = variables.VariableStore()
  with variables.use(store), variables.scope('mixed'):
    with variables.scope('branch'):
      make('weights')
    make('biases')
  assert list(store.variables) == ['mixed/branch/weights', 'mixed/biases']


def test_default_scopes_are_numbered_within_their_parent():
  store = variables.VariableStore()
  with variables.use(store):
    for parent in 'ab':
      with variables.scope(parent):
        for _ in range(3):
          with variables.scope(None, default='Conv'):
            make('weights')
  assert list(store.variables) == [
    f'{parent}/{conv}/weights'
    for parent in 'ab'
    for conv in ('Conv', 'Conv_1', 'Conv_2')
  ]


def test_scope_without_name_and_default_is_refused():
  with variables.use(variables.VariableStore()):
    with pytest.raises(ValueError, match='scope needs a name or a default'):
      with variables.scope(None):
        pass


def test_second_call_of_the_network_reuses_the_variables():
  store = variables.VariableStore()
  created = []
  for _ in range(2):
    with variables.use(store):
      with variables.scope(None, default='Conv'):
        created.append(make('weights'))
  assert created[0] is created[1]
  assert list(store.variables) == ['Conv/weights']


def test_variable_created_while_tracing_outlives_the_trace():
  store = variables.VariableStore()

  @tf.function
  def network(x):
    with variables.use(store):
      return x + make('w')

  np.testing.assert_array_equal(network(tf.ones([2])), [1, 1])
  store.variables['w'].assign([5, 6])
  np.testing.assert_array_equal(network(tf.ones([2])), [6, 7])


def test_another_shape_is_refused():
  with variables.use(variables.VariableStore()):
    make('w')
    with pytest.raises(ValueError, match=r'w has shape \(2,\).*\(3,\)'):
      make('w', shape=(3,))


def test_layers_outside_a_store_are_refused():
  with pytest.raises(RuntimeError, match='need a store'):
    make('w')
  with pytest.raises(RuntimeError, match='need a store'):
    with variables.scope('x'):
      pass


def test_select_filters_by_prefix_trainability_and_restore_mark():
  store = variables.VariableStore()
  with variables.use(store):
    make('a/w')
    make('a/mean', trainable=False)
    make('b/w', restore=False)
  assert list(store.select(prefix='a/')) == ['a/w', 'a/mean']
  assert list(store.select(trainable=True)) == ['a/w', 'b/w']
  assert list(store.select(trainable=False)) == ['a/mean']
  assert list(store.select(restore=False)) == ['b/w']
  assert list(store.select(restore=True, trainable=True)) == ['a/w']


def test_regularization_losses_use_the_current_values():
  store = variables.VariableStore()
  with variables.use(store):
    w = make('w', regularizer=tf.reduce_sum)
    make('b')
  w.assign([3, 4])
  assert [float(loss) for loss in store.regularization_losses()] == [7]


def test_regularization_losses_compute_in_the_requested_dtype():
  store = variables.VariableStore()
  with variables.use(store):
    w = make('w', regularizer=tf.reduce_sum)
  # 1 + 2^-30 is 1 in float32.
  w.assign([1, 2**-30])
  (in_float64,) = store.regularization_losses(dtype=tf.float64)
  (in_float32,) = store.regularization_losses()
  assert (in_float64.dtype, float(in_float64)) == (tf.float64, 1 + 2**-30)
  assert (in_float32.dtype, float(in_float32)) == (tf.float32, 1)


def test_updates_are_reported_and_not_assigned():
  store = variables.VariableStore()
  with variables.use(store) as updates:
    moving = make('mean', trainable=False)
    variables.update(moving, tf.constant([1.0, 2.0]))
  assert updates[0][0] is moving
  np.testing.assert_array_equal(updates[0][1], [1, 2])
  np.testing.assert_array_equal(moving, [0, 0])


def test_initial_values_depend_on_seed_and_name_only():
  def values(seed, names):
    store = variables.VariableStore(seed=seed)
    for name in names:
      store.get(
        name, shape=[50], initializer=variables.truncated_normal(stddev=1.0)
      )
    return {name: v.numpy() for name, v in store.variables.items()}

  one, two = values(1, 'ab'), values(1, 'ba')
  np.testing.assert_array_equal(one['a'], two['a'])
  np.testing.assert_array_equal(one['b'], two['b'])
  assert np.abs(one['a'] - one['b']).max() > 0.1
  assert np.abs(one['a'] - values(2, 'a')['a']).max() > 0.1


def test_truncated_normal_is_truncated_at_two_deviations():
  values = variables.truncated_normal(stddev=0.5)([20000], (1, 2)).numpy()
  # A normal truncated at two deviations has 0.8796 of its deviation.
  assert np.std(values) == pytest.approx(0.5 * 0.8796, rel=0.02)
  assert np.abs(values).max() <= 1.0


def test_zeros_and_ones():
  np.testing.assert_array_equal(variables.zeros()([2], (0, 0)), [0, 0])
  np.testing.assert_array_equal(variables.ones()([2], (0, 0)), [1, 1])
