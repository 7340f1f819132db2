"""Tests of thresholds by hand, and of their promise on drawn answers."""

import numpy as np
import pytest

from inception.evaluation import rejection
from inception.testing import answers


def test_coverage_curve_by_hand():
  thresholds, accepted, correct = rejection.coverage_curve(
    np.array([0.5, 0.9, 0.7, 0.9]), np.array([False, True, True, False])
  )
  assert thresholds.tolist() == [0.9, 0.7, 0.5]
  assert accepted.tolist() == [2, 3, 4]
  assert correct.tolist() == [1, 2, 2]


# Correct, correct, wrong, correct, wrong, the surest first.
MADE = answers.make(
  [[0, 5, 0], [0, 0, 4], [0, 3, 0], [0, 2, 0], [0, 0, 1]], [1, 2, 2, 1, 1]
)


@pytest.mark.parametrize(
  ('target', 'accepted', 'correct'),
  [(0.99, 2, 2), (0.75, 4, 3), (0.7, 4, 3), (0.5, 5, 3)],
)
def test_the_largest_coverage_that_reaches_the_target_is_found(
  target, accepted, correct
):
  found = rejection.fit(MADE, target_precision=target)
  assert (found.num_accepted, found.num_correct) == (accepted, correct)
  assert found.coverage == accepted / 5
  assert found.precision == correct / accepted
  scaled = MADE.logits / found.temperature
  probabilities = np.exp(scaled) / np.exp(scaled).sum(axis=1, keepdims=True)
  assert found.threshold == pytest.approx(
    probabilities.max(axis=1)[accepted - 1], rel=1e-6
  )
  assert found.to_json() == {
    'target_precision': target,
    'temperature': found.temperature,
    'threshold': found.threshold,
    'precision': found.precision,
    'precision_interval': list(found.precision_interval),
    'coverage': found.coverage,
  }


def test_a_target_out_of_reach_has_no_threshold():
  made = answers.make([[0, 5, 0], [0, 4, 0]], [2, 1])
  found = rejection.fit(made, target_precision=0.9)
  assert found.threshold is None
  assert (found.coverage, found.best_precision) == (0, 0.5)
  assert np.isnan(found.precision)
  assert found.to_json() == {
    'target_precision': 0.9,
    'temperature': found.temperature,
    'threshold': None,
    'best_precision': 0.5,
  }


def test_the_threshold_holds_for_other_examples():
  found = rejection.fit(
    answers.draw(examples=2000, num_classes=4, seed=1), target_precision=0.95
  )
  other = answers.draw(examples=2000, num_classes=4, seed=2)
  scaled = np.exp(other.logits / found.temperature)
  probabilities = scaled / scaled.sum(axis=1, keepdims=True)
  accepted = probabilities.max(axis=1) >= found.threshold
  assert other.is_correct[accepted].mean() == pytest.approx(0.95, abs=0.02)
  assert accepted.mean() == pytest.approx(found.coverage, abs=0.05)
