"""Tests of the cross-validation of the last layer."""

import numpy as np
import pytest

from inception.evaluation import cross_validation
from inception.evaluation import proportions


def draw(count):
  labels = np.arange(count) % 2
  return np.eye(2, dtype=np.float32)[labels] * 4, labels


def test_all_examples_have_one_interval():
  found = cross_validation.estimate(
    *draw(20), num_classes=2, num_folds=5, is_biased=False
  )
  assert found.num_correct == found.num_examples == (4, 4, 4, 4, 4)
  assert found.accuracy == 1
  assert found.interval == proportions.wilson_interval(20, 20)
  assert found.in_words() == (
    'cross-validation of the last layer alone in 5 folds of all 20 pictures: '
    'precision @ 1 = 1.0000 (0.8389 .. 1.0000)'
  )
  assert found.to_json()['accuracy'] == 1


def test_bias_is_stated():
  found = cross_validation.estimate(
    *draw(8), num_classes=2, num_folds=2, is_biased=True
  )
  assert found.in_words().endswith(
    '(too high: the other layers were trained on some of the pictures)'
  )


def test_copies_are_kept_in_one_fold():
  # Two copies of each of 60 pictures, whose labels are random: only a
  # classifier that has seen the copy knows the label.
  rng = np.random.default_rng(0)
  features = np.tile(rng.normal(size=(60, 100)).astype(np.float32), (2, 1))
  labels = np.tile(rng.integers(0, 2, 60), 2)
  settings = {'num_classes': 2, 'num_folds': 5, 'is_biased': False}
  apart = cross_validation.estimate(features, labels, **settings)
  groups = [[i, i + 60] for i in range(60)]
  together = cross_validation.estimate(
    features, labels, groups=groups, **settings
  )
  assert apart.accuracy > 0.7
  assert together.accuracy < 0.65
  assert together.num_grouped == sum(together.num_examples) == 120


def test_number_of_folds_is_checked():
  with pytest.raises(ValueError, match='num_folds must be in'):
    cross_validation.estimate(
      *draw(3), num_classes=2, num_folds=4, is_biased=False
    )
