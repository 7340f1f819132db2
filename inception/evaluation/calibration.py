"""Probabilities, and their agreement with the accuracy of a network.

softmax           computes probabilities from logits
log_loss          computes the mean cross-entropy
fit_temperature   finds the temperature at which the loss is smallest
cross_fitted      computes probabilities at temperatures of other examples
Bin, reliability  accuracy against confidence
expected_error    computes the mean distance of the two

Temperature scaling: C. Guo et al., On Calibration of Modern Neural Networks,
arXiv 1706.04599.
"""

import dataclasses

import numpy as np

NUM_BINS = 15

# Bounds of a fitted temperature, and halvings of its logarithm's interval.
_MIN_TEMPERATURE = 0.05
_MAX_TEMPERATURE = 20.0
_HALVINGS = 40


def softmax(logits: np.ndarray, temperature: float = 1.0) -> np.ndarray:
  """Returns the probabilities of logits / temperature.

  Args:
    logits: float [examples, outputs], finite.
    temperature: positive.

  Returns:
    float64 [examples, outputs].
  """
  scaled = logits.astype(np.float64) / temperature
  powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
  return powers / powers.sum(axis=1, keepdims=True)


def log_loss(
  logits: np.ndarray, labels: np.ndarray, temperature: float = 1.0
) -> float:
  """Returns the mean cross-entropy in nats, without label smoothing.

  Args:
    logits: float [examples, outputs], finite.
    labels: int [examples], in [0, outputs).
    temperature: positive.
  """
  scaled = logits.astype(np.float64) / temperature
  scaled -= scaled.max(axis=1, keepdims=True)
  own = np.take_along_axis(scaled, labels[:, None], axis=1)[:, 0]
  return float(np.mean(np.log(np.exp(scaled).sum(axis=1)) - own))


def fit_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
  """Returns the temperature in [0.05, 20] at which log_loss is smallest.

  The loss is convex in the inverse temperature b. Its derivative, the mean of
  E[logit] under the probabilities at b minus the label's logit, is bisected.

  Args:
    logits: float [examples, outputs], finite.
    labels: int [examples], in [0, outputs).
  """
  logits = logits.astype(np.float64)
  own = np.take_along_axis(logits, labels[:, None], axis=1)[:, 0].mean()
  low, high = np.log(_MIN_TEMPERATURE), np.log(_MAX_TEMPERATURE)
  for _ in range(_HALVINGS):
    middle = (low + high) / 2
    expected = (softmax(logits, np.exp(middle)) * logits).sum(axis=1).mean()
    # An expectation above the label's logit means overconfidence: raise it.
    low, high = (middle, high) if expected > own else (low, middle)
  return float(np.exp((low + high) / 2))


def cross_fitted(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
  """Returns probabilities, each at a temperature fitted without its example.

  The examples with even and with odd index are two folds: a temperature that
  is fitted on one of them scales the other. Thus the calibration error after
  scaling is not measured on the examples that the temperature was fitted to.

  Args:
    logits: float [examples, outputs], finite.
    labels: int [examples], in [0, outputs).

  Returns:
    float64 [examples, outputs]; at temperature 1 if there is only one example.
  """
  if len(labels) < 2:
    return softmax(logits)
  probabilities = np.empty(logits.shape, np.float64)
  for fold in (0, 1):
    temperature = fit_temperature(logits[1 - fold :: 2], labels[1 - fold :: 2])
    probabilities[fold::2] = softmax(logits[fold::2], temperature)
  return probabilities


@dataclasses.dataclass(frozen=True, kw_only=True)
class Bin:
  """The examples whose confidence lies in one interval.

  Attributes:
    low: lower end of the interval, exclusive (unless it is 0).
    high: upper end of the interval, inclusive.
    num_examples: number of examples, at least 1.
    confidence: mean of the confidences.
    accuracy: share of the examples that are correct.
  """

  low: float
  high: float
  num_examples: int
  confidence: float
  accuracy: float


def reliability(
  confidences: np.ndarray, is_correct: np.ndarray, num_bins: int = NUM_BINS
) -> list[Bin]:
  """Returns the bins of equal width that contain examples, by confidence.

  Args:
    confidences: largest probability of each example, float [examples], in
      [0, 1].
    is_correct: bool [examples].
    num_bins: number of bins, at least 1.
  """
  index = np.clip(np.ceil(confidences * num_bins) - 1, 0, num_bins - 1)
  index = index.astype(np.int64)
  counts = np.bincount(index, minlength=num_bins)
  confidence = np.bincount(index, confidences, num_bins)
  correct = np.bincount(index, is_correct, num_bins)
  return [
    Bin(
      low=i / num_bins,
      high=(i + 1) / num_bins,
      num_examples=int(counts[i]),
      confidence=float(confidence[i] / counts[i]),
      accuracy=float(correct[i] / counts[i]),
    )
    for i in np.flatnonzero(counts)
  ]


def expected_error(bins: list[Bin]) -> float:
  """Returns the expected calibration error (ECE) of reliability's bins."""
  total = sum(entry.num_examples for entry in bins)
  return sum(
    entry.num_examples / total * abs(entry.confidence - entry.accuracy)
    for entry in bins
  )
