"""Tests of the estimate of what fits into a limit of time."""

import pytest
import tensorflow as tf

from inception.hardware import matrix_speed
from inception.settings import config
from inception.settings import training_config
from inception.training import time_limit


def images(minutes=1, **changes):
  given = dict(image_size=299, multiply_adds_per_second=17.13e9)
  return time_limit.expected_images(minutes, **given | changes)


def test_images_are_those_of_the_speed():
  # A step of one image of 299 pixels has 3 * 5.71 billion multiply-adds: one
  # per second at the speed of products, 0.75 in training. 40 seconds are left.
  assert images() == pytest.approx(30, rel=1e-3)
  assert images(minutes=2) == pytest.approx(75, rel=1e-3)
  assert images(trained_scopes=('logits',)) == pytest.approx(90, rel=1e-3)
  assert images(rate_multipliers=(('', 0.0),)) == pytest.approx(90, rel=1e-3)
  assert images(image_size=598) == pytest.approx(7.5, rel=1e-3)


def test_nothing_fits_into_the_time_of_the_start():
  assert images(minutes=0.1) == 0


def test_speed_is_that_of_all_gpus(monkeypatch):
  dtypes = []
  monkeypatch.setattr(
    matrix_speed,
    'multiply_adds_per_second',
    lambda dtype: dtypes.append(dtype) or 17.13e9,
  )
  train_config = training_config.TrainConfig(train_dir='none', minutes=1.0)
  input_config = config.InputConfig(data_dir='none', image_size=299)

  def fit(*devices):
    return time_limit.images_that_fit(train_config, input_config, devices)

  assert fit('CPU:0') == pytest.approx(30, rel=1e-3)
  assert fit('CPU:0', 'CPU:1') == pytest.approx(30, rel=1e-3)
  assert fit('GPU:0') == pytest.approx(30, rel=1e-3)
  assert fit('GPU:0', 'GPU:1') == pytest.approx(60, rel=1e-3)
  assert set(dtypes) == {tf.float32}
