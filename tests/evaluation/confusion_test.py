"""Tests of counts and scores of classes, against scikit-learn."""

import numpy as np
import pytest
import sklearn.metrics

from inception.evaluation import confusion


def drawn(num_classes=5, examples=200, seed=3):
  rng = np.random.default_rng(seed)
  labels = rng.integers(1, num_classes + 1, examples)
  logits = rng.normal(size=(examples, num_classes + 1)).astype(np.float32)
  logits[np.arange(examples), labels] += 1
  return logits, labels


def test_the_largest_logit_is_predicted():
  logits = np.array([[0.0, 3, 2], [5, 1, 2], [0, 1, 2]])
  found = confusion.predicted_labels(logits, np.array([1, 1, 1]))
  assert found.tolist() == [1, 0, 2]


def test_ties_are_decided_in_favour_of_the_label():
  logits = np.array([[1.0, 1, 1]] * 2)
  assert confusion.predicted_labels(logits, np.array([2, 1])).tolist() == [2, 1]


@pytest.mark.parametrize('k', [1, 2, 5, 6])
def test_in_top_k_equals_a_sort(k):
  logits, labels = drawn()
  order = np.argsort(-logits, axis=1)[:, :k]
  found = confusion.in_top_k(logits, labels, k)
  assert found.tolist() == (order == labels[:, None]).any(axis=1).tolist()


def test_confusion_matrix_by_hand():
  found = confusion.confusion_matrix(
    np.array([1, 1, 2, 3, 3]), np.array([1, 2, 2, 0, 1]), 3
  )
  assert found.tolist() == [[0, 1, 1, 0], [0, 0, 1, 0], [1, 1, 0, 0]]


def test_scores_equal_scikit_learns():
  logits, labels = drawn()
  predicted = confusion.predicted_labels(logits, labels)
  matrix = confusion.confusion_matrix(labels, predicted, 5)
  assert (
    matrix.tolist()
    == sklearn.metrics.confusion_matrix(labels, predicted, labels=range(6))[
      1:
    ].tolist()
  )
  found = confusion.class_scores(matrix)
  columns = found.precision, found.recall, found.f1, found.support
  for ours, theirs in zip(
    columns,
    sklearn.metrics.precision_recall_fscore_support(
      labels, predicted, labels=range(1, 6)
    ),
    strict=True,
  ):
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)
  for average in ('macro', 'weighted'):
    means = found.means(weighted=average == 'weighted')
    theirs = sklearn.metrics.precision_recall_fscore_support(
      labels, predicted, labels=range(1, 6), average=average
    )
    assert list(means.values()) == pytest.approx(theirs[:3], rel=1e-12)
  known = predicted > 0  # Scikit-learn would warn of a class without examples.
  assert confusion.class_scores(
    confusion.confusion_matrix(labels[known], predicted[known], 5)
  ).balanced_accuracy == pytest.approx(
    sklearn.metrics.balanced_accuracy_score(labels[known], predicted[known])
  )


def test_classes_without_examples_or_predictions():
  # Class 1 is never predicted; class 3 has no example; class 4 has neither.
  matrix = confusion.confusion_matrix(
    np.array([1, 2, 2]), np.array([2, 2, 3]), 4
  )
  found = confusion.class_scores(matrix)
  nan = np.nan
  np.testing.assert_array_equal(found.support, [1, 2, 0, 0])
  np.testing.assert_array_equal(found.num_predicted, [0, 2, 1, 0])
  np.testing.assert_array_equal(found.precision, [nan, 0.5, 0, nan])
  np.testing.assert_array_equal(found.recall, [0, 0.5, nan, nan])
  np.testing.assert_array_equal(found.f1, [0, 0.5, 0, nan])
  assert found.balanced_accuracy == 0.25
  assert found.means(weighted=False)['precision'] == 0.25
  assert found.means(weighted=True)['recall'] == pytest.approx(1 / 3)
