"""Tests of inception.training.train_step against the original's three steps.

The mathematics is tested in float64, where rounding does not show. Float32, in
which people train, is held to what it can give: this random network amplifies
rounding thousandfold, and the last digits of a sum depend on the processor.
Each float32 bound is at least the sum of two distances from the exact values:
that of goldens.json, and the largest that either batch norm had on an AMD EPYC
(Zen 4) with ONEDNN_MAX_CPU_ISA=AVX2, with AVX512_CORE, with neither, and with
TF_ENABLE_ONEDNN_OPTS=0.
"""

import numpy as np
import pytest
import tensorflow as tf

from inception import inception_model
from inception.settings import defaults_2016
from inception.testing import golden_model
from inception.testing import goldens
from inception.training import train_state
from inception.training import train_step

NO_DROPOUT = inception_model.Hyperparameters(dropout_keep_prob=1.0)

LOSSES = pytest.mark.parametrize(
  'ours,theirs',
  [
    ('main', 'main_loss'),
    ('aux', 'weighted_aux_loss'),
    ('regularization', 'regularization_loss'),
    ('total', 'total_loss'),
  ],
)


@pytest.fixture(scope='module')
def golden():
  return goldens.load()['train']


@pytest.fixture(scope='module')
def batch(golden):
  return (
    tf.constant(golden_model.images(2000, 8)),
    tf.constant(golden['labels'], tf.int32),
  )


@pytest.fixture(scope='module')
def exact():
  return goldens.load_exact()['train']


@pytest.fixture(scope='module')
def exact_steps(golden, batch):
  """Results of three steps in float64, and the state after them.

  Only variables, gradients and updates are rounded to float32.
  """
  model = golden_model.make(
    hyperparameters=NO_DROPOUT, fused_batch_norm=False, compute_dtype=tf.float64
  )
  state = train_state.TrainState(model)
  state.start_from_restored()
  step = train_step.make_train_step(state, with_gradients=True)
  return [go(step, *batch, golden['learning_rate']) for _ in range(3)], state


@LOSSES
def test_losses_of_the_first_step_in_float64(exact, exact_steps, ours, theirs):
  loss = exact_steps[0][0][f'{ours}_loss']
  assert loss.dtype == tf.float64
  assert float(loss) == pytest.approx(exact[theirs], rel=1e-6)


def test_every_gradient_norm_of_the_first_step_in_float64(exact, exact_steps):
  expected = exact['gradient_l2_norms']
  got = {
    name: np.linalg.norm(gradient.numpy().astype(np.float64))
    for name, gradient in exact_steps[0][0]['gradients'].items()
  }
  assert len(expected) == 196
  assert got == pytest.approx(expected, rel=1e-6)


def test_losses_of_three_steps_in_float64(exact, exact_steps):
  got = [float(results['total_loss']) for results in exact_steps[0]]
  # The optimizer's float32 rounds each weight by up to 6e-8 a step. That moves
  # the second loss by 1e-7 and, amplified twice, the third by 1e-3.
  for loss, expected, bound in zip(
    got, exact['total_loss_of_steps'], (1e-6, 1e-5, 1e-2), strict=True
  ):
    assert loss == pytest.approx(expected, rel=bound)


def test_state_after_three_steps_in_float64(exact, exact_steps):
  # For the same reason the smallest beta is 7e-4 away.
  assert_norms_of_state(
    exact_steps[1], exact['after_3_steps_l2_norms'], rel=5e-3
  )


def assert_norms_of_state(state, expected, *, rel):
  variables = state.checkpoint_variables()
  assert len(expected) == 388
  for name, (value, shadow) in expected.items():
    for key, norm in (
      (name, value),
      (f'{name}/ExponentialMovingAverage', shadow),
    ):
      assert float(tf.norm(variables[key])) == pytest.approx(norm, rel=rel), key
  assert int(variables['global_step']) == 3


@pytest.fixture(scope='module')
def three_steps(golden, batch):
  """First-step losses and gradients, losses of three steps, the state after.

  Batch norm is written out, as it was when the numbers were computed: the
  fused kernel rounds differently.
  """
  model = golden_model.make(hyperparameters=NO_DROPOUT, fused_batch_norm=False)
  state = train_state.TrainState(model)
  state.start_from_restored()

  def losses_and_norms(images, labels):
    losses, gradients, _ = train_step.compute_gradients(model, images, labels)
    return losses, {name: tf.norm(g) for name, g in gradients.items()}

  losses, norms = tf.function(losses_and_norms)(*batch)
  step = train_step.make_train_step(state)
  totals = [
    float(
      step(*batch, tf.constant(golden['learning_rate']), tf.constant(0.0))[
        'total_loss'
      ]
    )
    for _ in range(3)
  ]
  return losses, norms, totals, state


@LOSSES
def test_losses_of_the_first_step(golden, three_steps, ours, theirs):
  # 1.4e-4 and 3.3e-4.
  assert float(getattr(three_steps[0], ours)) == pytest.approx(
    golden[theirs], rel=1e-3
  )


def test_every_gradient_norm_of_the_first_step(golden, three_steps):
  expected = golden['gradient_l2_norms']
  got = {name: float(norm) for name, norm in three_steps[1].items()}
  assert len(expected) == 196
  # 3.9 % and 5.1 %; the median: 0.15 % and 0.25 %.
  assert got == pytest.approx(expected, rel=0.1)
  assert (
    np.median([abs(got[name] / norm - 1) for name, norm in expected.items()])
    < 0.01
  )


def test_losses_of_three_steps(golden, three_steps):
  expected = golden['total_loss_of_steps']
  assert three_steps[2][0] == pytest.approx(expected[0], rel=1e-3)
  # 2.0 % and 2.6 %.
  assert three_steps[2][1:] == pytest.approx(expected[1:], rel=0.1)


def test_state_after_three_steps(golden, three_steps):
  # 0.44 % and 0.69 %.
  assert_norms_of_state(
    three_steps[3], golden['after_3_steps_l2_norms'], rel=0.02
  )


def small_batch(count=4):
  rng = np.random.default_rng(0)
  return (
    tf.constant(rng.uniform(-1, 1, (count, 75, 75, 3)), tf.float32),
    tf.constant([1, 2, 3, 1][:count]),
  )


def go(step, inputs, labels, rate):
  return step(inputs, labels, tf.constant(rate), tf.constant(0.0))


def test_step_changes_the_weights_and_is_traced_once():
  state = train_state.TrainState(
    inception_model.InceptionModel(num_classes=3, hyperparameters=NO_DROPOUT)
  )
  step = train_step.make_train_step(state, with_gradients=True)
  before = {
    name: variable.numpy() for name, variable in state.model.variables.items()
  }
  first = go(step, *small_batch(), 0.001)
  second = step(*small_batch(), tf.constant(0.0005), tf.constant(1.0))
  for name, variable in state.model.variables.items():
    assert np.abs(variable - before[name]).max() > 0, name
  assert int(state.global_step) == 2
  assert int(state.examples_seen) == 8
  assert step.experimental_get_tracing_count() == 1
  assert set(first) == {
    'total_loss',
    'main_loss',
    'aux_loss',
    'regularization_loss',
    'stop',
    'gradients',
  }
  assert (float(first['stop']), float(second['stop'])) == (0, 1)
  assert set(first['gradients']) == set(state.model.trainable_variables)


def test_statistics_change_fast_from_random_and_slowly_from_restored():
  model = inception_model.InceptionModel(num_classes=3)
  moving = model.variables['conv0/BatchNorm/moving_mean']
  state = train_state.TrainState(model)
  step = train_step.make_train_step(state)
  images, labels = small_batch()
  mean = next(
    value.numpy()
    for variable, value in train_step.compute_gradients(model, images, labels)[
      2
    ]
    if variable is moving
  )
  go(step, images, labels, 0.0)
  # (1 + 0) / (10 + 0) = 0.1 of the old value is kept.
  np.testing.assert_allclose(moving, 0.9 * mean, rtol=1e-4, atol=1e-6)
  state.start_from_restored()
  moving.assign(tf.zeros_like(moving))
  go(step, images, labels, 0.0)
  np.testing.assert_allclose(moving, 0.0003 * mean, rtol=1e-3, atol=1e-8)


def test_frozen_layers_and_their_statistics_are_unchanged():
  scopes = ('logits', 'mixed_8x8x2048b')
  state = train_state.TrainState(
    inception_model.InceptionModel(num_classes=3, trained_scopes=scopes)
  )
  before = {
    name: variable.numpy() for name, variable in state.model.variables.items()
  }
  results = go(train_step.make_train_step(state), *small_batch(), 0.01)
  for name, variable in state.model.variables.items():
    assert np.array_equal(variable, before[name]) != name.startswith(scopes), (
      name
    )
  # A frozen random auxiliary classifier contributes no loss.
  assert float(results['aux_loss']) == 0


def test_layers_with_rate_0_keep_weights_and_gather_statistics():
  # All but the head: nothing is computed backward.
  state = train_state.TrainState(
    inception_model.InceptionModel(num_classes=3),
    rate_multipliers=(('conv', 0.0), ('mixed', 0.0), ('aux', 0.0)),
  )
  before = {
    name: variable.numpy() for name, variable in state.model.variables.items()
  }
  step = train_step.make_train_step(state)
  results = go(step, *small_batch(), 0.01)
  changed = {
    name
    for name, variable in state.model.variables.items()
    if not np.array_equal(variable, before[name])
  }
  statistics = {name for name in before if '/moving_' in name}
  assert changed == statistics | {
    'logits/logits/weights',
    'logits/logits/biases',
  }
  assert float(results['aux_loss']) > 0


def test_gradients_of_some_variables_need_no_backward_pass_below_them():
  model = inception_model.InceptionModel(num_classes=3)
  names = ('mixed_8x8x2048b/branch1x1/Conv/weights',)

  @tf.function(autograph=False)
  def some(images, labels):
    return train_step.compute_gradients(model, images, labels, names=names)[1]

  images, labels = small_batch()
  assert set(some(images, labels)) == set(names)
  operations = [
    operation.type
    for operation in some.get_concrete_function(
      images, labels
    ).graph.get_operations()
  ]
  # The layer's own gradient function also makes that of its input, which
  # TensorFlow drops as unused; the complete network has 95 of them.
  assert operations.count('Conv2DBackpropInput') <= 1


def of_features(**options):
  """Returns (state, train step) of a last layer trained on features."""
  state = train_state.TrainState(
    inception_model.InceptionModel(
      num_classes=3, trained_scopes=('logits/',), hyperparameters=NO_DROPOUT
    ),
    optimizer_name='sgd',
  )
  return state, train_step.make_train_step(
    state, options=train_step.Options(from_features=True, **options)
  )


def features():
  rng = np.random.default_rng(1)
  return (
    tf.constant(rng.uniform(0, 1, (4, 2048)), tf.float32),
    tf.constant([1, 2, 3, 3]),
  )


def softmax_gradients(weights, biases, inputs, targets):
  """Returns a linear classifier's gradients, computed by hand."""
  logits = inputs @ weights + biases
  shares = np.exp(logits - logits.max(1, keepdims=True))
  shares /= shares.sum(1, keepdims=True)
  error = (shares - targets) / len(inputs)
  return inputs.T @ error, error.sum(0)


def smoothed(labels):
  return 0.9 * np.eye(4)[labels] + 0.1 / 4


def test_head_is_trained_as_a_linear_classifier():
  state, _ = of_features()
  weights, biases = (
    state.model.variables[f'logits/logits/{name}'].numpy()
    for name in ('weights', 'biases')
  )
  inputs, labels = features()
  _, gradients, updates = train_step.compute_gradients(
    state.model, inputs, labels, options=train_step.Options(from_features=True)
  )
  assert not updates
  assert set(gradients) == {'logits/logits/weights', 'logits/logits/biases'}
  dw, db = softmax_gradients(
    weights, biases, inputs.numpy(), smoothed(labels.numpy())
  )
  decay = defaults_2016.WEIGHT_DECAY * weights
  np.testing.assert_allclose(
    gradients['logits/logits/weights'], dw + decay, rtol=1e-3, atol=1e-6
  )
  np.testing.assert_allclose(
    gradients['logits/logits/biases'], db, rtol=1e-3, atol=1e-6
  )


def test_norm_of_clipped_gradients_is_the_limit():
  state, step = of_features(clip_gradient_norm=0.01)
  before = {
    name: variable.numpy()
    for name, variable in state.model.trainable_variables.items()
  }
  go(step, *features(), 1.0)
  # Nesterov's first update is 1.9 times the gradient (momentum 0.9).
  moved = np.sqrt(
    sum(
      np.sum((variable - before[name]) ** 2)
      for name, variable in state.model.trainable_variables.items()
    )
  )
  assert moved == pytest.approx(0.019, rel=1e-3)


def test_mixed_batches_have_the_loss_of_mixed_labels():
  state, _ = of_features()
  inputs, labels = features()
  seed = tf.constant([3, 4], tf.int64)
  options = train_step.Options(from_features=True, mixup_alpha=1.0)
  losses, _, _ = train_step.compute_gradients(
    state.model, inputs, labels, seed=seed, options=options
  )
  again, _, _ = train_step.compute_gradients(
    state.model, inputs, labels, seed=seed, options=options
  )
  other, _, _ = train_step.compute_gradients(
    state.model, inputs, labels, seed=seed + 1, options=options
  )
  plain, _, _ = train_step.compute_gradients(
    state.model,
    inputs,
    labels,
    seed=seed,
    options=train_step.Options(from_features=True),
  )
  assert float(losses.main) == float(again.main)
  assert len({float(each.main) for each in (losses, other, plain)}) == 3


def test_overflowing_float16_step_changes_only_the_scale():
  model = inception_model.InceptionModel(
    num_classes=3, trained_scopes=('logits/',), compute_dtype=tf.float16
  )
  state = train_state.TrainState(model, optimizer_name='sgd')
  step = train_step.make_train_step(
    state, options=train_step.Options(from_features=True)
  )
  before = {
    name: variable.numpy()
    for name, variable in state.checkpoint_variables().items()
  }
  inputs, labels = features()
  go(step, inputs * np.inf, labels, 0.1)
  changed = {
    name
    for name, variable in state.checkpoint_variables().items()
    if not np.array_equal(variable, before[name])
  }
  assert changed == {
    'global_step',
    'examples_seen',
    *(name for name in state.loss_scale.variables if name in changed),
  }
  assert changed & set(state.loss_scale.variables)
  go(step, inputs, labels, 0.1)
  assert not np.array_equal(
    model.variables['logits/logits/biases'], before['logits/logits/biases']
  )
  assert int(state.global_step) == 2
