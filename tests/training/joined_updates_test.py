"""Tests of inception.training.joined_updates against single updates."""

import numpy as np
import pytest
import tensorflow as tf

from inception import inception_model
from inception.settings import training_config
from inception.training import joined_updates
from inception.training import train_state
from inception.training import train_step

NUM_UPDATES = 5
BATCH = 4


@pytest.fixture(scope='module', name='state')
def _state():
  return train_state.TrainState(
    inception_model.InceptionModel(num_classes=3, trained_scopes=('logits/',)),
    seed=3,
    optimizer_name='sgd',
    moving_average_decay=0.9,
  )


def changing(state):
  """Returns {name: value} of what updates of the head change."""
  return {
    name: variable.numpy()
    for name, variable in state.checkpoint_variables().items()
    if name.startswith('logits/') or variable.shape.rank == 0
  }


def test_joined_updates_equal_single_ones(state):
  rng = np.random.default_rng(0)
  batches = [
    (
      rng.uniform(0, 1, [BATCH, 2048]).astype(np.float32),
      rng.integers(1, 4, [BATCH], np.int32),
    )
    for _ in range(NUM_UPDATES)
  ]
  rates = [0.01 * (i + 1) for i in range(NUM_UPDATES)]
  update = train_step.make_train_step(
    state, options=train_step.Options(from_features=True)
  )
  before = {
    name: variable.numpy()
    for name, variable in state.checkpoint_variables().items()
  }
  expected = [
    update(tf.constant(x), tf.constant(y), tf.constant(rate), tf.constant(0.0))
    for (x, y), rate in zip(batches, rates, strict=True)
  ]
  after_single = changing(state)
  for name, variable in state.checkpoint_variables().items():
    variable.assign(before[name])

  joined = joined_updates.JoinedUpdates(
    update, tf.TensorSpec([BATCH, 2048], tf.float32)
  )
  found = joined.make(batches[:2], rates[:2], stop=False)
  found += joined.make(batches[2:], rates[2:], stop=True)
  assert [results['stop'] for results in found] == [0, 0, 1, 1, 1]
  for ours, theirs in zip(found, expected, strict=True):
    assert ours.keys() == theirs.keys()
    assert ours['total_loss'] == pytest.approx(float(theirs['total_loss']))
  # Other losses: each update sees the weights that the one before has written.
  assert len({results['total_loss'] for results in found}) == NUM_UPDATES
  after_joined = changing(state)
  assert after_joined['global_step'] == NUM_UPDATES
  assert len(after_joined) > 8
  for name, value in after_single.items():
    np.testing.assert_allclose(
      after_joined[name], value, rtol=1e-5, atol=1e-6, err_msg=name
    )


def ends(num_steps, log_interval, **settings):
  """Returns the last step of each call of a run."""
  config = training_config.TrainConfig(train_dir='unused', **settings)
  step, found = 0, []
  while step < num_steps:
    step += joined_updates.num_joined(
      step, config, num_steps=num_steps, log_interval=log_interval
    )
    found.append(step - 1)
  return found


def test_calls_end_with_logged_steps_and_the_last_one():
  assert ends(70, 30) == [0, 25, 30, 55, 60, 69]


def test_calls_end_before_the_run_is_evaluated_or_saved():
  assert ends(30, 100, eval_interval_steps=8) == [0, 7, 15, 23, 29]
  assert ends(30, 100, save_interval_steps=10) == [0, 9, 19, 29]


def test_steps_with_histograms_are_made_alone():
  assert ends(12, 100, histogram_interval_steps=5) == [0, 4, 5, 9, 10, 11]


@pytest.mark.parametrize('settings', [{'minutes': 1}, {'profile_steps': '1,2'}])
def test_steps_that_are_timed_are_made_alone(settings):
  assert ends(4, 100, **settings) == [0, 1, 2, 3]
