"""Tests of inception.settings.defaults_2016 against the original's numbers."""

from inception.settings import defaults_2016
from inception.settings import training_config


def test_values_are_the_originals():
  assert defaults_2016.EMA_DECAY == 0.9999
  assert defaults_2016.BATCH_NORM_DECAY == 0.9997
  assert defaults_2016.WEIGHT_DECAY == 0.00004
  assert defaults_2016.LABEL_SMOOTHING == 0.1
  assert defaults_2016.AUX_LOSS_WEIGHT == 0.4
  assert defaults_2016.DROPOUT_KEEP_PROB == 0.8


def test_train_config_uses_them_by_default():
  made = training_config.TrainConfig(train_dir='run')
  assert made.moving_average_decay == defaults_2016.EMA_DECAY
  assert made.batch_norm_decay == defaults_2016.BATCH_NORM_DECAY
  assert made.weight_decay == defaults_2016.WEIGHT_DECAY
  assert made.label_smoothing == defaults_2016.LABEL_SMOOTHING
  assert made.aux_loss_weight == defaults_2016.AUX_LOSS_WEIGHT
  assert made.dropout_keep_prob == defaults_2016.DROPOUT_KEEP_PROB
