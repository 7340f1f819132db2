"""Tests of probabilities and temperatures, against scikit-learn and by hand."""

import numpy as np
import pytest
import sklearn.metrics

from inception.evaluation import calibration


def drawn(temperature=1.0, examples=4000, seed=2):
  """Returns logits whose labels are drawn at that temperature."""
  rng = np.random.default_rng(seed)
  logits = 2 * rng.normal(size=(examples, 4))
  noise = rng.gumbel(size=logits.shape)
  return logits, (logits / temperature + noise).argmax(axis=1)


def test_softmax_by_hand():
  found = calibration.softmax(np.log([[1.0, 2, 5]]))
  np.testing.assert_allclose(found, [[0.125, 0.25, 0.625]])
  found = calibration.softmax(np.log([[1.0, 4]]), temperature=2)
  np.testing.assert_allclose(found, [[1 / 3, 2 / 3]])


def test_softmax_of_huge_logits():
  found = calibration.softmax(np.array([[1e4, 0, 1e4]], np.float32))
  np.testing.assert_allclose(found, [[0.5, 0, 0.5]])


@pytest.mark.parametrize('temperature', [1.0, 3.0])
def test_log_loss_equals_scikit_learns(temperature):
  logits, labels = drawn(examples=100)
  assert calibration.log_loss(logits, labels, temperature) == pytest.approx(
    sklearn.metrics.log_loss(labels, calibration.softmax(logits, temperature))
  )


@pytest.mark.parametrize('temperature', [0.5, 1.0, 3.0])
def test_temperature_of_drawn_labels_is_recovered(temperature):
  logits, labels = drawn(temperature)
  found = calibration.fit_temperature(logits, labels)
  assert found == pytest.approx(temperature, rel=0.1)
  losses = [
    calibration.log_loss(logits, labels, found * factor)
    for factor in (0.99, 1, 1.01)
  ]
  assert losses[1] == min(losses)


def test_a_network_that_is_always_right_has_the_smallest_temperature():
  logits = np.eye(3)
  found = calibration.fit_temperature(logits, np.arange(3))
  assert found == pytest.approx(0.05)


def test_cross_fitted_scales_each_half_by_the_other():
  logits, labels = drawn(3.0, examples=101)
  found = calibration.cross_fitted(logits, labels)
  even = calibration.fit_temperature(logits[::2], labels[::2])
  odd = calibration.fit_temperature(logits[1::2], labels[1::2])
  np.testing.assert_array_equal(
    found[::2], calibration.softmax(logits[::2], odd)
  )
  np.testing.assert_array_equal(
    found[1::2], calibration.softmax(logits[1::2], even)
  )


def test_one_example_is_not_scaled():
  found = calibration.cross_fitted(np.log([[1.0, 3]]), np.array([0]))
  np.testing.assert_allclose(found, [[0.25, 0.75]])


def test_reliability_by_hand():
  found = calibration.reliability(
    np.array([0.0, 0.5, 0.6, 0.8, 1.0]),
    np.array([False, False, True, False, True]),
    num_bins=2,
  )
  assert found == [
    calibration.Bin(
      low=0, high=0.5, num_examples=2, confidence=0.25, accuracy=0
    ),
    calibration.Bin(
      low=0.5,
      high=1,
      num_examples=3,
      confidence=pytest.approx(0.8),
      accuracy=pytest.approx(2 / 3),
    ),
  ]
  # (2 * |0.25 - 0| + 3 * |0.8 - 0.6667|) / 5
  assert calibration.expected_error(found) == pytest.approx(0.18)


def test_bins_without_examples_are_left_out():
  (found,) = calibration.reliability(np.array([0.95]), np.array([True]))
  assert (found.low, found.high) == (14 / 15, 1)


def test_labels_drawn_from_the_probabilities_have_almost_no_error():
  logits, labels = drawn()
  probabilities = calibration.softmax(logits)
  bins = calibration.reliability(
    probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
  )
  assert calibration.expected_error(bins) < 0.02
