"""Accuracy of the last layer after training on parts of the training pictures.

measure         fits the last layer to 25, 50 and 100 % of the pictures
LearningCurve   the accuracies, and what more pictures would give

The error of a classifier falls about as a power of the number of its training
examples (J. Hestness et al., arXiv 1712.00409). The exponent is fitted to all
classes together, since the curve of one class is too noisy; the error of a
class is assumed to fall with the number of its own pictures.

Only the last layer is fitted. If the other layers were trained on all of the
pictures, their features reflect the pictures that a part leaves out, and the
curve is flatter than that of complete trainings.
"""

import dataclasses
from typing import Any

import numpy as np

from inception.evaluation import folds
from inception.evaluation import logistic_regression

SHARES = (0.25, 0.5, 1.0)
# The best number for accuracy on new examples: stopping early regularizes.
ITERATIONS = 100

_PARTS = 4


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class LearningCurve:
  """Accuracy of the last layer by its number of training pictures.

  Attributes:
    num_pictures: mean number of pictures of the fits of each share, float64
      [shares].
    accuracy: share of correct answers on the evaluated examples, the mean over
      the fits of a share, float64 [shares].
    recall: accuracy on the examples of each class, float64 [shares,
      num_classes]; NaN for classes without evaluated examples.
    class_counts: number of all training pictures of each class, int64
      [num_classes].
  """

  num_pictures: np.ndarray
  accuracy: np.ndarray
  recall: np.ndarray
  class_counts: np.ndarray

  @property
  def exponent(self) -> float:
    """Exponent of the fall of the error, in [0, 1]; 0 where it does not fall.

    The slope of the least-squares line through log(error).
    """
    errors = 1 - self.accuracy
    if np.any(errors <= 0):
      return 0.0
    slope, _ = np.polyfit(np.log(self.num_pictures), np.log(errors), 1)
    return float(np.clip(-slope, 0, 1))

  def expected_recall(self, more: int) -> np.ndarray:
    """Returns the recall of each class after adding pictures to it.

    Args:
      more: number of additional pictures of the class.

    Returns:
      float64 [num_classes]; NaN for classes without evaluated examples.
    """
    growth = np.maximum(self.class_counts, 1) / (self.class_counts + more)
    return 1 - (1 - self.recall[-1]) * growth**self.exponent

  def to_json(self) -> dict[str, Any]:
    """Returns the figures as plain JSON, with NaN where one is not defined."""
    return {
      'shares': list(SHARES),
      'num_pictures': self.num_pictures.tolist(),
      'accuracy': self.accuracy.tolist(),
      'recall': self.recall.tolist(),
      'class_counts': self.class_counts.tolist(),
      'exponent': self.exponent,
    }


def measure(
  training: np.ndarray,
  training_labels: np.ndarray,
  features: np.ndarray,
  labels: np.ndarray,
  *,
  num_classes: int,
) -> LearningCurve:
  """Fits the last layer to parts of the training pictures.

  Each quarter and each half is fitted separately, and then all pictures.

  Args:
    training: features of the training pictures, float32 [pictures,
      num_features], at least four.
    training_labels: int [pictures], in [0, num_classes).
    features: features of the evaluated examples, float32 [examples,
      num_features], at least one.
    labels: int [examples], in [0, num_classes).
    num_classes: number of classes.
  """
  part_of = folds.assign(training_labels, num_folds=_PARTS)
  sizes, accuracies, recalls = [], [], []
  for share in SHARES:
    width = round(share * _PARTS)
    hits = np.zeros(len(labels))
    starts = range(0, _PARTS, width)
    for start in starts:
      chosen = (part_of >= start) & (part_of < start + width)
      model = logistic_regression.fit(
        training[chosen],
        training_labels[chosen],
        num_classes=num_classes,
        iterations=ITERATIONS,
      )
      hits += model.logits(features).argmax(axis=1) == labels
    hits /= len(starts)
    sizes.append(len(training) / len(starts))
    accuracies.append(hits.mean())
    counts = np.bincount(labels, minlength=num_classes)
    recalls.append(
      np.bincount(labels, hits, num_classes) / np.where(counts, counts, np.nan)
    )
  return LearningCurve(
    num_pictures=np.array(sizes),
    accuracy=np.array(accuracies),
    recall=np.array(recalls),
    class_counts=np.bincount(training_labels, minlength=num_classes),
  )
