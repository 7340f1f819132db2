"""Tests of inception.training.host_agreement on a made-up second host."""

import dataclasses
import types

import numpy as np
import pytest
import tensorflow as tf

from inception.hardware import replicas
from inception.testing import run_parts
from inception.training import host_agreement
from inception.training import train_setup


class _OtherHost:
  """Stands in for Replicas; the other host has the numbers of another run."""

  hosts = 2
  count = 2

  def __init__(self):
    self.theirs = None

  def differing(self, values):
    if self.theirs is None:
      self.theirs = values
    return np.flatnonzero(np.not_equal(values, self.theirs)).tolist()


def _spec(tmp_path, other=None, **settings):
  made = run_parts.spec(tmp_path, **settings)
  return dataclasses.replace(made, replicas=other) if other else made


def _check(tmp_path, **settings):
  other = _OtherHost()
  host_agreement.check_settings(_spec(tmp_path, other))
  host_agreement.check_settings(_spec(tmp_path, other, **settings))


@pytest.mark.parametrize(
  ('settings', 'named'),
  [
    ({'initial_learning_rate': 0.25}, '--initial_learning_rate'),
    ({'batch_size': 20, 'optimizer': 'sgd'}, '--batch_size, --optimizer'),
    ({'num_examples': 99}, 'number of examples'),
  ],
)
def test_other_settings_are_named(settings, named, tmp_path):
  with pytest.raises(
    train_setup.TrainError,
    match=f'these differ: {named}; start the same command on every host',
  ):
    _check(tmp_path, **settings)


def test_intervals_and_folders_may_differ(tmp_path):
  _check(tmp_path)
  _check(tmp_path, save_interval_steps=7, log_interval_steps=3)
  other = _OtherHost()
  host_agreement.check_settings(_spec(tmp_path / 'a', other))
  host_agreement.check_settings(_spec(tmp_path / 'b', other))


def test_single_host_agrees_with_itself(tmp_path):
  alone = _spec(tmp_path)
  assert alone.replicas.hosts == replicas.make().hosts == 1
  host_agreement.check_settings(alone)


def test_other_weights_are_an_error(tmp_path):
  def state(weight):
    return types.SimpleNamespace(
      global_step=tf.constant(3, tf.int64),
      seed=tf.constant(2**20 + 1, tf.int64),
      model=types.SimpleNamespace(
        variables={'conv0/weights': tf.constant([weight, 1.0])}
      ),
    )

  other = _OtherHost()
  spec = _spec(tmp_path, other)
  host_agreement.check_weights(spec, state(0.5))
  assert other.theirs == [3.0, 1.0, 1.5]
  host_agreement.check_weights(spec, state(0.5))
  with pytest.raises(
    train_setup.TrainError, match='hosts do not start with the same weights'
  ):
    host_agreement.check_weights(spec, state(0.25))
