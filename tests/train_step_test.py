"""Tests of inception.train_step against the original's three steps."""

import numpy as np
import pytest
import tensorflow as tf

from inception import inception_model
from inception import train_step
from inception.testing import golden_model
from inception.testing import goldens


@pytest.fixture(scope='module')
def golden():
  return goldens.load()['train']


@pytest.fixture(scope='module')
def batch(golden):
  return (tf.constant(golden_model.images(2000, 8)),
          tf.constant(golden['labels'], tf.int32))


@pytest.fixture(scope='module')
def three_steps(golden, batch):
  """First-step losses and gradients, losses of three steps, the state after.

  Batch norm is written out, as it was when the numbers were computed: this
  random network amplifies the fused kernel's other rounding a thousandfold.
  """
  model = golden_model.make(dropout_keep_prob=1.0, fused_batch_norm=False)
  state = train_step.TrainState(model)
  state.start_from_restored()

  def losses_and_norms(images, labels):
    losses, gradients, _ = train_step.compute_gradients(model, images, labels)
    return losses, {name: tf.norm(g) for name, g in gradients.items()}

  losses, norms = tf.function(losses_and_norms)(*batch)
  step = train_step.make_train_step(state)
  totals = [float(step(*batch, tf.constant(golden['learning_rate']))[
      'total_loss']) for _ in range(3)]
  return losses, norms, totals, state


@pytest.mark.parametrize('ours,theirs', [
    ('main', 'main_loss'), ('aux', 'weighted_aux_loss'),
    ('regularization', 'regularization_loss'), ('total', 'total_loss')])
def test_losses_of_the_first_step(golden, three_steps, ours, theirs):
  assert float(getattr(three_steps[0], ours)) == pytest.approx(golden[theirs],
                                                               rel=1e-5)


def test_every_gradient_norm_of_the_first_step(golden, three_steps):
  expected = golden['gradient_l2_norms']
  got = {name: float(norm) for name, norm in three_steps[1].items()}
  assert len(expected) == 196
  assert got == pytest.approx(expected, rel=1e-4)


def test_losses_of_three_steps(golden, three_steps):
  expected = golden['total_loss_of_steps']
  assert three_steps[2][0] == pytest.approx(expected[0], rel=1e-5)
  assert three_steps[2][1:] == pytest.approx(expected[1:], rel=1e-2)


def test_state_after_three_steps(golden, three_steps):
  variables = three_steps[3].checkpoint_variables()
  expected = golden['after_3_steps_l2_norms']
  assert len(expected) == 388
  for name, (value, shadow) in expected.items():
    for key, norm in ((name, value),
                      (f'{name}/ExponentialMovingAverage', shadow)):
      assert float(tf.norm(variables[key])) == pytest.approx(norm, rel=5e-3), (
          key)
  assert int(variables['global_step']) == 3


@pytest.fixture(scope='module')
def state():
  model = inception_model.InceptionModel(num_classes=3, dropout_keep_prob=1.0)
  return train_step.TrainState(model)


def test_checkpoint_names_are_those_of_tf1s_saver(state):
  names = set(state.checkpoint_variables())
  model = {name for name, _, _ in goldens.variables()}
  trainable = set(state.model.trainable_variables)
  assert names == (
      model | {f'{name}/ExponentialMovingAverage' for name in model} |
      {f'{name}/RMSProp' for name in trainable} |
      {f'{name}/RMSProp_1' for name in trainable} |
      {'global_step', 'batch_norm_updates', 'run_seed'})


def small_batch():
  rng = np.random.default_rng(0)
  return (tf.constant(rng.uniform(-1, 1, (4, 75, 75, 3)), tf.float32),
          tf.constant([1, 2, 3, 1]))


def test_a_step_moves_the_weights_and_is_traced_once(state):
  step = train_step.make_train_step(state)
  weights = state.model.variables['conv0/weights']
  before = weights.numpy()
  first = step(*small_batch(), tf.constant(0.001))
  step(*small_batch(), tf.constant(0.0005))
  assert np.abs(weights - before).max() > 0
  assert int(state.global_step) == 2
  assert step.experimental_get_tracing_count() == 1
  assert set(first) == {'total_loss', 'main_loss', 'aux_loss',
                        'regularization_loss'}


def test_statistics_move_fast_from_random_weights_and_slowly_from_restored():
  model = inception_model.InceptionModel(num_classes=3)
  moving = model.variables['conv0/BatchNorm/moving_mean']
  state = train_step.TrainState(model)
  step = train_step.make_train_step(state)
  images, labels = small_batch()
  mean = next(value.numpy() for variable, value in train_step.compute_gradients(
      model, images, labels)[2] if variable is moving)
  step(images, labels, tf.constant(0.0))
  # (1 + 0) / (10 + 0) = 0.1 of the old value stays.
  np.testing.assert_allclose(moving, 0.9 * mean, rtol=1e-4, atol=1e-6)
  state.start_from_restored()
  moving.assign(tf.zeros_like(moving))
  step(images, labels, tf.constant(0.0))
  np.testing.assert_allclose(moving, 0.0003 * mean, rtol=1e-3, atol=1e-8)


def test_two_devices_give_the_mean_of_what_each_part_gives(state):
  images, labels = small_batch()
  together = train_step.compute_gradients(
      state.model, images, labels, devices=['/cpu:0', '/cpu:0'])
  parts = [train_step.compute_gradients(state.model, images[part], labels[part])
           for part in (slice(0, 2), slice(2, 4))]
  np.testing.assert_allclose(
      float(together[0].total),
      np.mean([float(part[0].total) for part in parts]), rtol=1e-5)
  for name in ('conv0/weights', 'logits/logits/weights'):
    expected = (parts[0][1][name] + parts[1][1][name]) / 2
    np.testing.assert_allclose(together[1][name], expected, rtol=0,
                               atol=1e-3 * np.abs(expected).max())
  np.testing.assert_allclose(
      together[2][0][1], (parts[0][2][0][1] + parts[1][2][0][1]) / 2, rtol=1e-4)


def test_a_batch_that_devices_cannot_share_is_refused(state):
  images, labels = small_batch()
  with pytest.raises((ValueError, tf.errors.InvalidArgumentError)):
    train_step.compute_gradients(state.model, images[:3], labels[:3],
                                 devices=['/cpu:0', '/cpu:0'])
