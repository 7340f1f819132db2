"""Finds the threshold below which the answer is "none of these".

fit              finds the lowest threshold that reaches a precision
Rejection        the threshold, and its coverage and precision
coverage_curve   counts for precision against coverage, at every threshold

An answer is accepted if its probability, softmax(logits / temperature) over all
outputs, is at least the threshold. Coverage is the share of accepted answers,
precision the share of correct ones among them (R. El-Yaniv and Y. Wiener, JMLR
11 (2010) 1605-1641).
"""

import dataclasses
from typing import Any

import numpy as np

from inception.evaluation import calibration
from inception.evaluation import predictions as predictions_lib
from inception.evaluation import proportions


@dataclasses.dataclass(frozen=True, kw_only=True)
class Rejection:
  """A threshold, with its coverage and precision on the fitted examples.

  Attributes:
    target_precision: requested precision.
    temperature: divisor of the logits.
    threshold: least probability of an accepted answer; None if no threshold
      reaches the target.
    num_examples: number of all examples.
    num_accepted: number of examples whose answer is accepted.
    num_correct: number of accepted examples whose answer is correct.
    best_precision: highest precision at any threshold.
  """

  target_precision: float
  temperature: float
  threshold: float | None
  num_examples: int
  num_accepted: int
  num_correct: int
  best_precision: float

  @property
  def coverage(self) -> float:
    """Share of the examples whose answer is accepted."""
    return self.num_accepted / self.num_examples

  @property
  def precision(self) -> float:
    """Share of correct answers among the accepted; NaN if none is accepted."""
    if not self.num_accepted:
      return float('nan')
    return self.num_correct / self.num_accepted

  @property
  def precision_interval(self) -> tuple[float, float]:
    """95 % interval of the precision; requires an accepted answer."""
    return proportions.wilson_interval(self.num_correct, self.num_accepted)

  def to_json(self) -> dict[str, Any]:
    """Returns the figures as plain JSON."""
    fields: dict[str, Any] = {
      'target_precision': self.target_precision,
      'temperature': self.temperature,
      'threshold': self.threshold,
    }
    if self.threshold is None:
      return fields | {'best_precision': self.best_precision}
    return fields | {
      'precision': self.precision,
      'precision_interval': list(self.precision_interval),
      'coverage': self.coverage,
    }


def coverage_curve(
  confidences: np.ndarray, is_correct: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
  """Returns thresholds, with counts of accepted and correct examples.

  Args:
    confidences: largest probability of each example, float [examples]; at least
      one.
    is_correct: bool [examples].

  Returns:
    Distinct confidences, float64 [thresholds], the largest first;
    numbers of examples with at least that confidence, int64 [thresholds];
    numbers of correct examples among them, int64 [thresholds].
  """
  order = np.argsort(-confidences, kind='stable')
  ranked = confidences[order]
  # Index of the last example of each group of equal confidences.
  ends = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))
  return ranked[ends], ends + 1, np.cumsum(is_correct[order])[ends]


def fit(
  predictions: predictions_lib.Predictions, *, target_precision: float
) -> Rejection:
  """Returns the threshold with the largest coverage that reaches a precision.

  The temperature minimises the loss. The threshold is the confidence of the
  least confident accepted example.

  Args:
    predictions: at least one prediction, for examples that the network was not
      trained on.
    target_precision: precision to reach, in (0, 1).
  """
  temperature = calibration.fit_temperature(
    predictions.logits, predictions.labels
  )
  confidences = calibration.softmax(predictions.logits, temperature).max(axis=1)
  thresholds, accepted, correct = coverage_curve(
    confidences, predictions.is_correct
  )
  precisions = correct / accepted
  reached = np.flatnonzero(precisions >= target_precision)
  last = int(reached[-1]) if len(reached) else None
  return Rejection(
    target_precision=target_precision,
    temperature=temperature,
    threshold=None if last is None else float(thresholds[last]),
    num_examples=len(predictions),
    num_accepted=0 if last is None else int(accepted[last]),
    num_correct=0 if last is None else int(correct[last]),
    best_precision=float(precisions.max()),
  )
