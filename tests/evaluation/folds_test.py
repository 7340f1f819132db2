"""Tests of dealing examples into folds."""

import numpy as np
import pytest

from inception.evaluation import folds


def test_every_class_is_spread_evenly():
  labels = np.array([0] * 10 + [1] * 15 + [2] * 5)
  fold_of = folds.assign(labels, num_folds=5)
  for label, count in ((0, 2), (1, 3), (2, 1)):
    assert np.bincount(fold_of[labels == label]).tolist() == [count] * 5


@pytest.mark.parametrize('groups', [(), [[0, 12], [3, 4, 5]]])
def test_deal_is_the_same_every_time(groups):
  labels = np.arange(20) % 2
  np.testing.assert_array_equal(
    folds.assign(labels, num_folds=4, groups=groups),
    folds.assign(labels, num_folds=4, groups=groups),
  )


def test_groups_stay_together_and_classes_stay_even():
  labels = np.arange(60) % 3
  groups = [[0, 1, 2, 3], [10, 20], [30, 31, 59]]
  fold_of = folds.assign(labels, num_folds=5, groups=groups)
  for group in groups:
    assert len(set(fold_of[group].tolist())) == 1
  assert np.bincount(fold_of).tolist() == [12] * 5
  for label in range(3):
    assert np.ptp(np.bincount(fold_of[labels == label], minlength=5)) <= 1


def test_one_fold_has_everything():
  assert folds.assign(np.array([1, 0, 1]), num_folds=1).tolist() == [0, 0, 0]
