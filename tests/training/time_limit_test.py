"""Tests of the estimate of what fits into a limit of time."""

import pytest

from inception.training import time_limit


def epochs(minutes=1, **changes):
  given = dict(
    num_examples=10, image_size=299, multiply_adds_per_second=17.13e9
  )
  return time_limit.expected_epochs(minutes, **given | changes)


def test_epochs_are_those_of_the_speed():
  # A step of one image of 299 pixels has 3 * 5.71 billion multiply-adds: one
  # per second at the speed of products, 0.75 in training. 40 seconds are left.
  assert epochs() == pytest.approx(3, rel=1e-3)
  assert epochs(minutes=2) == pytest.approx(7.5, rel=1e-3)
  assert epochs(num_examples=30) == pytest.approx(1, rel=1e-3)
  assert epochs(trained_scopes=('logits',)) == pytest.approx(9, rel=1e-3)
  assert epochs(rate_multipliers=(('', 0.0),)) == pytest.approx(9, rel=1e-3)
  assert epochs(image_size=598) == pytest.approx(0.75, rel=1e-3)


def test_nothing_fits_into_the_time_of_the_start():
  assert epochs(minutes=0.1) == 0
