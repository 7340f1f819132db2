"""Tests of the accuracy by the number of training pictures."""

import numpy as np
import pytest

from inception.evaluation import learning_curve


def make(accuracy, recall, counts, num_pictures=(25, 50, 100)):
  return learning_curve.LearningCurve(
    num_pictures=np.array(num_pictures, float),
    accuracy=np.array(accuracy),
    recall=np.array([recall] * 3, float),
    class_counts=np.array(counts),
  )


def test_exponent_is_the_slope_of_the_errors():
  # The error is 2 n ** -0.5.
  errors = 2 * np.array([25, 50, 100]) ** -0.5
  curve = make(1 - errors, [0.8, 0.6], [50, 50])
  assert curve.exponent == pytest.approx(0.5)
  # Three times as many pictures divide the error by the root of 3.
  np.testing.assert_allclose(
    curve.expected_recall(100), 1 - np.array([0.2, 0.4]) / np.sqrt(3)
  )


@pytest.mark.parametrize(
  'accuracy', [[0.9, 0.8, 0.7], [0.5, 0.5, 0.5], [0.8, 0.9, 1.0]]
)
def test_error_that_does_not_fall_promises_nothing(accuracy):
  curve = make(accuracy, [0.5, np.nan], [10, 10])
  assert curve.exponent == pytest.approx(0, abs=1e-12)
  np.testing.assert_allclose(curve.expected_recall(100), [0.5, np.nan])


def test_error_does_not_fall_faster_than_the_number_grows():
  assert make([0.1, 0.9, 0.99], [0.5], [10]).exponent == 1


def test_class_without_pictures_has_a_finite_expectation():
  assert np.isfinite(make([0.5, 0.6, 0.7], [0.0], [0]).expected_recall(100))


def draw(count, *, seed):
  rng = np.random.default_rng(seed)
  labels = np.arange(count) % 3
  features = rng.normal(size=(count, 20)).astype(np.float32)
  features[np.arange(count), labels] += 2
  return features, labels


def test_curve_of_drawn_features_rises():
  curve = learning_curve.measure(
    *draw(120, seed=0), *draw(900, seed=1), num_classes=4
  )
  assert curve.num_pictures.tolist() == [30, 60, 120]
  assert curve.accuracy[0] < curve.accuracy[1] < curve.accuracy[2]
  assert 0.7 < curve.accuracy[2] < 0.9
  assert curve.class_counts.tolist() == [40, 40, 40, 0]
  # All classes have equally many evaluated examples.
  np.testing.assert_allclose(curve.recall[:, :3].mean(axis=1), curve.accuracy)
  assert np.isnan(curve.recall[:, 3]).all()
  assert 0 < curve.exponent <= 1
  assert curve.to_json()['shares'] == [0.25, 0.5, 1.0]
