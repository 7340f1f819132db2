"""Tests of the classifier, against scikit-learn, and of its folds."""

import numpy as np
import pytest
import sklearn.linear_model

from inception.evaluation import logistic_regression


def drawn(examples=200, features=6, num_classes=3, seed=1):
  rng = np.random.default_rng(seed)
  labels = rng.integers(0, num_classes, examples)
  centres = rng.normal(size=(num_classes, features))
  values = centres[labels] + rng.normal(size=(examples, features))
  return values.astype(np.float32), labels


def test_probabilities_equal_scikit_learns():
  values, labels = drawn()
  l2 = 1e-2
  ours = logistic_regression.fit(
    values, labels, num_classes=3, l2=l2, iterations=3000
  )
  scaled = (values - values.mean(axis=0)) / (values - values.mean(axis=0)).std()
  theirs = sklearn.linear_model.LogisticRegression(
    C=1 / (l2 * len(values)), tol=1e-8, max_iter=10_000
  ).fit(scaled, labels)
  np.testing.assert_allclose(
    ours.probabilities(values), theirs.predict_proba(scaled), atol=2e-3
  )


def test_more_features_than_examples():
  values, labels = drawn(examples=30, features=200)
  model = logistic_regression.fit(values, labels, num_classes=3)
  assert (model.probabilities(values).argmax(axis=1) == labels).all()


def test_constant_features_are_harmless():
  model = logistic_regression.fit(
    np.ones([4, 2], np.float32), np.array([0, 0, 0, 1]), num_classes=2
  )
  np.testing.assert_allclose(
    model.probabilities(np.ones([1, 2], np.float32)), [[0.75, 0.25]], atol=0.01
  )


def test_examples_are_not_classified_by_weights_fitted_on_them():
  # The labels have nothing to do with the features: in sample they could be
  # learnt by heart.
  rng = np.random.default_rng(0)
  values = rng.normal(size=(120, 300)).astype(np.float32)
  labels = rng.integers(0, 2, 120)
  found = logistic_regression.out_of_fold(values, labels, num_classes=2)
  np.testing.assert_allclose(found.sum(axis=1), 1)
  assert (found.argmax(axis=1) == labels).mean() < 0.65
  model = logistic_regression.fit(values, labels, num_classes=2)
  assert (model.probabilities(values).argmax(axis=1) == labels).all()


def test_folds_are_repeated_and_classify_separate_classes():
  values, labels = drawn()
  found = logistic_regression.out_of_fold(values, labels, num_classes=3)
  again = logistic_regression.out_of_fold(values, labels, num_classes=3)
  np.testing.assert_array_equal(found, again)
  assert (found.argmax(axis=1) == labels).mean() > 0.7


@pytest.mark.parametrize('num_folds', [1, 201])
def test_unusable_number_of_folds_is_refused(num_folds):
  values, labels = drawn()
  with pytest.raises(ValueError, match=r'num_folds must be in \[2, 200\]'):
    logistic_regression.out_of_fold(
      values, labels, num_classes=3, num_folds=num_folds
    )


@pytest.mark.parametrize('block', [30, 10**9])
def test_blocks_of_rows_do_not_change_the_gradient(block, monkeypatch):
  rng = np.random.default_rng(5)
  inputs = rng.normal(size=(70, 4)).astype(np.float32)
  targets = np.eye(3, dtype=np.float32)[rng.integers(0, 3, 70)]
  weights = rng.normal(size=(4, 3)).astype(np.float32)
  monkeypatch.setattr(logistic_regression, '_BLOCK_PRODUCTS', 12 * block)
  powers = np.exp(inputs.astype(np.float64) @ weights)
  powers /= powers.sum(axis=1, keepdims=True)
  np.testing.assert_allclose(
    logistic_regression._gradient(inputs, targets, weights),
    inputs.T @ (powers - targets) / 70,
    atol=1e-6,
  )
