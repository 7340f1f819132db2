"""Tests of inception.optimization.optimizer."""

import pytest
import tensorflow as tf

from inception.optimization import adam
from inception.optimization import momentum
from inception.optimization import optimizer
from inception.optimization import rmsprop
from inception.settings import training_config


def test_make_returns_the_optimizer_of_the_name():
  variables = {'w': tf.Variable([1.0])}
  for name, expected in (
    ('rmsprop', rmsprop.RMSProp),
    ('sgd', momentum.Momentum),
    ('adam', adam.Adam),
    ('adamw', adam.AdamW),
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


def test_longest_prefix_applies():
  factors = optimizer.multipliers(
    _NAMES, [('conv0/BatchNorm', 0.0), ('conv0', 0.1), ('logits', 10.0)]
  )
  assert factors == {
    'conv0/weights': 0.1,
    'conv0/BatchNorm/beta': 0.0,
    'logits/logits/weights': 10.0,
  }


def test_last_of_equal_prefixes_applies():
  assert optimizer.multipliers(_NAMES, [('aux', 2.0), ('aux', 3.0)]) == {
    'aux_logits/fc/weights': 3.0
  }


def test_without_prefixes_there_are_no_multipliers():
  assert optimizer.multipliers(_NAMES, ()) == {}


def test_prefix_of_no_variable_is_rejected():
  with pytest.raises(
    ValueError,
    match="learning_rate_multipliers: no variable begins with 'conv9'",
  ):
    optimizer.multipliers(_NAMES, [('conv0', 0.1), ('conv9', 1.0)])
