"""Tests of inception.training.train_state."""

import numpy as np
import pytest
import tensorflow as tf

from inception import inception_model
from inception.testing import goldens
from inception.training import train_state

OURS = {
  'global_step',
  'batch_norm_updates',
  'run_seed',
  'examples_seen',
  'validation_best_precision',
  'validation_evaluations_waited',
}


@pytest.fixture(scope='module')
def model():
  return inception_model.InceptionModel(num_classes=3)


def test_checkpoint_names_match_tf1s_saver(model):
  state = train_state.TrainState(model, seed=7)
  names = {name for name, _, _ in goldens.variables()}
  trainable = set(model.trainable_variables)
  assert set(state.checkpoint_variables()) == (
    names
    | {f'{name}/ExponentialMovingAverage' for name in names}
    | {f'{name}/RMSProp' for name in trainable}
    | {f'{name}/RMSProp_1' for name in trainable}
    | OURS
  )
  assert set(state.later_variables()) == OURS - {'global_step'}
  assert int(state.seed) == 7
  assert float(state.best_precision) < 0


def test_shadows_start_from_pretrained_weights(model):
  state = train_state.TrainState(model)
  name = 'conv0/weights'
  model.variables[name].assign_add(tf.ones_like(model.variables[name]))
  shadow = state.checkpoint_variables()[f'{name}/ExponentialMovingAverage']
  assert np.abs(shadow - model.variables[name]).min() == pytest.approx(1, 1e-5)
  state.start_from_restored()
  np.testing.assert_array_equal(shadow, model.variables[name])
  assert int(state.statistics_updates) == 30_000


def test_float16_has_a_loss_scale_in_the_checkpoint():
  half = inception_model.InceptionModel(num_classes=3, compute_dtype=tf.float16)
  state = train_state.TrainState(half)
  assert state.loss_scale.variables
  assert set(state.later_variables()) == (OURS - {'global_step'}) | set(
    state.loss_scale.variables
  )


def test_multiplier_of_no_variable_is_rejected(model):
  with pytest.raises(ValueError, match='no_such_layer'):
    train_state.TrainState(model, rate_multipliers=(('no_such_layer', 2.0),))
