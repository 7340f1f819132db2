"""Tests of inception.training.updates, on features."""

import types

import numpy as np
import pytest
import tensorflow as tf

from inception import inception_model
from inception.testing import run_parts
from inception.training import train_state
from inception.training import updates

SOURCE = types.SimpleNamespace(input_spec=tf.TensorSpec([2, 2048], tf.float32))


@pytest.fixture(scope='module', name='state')
def _state():
  return train_state.TrainState(
    inception_model.InceptionModel(num_classes=2, trained_scopes=('logits/',)),
    optimizer_name='sgd',
  )


def make(state, tmp_path, **settings):
  spec = run_parts.spec(
    tmp_path, batch_size=2, trainable_scopes='head', **settings
  )
  return updates.Updates(spec, state, SOURCE)


def batch():
  return [(np.ones([2, 2048], np.float32), np.array([1, 2], np.int32))]


def test_update_counts_a_step_and_returns_floats(state, tmp_path):
  before = int(state.global_step)
  (results,) = make(state, tmp_path).make(
    before, batch(), rates=[0.01], stop=True
  )
  assert int(state.global_step) == before + 1
  assert all(type(value) is float for value in results.values())
  assert results['stop'] == 1.0
  assert results['total_loss'] == pytest.approx(
    results['main_loss'] + results['aux_loss'] + results['regularization_loss']
  )


def test_gradients_are_returned_when_histograms_are_due(state, tmp_path):
  ours = make(state, tmp_path, histogram_interval_steps=2)
  with_gradients = [
    'gradients' in ours.make(step, batch(), rates=[0.01], stop=False)[0]
    for step in range(4)
  ]
  assert with_gradients == [True, False, True, False]


def test_without_histograms_there_are_no_gradients(state, tmp_path):
  ours = make(state, tmp_path)
  (results,) = ours.make(0, batch(), rates=[0.01], stop=False)
  assert 'gradients' not in results
