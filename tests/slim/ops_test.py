"""Tests of inception.slim.ops against NumPy and finite differences."""

import numpy as np
import pytest
import tensorflow as tf

from inception.slim import ops
from inception.slim import scopes
from inception.slim import variables
from inception.testing import gradients
from inception.testing import processors

needs_bfloat16 = pytest.mark.skipif(
  not processors.can_use_bfloat16(), reason=processors.NO_BFLOAT16
)

RNG = np.random.default_rng(0)
IMAGES = RNG.normal(0.5, 2.0, (3, 4, 5, 2)).astype(np.float32)


def call(layer, *args, store=None, **kwargs):
  """Returns (outputs, store, updates) of one call."""
  store = store or variables.VariableStore(seed=1)
  with variables.use(store) as updates:
    return layer(*args, **kwargs), store, updates


def conv_reference(images, weights, stride, same):
  kh, kw = weights.shape[:2]
  images = images.astype(np.float64)
  out = []
  if same:
    pads = []
    for size, k in ((images.shape[1], kh), (images.shape[2], kw)):
      total = max((-(-size // stride) - 1) * stride + k - size, 0)
      pads.append((total // 2, total - total // 2))
    images = np.pad(images, [(0, 0), *pads, (0, 0)])
  for y in range(0, images.shape[1] - kh + 1, stride):
    row = []
    for x in range(0, images.shape[2] - kw + 1, stride):
      patch = images[:, y : y + kh, x : x + kw]
      row.append(np.tensordot(patch, weights, axes=([1, 2, 3], [0, 1, 2])))
    out.append(np.stack(row, 1))
  return np.stack(out, 1)


@pytest.mark.parametrize('kernel', [[1, 1], [3, 3], [1, 3], [3, 1]])
@pytest.mark.parametrize('stride', [1, 2])
@pytest.mark.parametrize('padding', ['SAME', 'VALID'])
def test_conv2d_without_batch_norm(kernel, stride, padding):
  out, store, _ = call(
    ops.conv2d,
    IMAGES,
    4,
    kernel,
    stride=stride,
    padding=padding,
    stddev=0.5,
    activation=None,
  )
  assert list(store.variables) == ['Conv/weights', 'Conv/biases']
  store.variables['Conv/biases'].assign([1.0, 2.0, 3.0, 4.0])
  out, _, _ = call(
    ops.conv2d,
    IMAGES,
    4,
    kernel,
    stride=stride,
    padding=padding,
    activation=None,
    store=store,
  )
  expected = conv_reference(
    IMAGES, store.variables['Conv/weights'].numpy(), stride, padding == 'SAME'
  ) + [1, 2, 3, 4]
  np.testing.assert_allclose(out, expected, rtol=1e-4, atol=1e-4)


def test_conv2d_with_batch_norm_has_no_biases_but_relu():
  out, store, updates = call(
    ops.conv2d,
    IMAGES,
    4,
    [3, 3],
    stddev=0.5,
    batch_norm_params=ops.BatchNormParams(),
    scope='conv0',
  )
  assert list(store.variables) == [
    'conv0/weights',
    'conv0/BatchNorm/beta',
    'conv0/BatchNorm/moving_mean',
    'conv0/BatchNorm/moving_variance',
  ]
  assert float(tf.reduce_min(out)) == 0
  assert len(updates) == 2


def test_conv2d_decays_its_weights_but_not_beta():
  _, store, _ = call(
    ops.conv2d,
    IMAGES,
    4,
    [3, 3],
    weight_decay=0.5,
    batch_norm_params=ops.BatchNormParams(),
  )
  losses = store.regularization_losses()
  weights = store.variables['Conv/weights'].numpy()
  assert [float(loss) for loss in losses] == [
    pytest.approx(0.5 * (weights**2).sum() / 2, rel=1e-5)
  ]


def test_conv2d_uses_its_arg_scope():
  with scopes.arg_scope([ops.conv2d], activation=None, stddev=0.0):
    out, _, _ = call(ops.conv2d, IMAGES, 4, [1, 1])
  np.testing.assert_array_equal(out, np.zeros((3, 4, 5, 4)))


@pytest.mark.parametrize(
  'dtype',
  [pytest.param(tf.bfloat16, marks=needs_bfloat16), tf.float32, tf.float64],
)
@pytest.mark.parametrize(
  'layer,args',
  [(ops.conv2d, (IMAGES, 4, [3, 3])), (ops.fc, (IMAGES[:, 0, 0], 4))],
)
def test_layers_compute_in_their_inputs_dtype_on_float32_variables(
  layer, args, dtype
):
  out, store, _ = call(layer, tf.cast(args[0], dtype), *args[1:])
  assert out.dtype == dtype
  assert {v.dtype for v in store.variables.values()} == {tf.float32}


@needs_bfloat16
def test_batch_norm_in_bfloat16_keeps_its_statistics_in_float32():
  images = tf.cast(IMAGES, tf.bfloat16)
  for fused in (True, False):
    out, _, updates = call(
      ops.batch_norm, images, params=ops.BatchNormParams(fused=fused)
    )
    assert out.dtype == tf.bfloat16
    assert {value.dtype for _, value in updates} == {tf.float32}
    np.testing.assert_allclose(updates[0][1], IMAGES.mean((0, 1, 2)), rtol=2e-2)


@pytest.mark.parametrize('is_training', [True, False])
@pytest.mark.parametrize('scale', [True, False])
def test_unfused_batch_norm_computes_in_float64(is_training, scale):
  params = ops.BatchNormParams(fused=False, scale=scale)
  images = IMAGES.astype(np.float64)
  _, store, _ = call(ops.batch_norm, images, params=params)
  moving = {
    'moving_mean': images.mean((0, 1, 2)),
    'moving_variance': images.var((0, 1, 2)),
  }
  # Variables are float32; powers of 2 are exact in it.
  store.variables['BatchNorm/beta'].assign([0.5, -1.0])
  if scale:
    store.variables['BatchNorm/gamma'].assign([2.0, 4.0])
  for name, value in moving.items():
    store.variables[f'BatchNorm/{name}'].assign(value)
  out, _, updates = call(
    ops.batch_norm, images, is_training=is_training, params=params, store=store
  )
  if not is_training:
    moving = {
      name: value.astype(np.float32).astype(np.float64)
      for name, value in moving.items()
    }
  gamma = np.array([2.0, 4.0]) if scale else 1.0
  expected = gamma * (images - moving['moving_mean']) / np.sqrt(
    moving['moving_variance'] + 0.001
  ) + [0.5, -1.0]
  assert out.dtype == tf.float64
  # In float32 the error would be 1e-7.
  np.testing.assert_allclose(out, expected, rtol=0, atol=1e-12)
  assert [value.dtype for _, value in updates] == [tf.float32] * len(updates)
  assert len(updates) == (2 if is_training else 0)
  assert {v.dtype for v in store.variables.values()} == {tf.float32}


def normalised(images, beta, gamma=1.0):
  mean, variance = images.mean((0, 1, 2)), images.var((0, 1, 2))
  return gamma * (images - mean) / np.sqrt(variance + 0.001) + beta


@pytest.mark.parametrize('fused', [True, False])
def test_batch_norm_in_training(fused):
  params = ops.BatchNormParams(fused=fused)
  _, store, _ = call(ops.batch_norm, IMAGES, params=params)
  store.variables['BatchNorm/beta'].assign([0.5, -1.0])
  out, _, updates = call(ops.batch_norm, IMAGES, params=params, store=store)
  np.testing.assert_allclose(out, normalised(IMAGES, [0.5, -1.0]), atol=1e-5)
  moving = store.variables
  assert [
    variable is moving[f'BatchNorm/{name}']
    for (variable, _), name in zip(updates, ['moving_mean', 'moving_variance'])
  ] == [True, True]
  np.testing.assert_allclose(updates[0][1], IMAGES.mean((0, 1, 2)), rtol=1e-5)
  # Over n, not n - 1: with 60 values per channel the two differ by 1.7 %.
  np.testing.assert_allclose(updates[1][1], IMAGES.var((0, 1, 2)), rtol=1e-5)


@pytest.mark.parametrize('fused', [True, False])
def test_batch_norm_with_gamma(fused):
  params = ops.BatchNormParams(scale=True, fused=fused)
  _, store, _ = call(ops.batch_norm, IMAGES, params=params)
  store.variables['BatchNorm/gamma'].assign([2.0, 3.0])
  out, _, _ = call(ops.batch_norm, IMAGES, params=params, store=store)
  np.testing.assert_allclose(
    out, normalised(IMAGES, 0.0, np.array([2.0, 3.0])), atol=1e-5
  )


@pytest.mark.parametrize('fused', [True, False])
def test_batch_norm_in_evaluation_uses_the_moving_averages(fused):
  params = ops.BatchNormParams(fused=fused)
  _, store, _ = call(ops.batch_norm, IMAGES, params=params)
  store.variables['BatchNorm/moving_mean'].assign([1.0, 2.0])
  store.variables['BatchNorm/moving_variance'].assign([4.0, 9.0])
  store.variables['BatchNorm/beta'].assign([0.5, -1.0])
  out, _, updates = call(
    ops.batch_norm, IMAGES, is_training=False, params=params, store=store
  )
  expected = (IMAGES - [1, 2]) / np.sqrt(np.array([4, 9]) + 0.001) + [0.5, -1.0]
  np.testing.assert_allclose(out, expected, atol=1e-5)
  assert updates == []


def bn_objective(images, weights):
  """Returns the sum of weights * batch_norm(images), by NumPy in float64."""
  return float((weights * normalised(images, np.array([0.3, -0.2]))).sum())


@pytest.mark.parametrize('fused', [True, False])
def test_batch_norm_gradient(fused):
  small = IMAGES[:2, :2, :3].astype(np.float64)
  weights = RNG.normal(size=small.shape)
  expected = gradients.numerical_gradient(
    lambda x: bn_objective(x, weights), small
  )
  store = variables.VariableStore()
  images = tf.constant(small, tf.float32)
  with tf.GradientTape() as tape:
    tape.watch(images)
    out, _, _ = call(
      ops.batch_norm,
      images,
      store=store,
      params=ops.BatchNormParams(fused=fused),
    )
    objective = tf.reduce_sum(out * tf.constant(weights, tf.float32))
  by_images, by_beta = tape.gradient(
    objective, [images, store.variables['BatchNorm/beta']]
  )
  np.testing.assert_allclose(by_images, expected, atol=1e-4)
  np.testing.assert_allclose(by_beta, weights.sum((0, 1, 2)), rtol=1e-4)


def test_conv2d_gradient():
  small = RNG.normal(size=(1, 4, 4, 2))
  kernel = RNG.normal(size=(3, 3, 2, 2))
  weights = RNG.normal(size=(1, 2, 2, 2))

  def objective(k):
    return float((weights * conv_reference(small, k, 1, False)).sum())

  _, store, _ = call(
    ops.conv2d,
    small.astype(np.float32),
    2,
    [3, 3],
    padding='VALID',
    activation=None,
  )
  store.variables['Conv/weights'].assign(kernel)
  with tf.GradientTape() as tape:
    out, _, _ = call(
      ops.conv2d,
      tf.constant(small, tf.float32),
      2,
      [3, 3],
      padding='VALID',
      activation=None,
      store=store,
    )
    total = tf.reduce_sum(out * tf.constant(weights, tf.float32))
  np.testing.assert_allclose(
    tape.gradient(total, store.variables['Conv/weights']),
    gradients.numerical_gradient(objective, kernel),
    atol=1e-4,
  )


def test_fc():
  inputs = RNG.normal(size=(3, 4)).astype(np.float32)
  _, store, _ = call(ops.fc, inputs, 2, stddev=1.0)
  store.variables['FC/biases'].assign([0.5, -0.5])
  out, _, _ = call(ops.fc, inputs, 2, store=store)
  expected = np.maximum(
    inputs @ store.variables['FC/weights'].numpy() + [0.5, -0.5], 0
  )
  np.testing.assert_allclose(out, expected, rtol=1e-5, atol=1e-6)


def test_avg_pool_does_not_count_padding():
  ones = np.ones((1, 4, 4, 1), np.float32)
  out = ops.avg_pool(ones, [3, 3], stride=1, padding='SAME')
  np.testing.assert_array_equal(out, ones)


def test_max_pool():
  values = np.arange(25, dtype=np.float32).reshape(1, 5, 5, 1)
  np.testing.assert_array_equal(
    ops.max_pool(values, [3, 3])[0, :, :, 0], [[12, 14], [22, 24]]
  )


def test_global_avg_pool():
  np.testing.assert_allclose(
    ops.global_avg_pool(IMAGES), IMAGES.mean((1, 2), keepdims=True), rtol=1e-5
  )


def test_pad_to_centres_and_keeps_larger_sides():
  out = ops.pad_to(tf.ones([1, 2, 7, 1]), [5, 5])
  assert out.shape == [1, 5, 7, 1]
  np.testing.assert_array_equal(out[0, :, 0, 0], [0, 1, 1, 0, 0])


def test_flatten():
  assert ops.flatten(tf.constant(IMAGES)).shape == [3, 40]


def test_dropout_keeps_the_expectation_and_is_off_in_evaluation():
  ones = tf.ones([100, 100])
  out = ops.dropout(ones, keep_prob=0.8).numpy()
  assert set(np.unique(out)) == {np.float32(0), np.float32(1.25)}
  assert (out > 0).mean() == pytest.approx(0.8, abs=0.02)
  np.testing.assert_array_equal(
    ops.dropout(ones, keep_prob=0.8, is_training=False), ones
  )


def test_dropout_repeats_itself_with_a_seed():
  ones = tf.ones([100])

  def drop(seed):
    return ops.dropout(ones, keep_prob=0.5, seed=seed).numpy()

  np.testing.assert_array_equal(drop([1, 2]), drop([1, 2]))
  assert (drop([1, 2]) != drop([1, 3])).any()
  assert set(np.unique(drop([1, 2]))) == {np.float32(0), np.float32(2)}


@pytest.mark.parametrize('dtype', [tf.float32, tf.bfloat16])
def test_dropout_keeps_the_given_share_in_every_dtype(dtype):
  # An odd number of values: the bits are drawn for two at a time.
  count = 999 * 1001
  out = ops.dropout(tf.ones([999, 1001], dtype), keep_prob=0.8, seed=[1, 2])
  assert out.dtype == dtype and out.shape == [999, 1001]
  values = tf.cast(out, tf.float32).numpy()
  assert set(np.unique(values)) == {0.0, 1.25}
  # Four standard errors.
  kept = np.count_nonzero(values) / count
  assert kept == pytest.approx(0.8, abs=4 * np.sqrt(0.8 * 0.2 / count))
  # Neighbours, which share a random number, are kept independently.
  both = np.mean((values[:, :-1] > 0) & (values[:, 1:] > 0))
  assert both == pytest.approx(0.64, abs=4 * np.sqrt(0.64 * 0.36 / count) * 2)


@pytest.mark.parametrize('keep_prob', [1e-9, 1 - 1e-9])
def test_dropout_takes_every_probability(keep_prob):
  out = ops.dropout(tf.ones([1000]), keep_prob=keep_prob, seed=[1, 2]).numpy()
  assert (out > 0).mean() == pytest.approx(keep_prob, abs=0.01)


@pytest.mark.parametrize('keep_prob', [0.0, -1.0, 1.1])
def test_dropout_refuses_probabilities_out_of_range(keep_prob):
  with pytest.raises(ValueError, match='keep_prob must be in'):
    ops.dropout(tf.ones([2]), keep_prob=keep_prob)
