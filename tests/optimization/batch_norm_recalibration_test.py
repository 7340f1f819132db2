"""Statistics over all batches together, against NumPy's of all the values."""

import types

import numpy as np
import pytest
import tensorflow as tf

from inception.optimization import batch_norm_recalibration


class Network:
  """Batch norm of two layers: of the images, and of a function of them."""

  def __init__(self, *, trained=2):
    self.moving = [tf.Variable(tf.fill([3], -7.0)) for _ in range(4)]
    self.traced = 0
    self._trained = trained

  def inference(self, images, *, is_training):
    assert is_training
    self.traced += 1
    statistics = []
    for values in (images, images**2 + 1)[: self._trained]:
      statistics += tf.nn.moments(values, axes=[0, 1, 2])
    # Only trained layers have updates.
    return types.SimpleNamespace(updates=list(zip(self.moving, statistics)))


def pictures(*, mean=0.0, scale=1.0, batches=3, size=4, seed=2):
  rng = np.random.default_rng(seed)
  # The batches have different means, so averaging variances is not enough.
  shift = np.linspace(-1, 1, batches)[:, None, None, None, None]
  return (
    mean + scale * (shift + rng.normal(size=[batches, size, 5, 5, 3]))
  ).astype(np.float32)


def expected(values):
  values = values.astype(np.float64)
  return values.mean((0, 1, 2, 3)), values.var((0, 1, 2, 3))


def test_statistics_are_those_of_all_values_together():
  network = Network()
  images = pictures()
  batch_norm_recalibration.Recalibrator(network).run(
    tf.constant(batch) for batch in images
  )
  for moving, value in zip(
    network.moving,
    (*expected(images), *expected(images.astype(np.float64) ** 2 + 1)),
    strict=True,
  ):
    np.testing.assert_allclose(moving, value, rtol=2e-5, atol=1e-6)


def test_one_batch_gives_its_own_statistics():
  network = Network()
  images = pictures(batches=1)
  batch_norm_recalibration.Recalibrator(network).run([tf.constant(images[0])])
  np.testing.assert_allclose(network.moving[0], expected(images)[0], atol=1e-6)
  np.testing.assert_allclose(network.moving[1], expected(images)[1], rtol=2e-5)


def test_variance_is_precise_with_a_mean_far_from_0():
  network = Network(trained=1)
  images = pictures(mean=300.0, scale=0.1, batches=4)
  batch_norm_recalibration.Recalibrator(network).run(map(tf.constant, images))
  mean, variance = expected(images)
  np.testing.assert_allclose(network.moving[0], mean, rtol=1e-6)
  np.testing.assert_allclose(network.moving[1], variance, rtol=1e-3)


def test_constant_channel_has_variance_0():
  network = Network(trained=1)
  batch_norm_recalibration.Recalibrator(network).run(
    [tf.fill([2, 5, 5, 3], 1 / 3)] * 3
  )
  np.testing.assert_allclose(network.moving[0], [1 / 3] * 3, rtol=1e-6)
  variance = network.moving[1].numpy()
  assert (variance >= 0).all()
  np.testing.assert_allclose(variance, 0, atol=1e-12)


def test_each_run_starts_over_without_tracing_again():
  network = Network()
  ours = batch_norm_recalibration.Recalibrator(network)
  ours.run(map(tf.constant, pictures(seed=3, mean=5)))
  images = pictures(seed=4)
  ours.run(map(tf.constant, images))
  np.testing.assert_allclose(network.moving[0], expected(images)[0], atol=1e-6)
  np.testing.assert_allclose(network.moving[1], expected(images)[1], rtol=2e-5)
  assert network.traced == 1


def test_frozen_layer_keeps_its_statistics():
  network = Network(trained=1)
  images = pictures()
  batch_norm_recalibration.Recalibrator(network).run(map(tf.constant, images))
  np.testing.assert_allclose(network.moving[0], expected(images)[0], atol=1e-6)
  for kept in network.moving[2:]:
    np.testing.assert_array_equal(kept, [-7, -7, -7])


def test_network_without_trained_batch_norm_is_unchanged():
  network = Network(trained=0)
  batch_norm_recalibration.Recalibrator(network).run(
    map(tf.constant, pictures())
  )
  for kept in network.moving:
    np.testing.assert_array_equal(kept, [-7, -7, -7])


def test_no_batch_is_rejected_and_changes_nothing():
  network = Network()
  with pytest.raises(ValueError, match='at least one batch'):
    batch_norm_recalibration.Recalibrator(network).run([])
  np.testing.assert_array_equal(network.moving[0], [-7, -7, -7])
