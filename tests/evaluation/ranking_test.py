"""Tests of rankings against scikit-learn."""

import numpy as np
import pytest
import sklearn.metrics

from inception.evaluation import ranking


def drawn(levels):
  rng = np.random.default_rng(5)
  is_positive = rng.random(300) < 0.3
  scores = rng.normal(size=300) + is_positive
  return (np.round(scores * levels) / levels if levels else scores), is_positive


@pytest.mark.parametrize('levels', [0, 1, 10])  # Without and with equal scores.
def test_roc_auc_and_average_precision_equal_scikit_learns(levels):
  scores, is_positive = drawn(levels)
  assert ranking.roc_auc(scores, is_positive) == pytest.approx(
    sklearn.metrics.roc_auc_score(is_positive, scores), rel=1e-12
  )
  assert ranking.average_precision(scores, is_positive) == pytest.approx(
    sklearn.metrics.average_precision_score(is_positive, scores), rel=1e-12
  )


def test_a_perfect_ranking_is_1_and_its_reverse_0():
  scores, is_positive = np.arange(5.0), np.arange(5) > 2
  assert ranking.roc_auc(scores, is_positive) == 1
  assert ranking.average_precision(scores, is_positive) == 1
  assert ranking.roc_auc(-scores, is_positive) == 0


@pytest.mark.parametrize('is_positive', [np.zeros(4, bool), np.ones(4, bool)])
def test_roc_auc_needs_positives_and_negatives(is_positive):
  assert np.isnan(ranking.roc_auc(np.arange(4.0), is_positive))


def test_average_precision_needs_positives():
  assert np.isnan(ranking.average_precision(np.arange(4.0), np.zeros(4, bool)))
