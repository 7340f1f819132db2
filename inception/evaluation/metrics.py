"""Every figure of one evaluation.

compute   computes the figures from predictions
Metrics   the figures; to_json returns the content of metrics.json
plain     replaces NaN in JSON values by null
"""

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from inception.evaluation import calibration
from inception.evaluation import confusion
from inception.evaluation import predictions as predictions_lib
from inception.evaluation import proportions
from inception.evaluation import ranking


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Metrics:
  """Figures of one evaluation.

  Attributes:
    class_names: class names without background, in the order of their labels.
    num_examples: number of evaluated examples.
    num_correct: number of examples whose largest logit is the label's.
    num_in_top_k: number of examples whose label is among the k largest logits.
    k: 5, or the number of classes if that is smaller.
    loss: mean cross-entropy in nats, without label smoothing.
    matrix: int64 [num_classes, num_classes + 1]; see confusion_matrix.
    scores: scores of each class.
    roc_auc: area under the ROC curve of each class against the others, float64
      [num_classes].
    average_precision: average precision of each class, float64 [num_classes].
    temperature: temperature at which the loss of these examples is smallest.
    bins: accuracy against confidence, at temperature 1.
    scaled_bins: accuracy against confidence, at temperatures that were fitted
      on the other half of the examples.
  """

  class_names: tuple[str, ...]
  num_examples: int
  num_correct: int
  num_in_top_k: int
  k: int
  loss: float
  matrix: np.ndarray
  scores: confusion.ClassScores
  roc_auc: np.ndarray
  average_precision: np.ndarray
  temperature: float
  bins: list[calibration.Bin]
  scaled_bins: list[calibration.Bin]

  @property
  def calibration_error(self) -> float:
    """Expected calibration error, in [0, 1]."""
    return calibration.expected_error(self.bins)

  @property
  def scaled_calibration_error(self) -> float:
    """Expected calibration error at the temperatures of `scaled_bins`."""
    return calibration.expected_error(self.scaled_bins)

  def class_intervals(self) -> dict[str, np.ndarray]:
    """Returns 95 % intervals: {score: float64 [num_classes, 2]}.

    F1 = 2 j / (1 + j) with the proportion j = TP / (TP + FP + FN), so its
    interval is the transformed interval of j.
    """
    correct = self.scores.num_correct
    union = self.scores.support + self.scores.num_predicted - correct
    j = proportions.wilson_intervals(correct, union)
    return {
      'precision': proportions.wilson_intervals(
        correct, self.scores.num_predicted
      ),
      'recall': proportions.wilson_intervals(correct, self.scores.support),
      'f1': 2 * j / (1 + j),
    }

  def confusions(self, count: int) -> list[tuple[int, int, int]]:
    """Returns the most frequent mistakes, in descending order.

    Args:
      count: maximum number of pairs of a true and a predicted class.

    Returns:
      (number of examples, true label, predicted label) of each pair.
    """
    wrong = self.matrix.copy()
    classes = np.arange(len(wrong))
    wrong[classes, classes + 1] = 0
    order = np.argsort(-wrong, axis=None, kind='stable')[:count]
    rows, columns = np.unravel_index(order, wrong.shape)
    return [
      (int(wrong[row, column]), int(row) + 1, int(column))
      for row, column in zip(rows, columns, strict=True)
      if wrong[row, column]
    ]

  def to_json(self) -> dict[str, Any]:
    """Returns the figures as plain JSON; null where one is not defined."""
    return plain({
      'num_examples': self.num_examples,
      'precision_at_1': _proportion(self.num_correct, self.num_examples),
      f'recall_at_{self.k}': _proportion(self.num_in_top_k, self.num_examples),
      'loss': self.loss,
      'balanced_accuracy': self.scores.balanced_accuracy,
      'macro_mean': self.scores.means(weighted=False),
      'weighted_mean': self.scores.means(weighted=True),
      'calibration': {
        'expected_error': self.calibration_error,
        'expected_error_scaled': self.scaled_calibration_error,
        'temperature': self.temperature,
        'bins': [dataclasses.asdict(entry) for entry in self.bins],
        'bins_scaled': [
          dataclasses.asdict(entry) for entry in self.scaled_bins
        ],
      },
      'classes': self._classes(),
      # Row: true class. Column: predicted class.
      'confusion_matrix': self.matrix[:, 1:].tolist(),
      'taken_for_background': self.matrix[:, 0].tolist(),
    })

  def _classes(self) -> list[dict[str, Any]]:
    intervals = self.class_intervals()
    return [
      {
        'name': name,
        'support': int(self.scores.support[i]),
        **{
          score: float(getattr(self.scores, score)[i])
          for score in ('precision', 'recall', 'f1')
        },
        **{
          f'{score}_interval': intervals[score][i].tolist()
          for score in intervals
        },
        'roc_auc': float(self.roc_auc[i]),
        'average_precision': float(self.average_precision[i]),
      }
      for i, name in enumerate(self.class_names)
    ]


def compute(predictions: predictions_lib.Predictions, *, k: int) -> Metrics:
  """Returns every figure.

  Args:
    predictions: at least one prediction.
    k: in [1, num_classes].
  """
  logits, labels = predictions.logits, predictions.labels
  num_classes = predictions.num_classes
  matrix = confusion.confusion_matrix(
    labels, predictions.predicted, num_classes
  )
  scaled = calibration.cross_fitted(logits, labels)

  def per_class(
    function: Callable[[np.ndarray, np.ndarray], float],
  ) -> np.ndarray:
    return np.array([
      function(predictions.probabilities[:, label], labels == label)
      for label in range(1, num_classes + 1)
    ])

  return Metrics(
    class_names=predictions.class_names,
    num_examples=len(labels),
    num_correct=int(np.count_nonzero(predictions.is_correct)),
    num_in_top_k=int(np.count_nonzero(confusion.in_top_k(logits, labels, k))),
    k=k,
    loss=calibration.log_loss(logits, labels),
    matrix=matrix,
    scores=confusion.class_scores(matrix),
    roc_auc=per_class(ranking.roc_auc),
    average_precision=per_class(ranking.average_precision),
    temperature=calibration.fit_temperature(logits, labels),
    bins=calibration.reliability(
      predictions.confidence, predictions.is_correct
    ),
    scaled_bins=calibration.reliability(
      scaled.max(axis=1), predictions.is_correct
    ),
  )


def _proportion(successes: int, trials: int) -> dict[str, Any]:
  low, high = proportions.wilson_interval(successes, trials)
  return {
    'value': successes / trials,
    'interval': [low, high],
    'count': successes,
  }


def plain(value: Any) -> Any:
  """Returns JSON values with None in place of NaN."""
  if isinstance(value, dict):
    return {name: plain(part) for name, part in value.items()}
  if isinstance(value, list):
    return [plain(part) for part in value]
  if isinstance(value, float) and math.isnan(value):
    return None
  return value
