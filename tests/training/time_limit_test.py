"""Tests of the estimate of what fits into a limit of time."""

import pytest

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
