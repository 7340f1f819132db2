"""Counts of true and predicted classes, and the scores that follow from them.

predicted_labels   returns the class that a network answers
in_top_k           tests whether the label is among the k largest logits
confusion_matrix   counts examples by true and predicted class
ClassScores        precision, recall, F1 and support of each class
class_scores       computes them from a confusion matrix

Labels count from 1; column 0 of logits and of the matrix is the background
class, which no example has but a network can answer. Ties between logits are
decided in favour of the label, as tf.math.in_top_k does, so that the diagonal
of the matrix adds up to the examples that Evaluator counts as correct.
"""

import dataclasses

import numpy as np


def in_top_k(logits: np.ndarray, labels: np.ndarray, k: int) -> np.ndarray:
  """Returns whether each label's logit is among the k largest.

  Args:
    logits: float [examples, num_classes + 1], finite.
    labels: int [examples], in [1, num_classes].
    k: at least 1.

  Returns:
    bool [examples].
  """
  own = np.take_along_axis(logits, labels[:, None], axis=1)
  return np.count_nonzero(logits > own, axis=1) < k


def predicted_labels(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
  """Returns the label of the largest logit; of equal ones, the true label.

  Args:
    logits: float [examples, num_classes + 1], finite.
    labels: int [examples], in [1, num_classes].

  Returns:
    int64 [examples], in [0, num_classes].
  """
  return np.where(in_top_k(logits, labels, 1), labels, logits.argmax(axis=1))


def confusion_matrix(
  labels: np.ndarray, predicted: np.ndarray, num_classes: int
) -> np.ndarray:
  """Returns the number of examples of each true and predicted class.

  Args:
    labels: int [examples], in [1, num_classes].
    predicted: int [examples], in [0, num_classes].
    num_classes: number of classes without background.

  Returns:
    int64 [num_classes, num_classes + 1]: row i is the true class with label
    i + 1, column j the predicted label j.
  """
  flat = np.bincount(
    (labels.astype(np.int64) - 1) * (num_classes + 1) + predicted,
    minlength=num_classes * (num_classes + 1),
  )
  return flat.reshape(num_classes, num_classes + 1)


@dataclasses.dataclass(frozen=True, kw_only=True)
class ClassScores:
  """Scores of each class: arrays [num_classes].

  Attributes:
    support: number of examples of the class, int.
    num_predicted: number of examples predicted as the class, int.
    num_correct: number of examples of the class predicted as the class, int.
    precision: num_correct / num_predicted; NaN for 0 / 0.
    recall: num_correct / support; NaN for 0 / 0.
    f1: harmonic mean of both; 0 if nothing is correct, NaN if the class has no
      examples and was never predicted.
  """

  support: np.ndarray
  num_predicted: np.ndarray
  num_correct: np.ndarray
  precision: np.ndarray
  recall: np.ndarray
  f1: np.ndarray

  @property
  def balanced_accuracy(self) -> float:
    """Mean recall of the classes that have examples."""
    return float(np.nanmean(self.recall))

  def means(self, *, weighted: bool) -> dict[str, float]:
    """Returns the means of precision, recall and F1 over the classes.

    Only classes with examples count; a precision of 0 / 0 counts as 0, as it
    does in scikit-learn.

    Args:
      weighted: True weights the classes by support; False weights them equally.
    """
    has_examples = self.support > 0
    weights = self.support if weighted else has_examples.astype(np.int64)
    return {
      name: float(
        np.average(np.nan_to_num(getattr(self, name)), weights=weights)
      )
      for name in ('precision', 'recall', 'f1')
    }


def class_scores(matrix: np.ndarray) -> ClassScores:
  """Returns the scores of each class.

  Args:
    matrix: result of confusion_matrix, int [num_classes, num_classes + 1].
  """
  support = matrix.sum(axis=1)
  num_predicted = matrix[:, 1:].sum(axis=0)
  num_correct = np.diagonal(matrix[:, 1:]).copy()

  def share(part: np.ndarray, total: np.ndarray) -> np.ndarray:
    return np.divide(
      part, total, out=np.full(len(part), np.nan), where=total > 0
    )

  return ClassScores(
    support=support,
    num_predicted=num_predicted,
    num_correct=num_correct,
    precision=share(num_correct, num_predicted),
    recall=share(num_correct, support),
    # The harmonic mean without its division by zero.
    f1=share(2 * num_correct, num_predicted + support),
  )
