"""Multinomial logistic regression in plain NumPy, and its k-fold predictions.

fit             fits weights to features and labels
out_of_fold     computes probabilities, each by weights fitted without its fold

Accelerated gradient descent (Y. Nesterov, 1983) with the step 1 / L, where L
bounds the curvature of the loss. The loss is convex, and only the folds are
random; they have a fixed seed.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np

from inception.evaluation import calibration
from inception.evaluation import folds

NUM_FOLDS = 5

_L2 = 1e-3
_ITERATIONS = 300
_POWER_ITERATIONS = 30

# OpenBLAS divides products of more than 262,144 multiplications among threads.
# On a busy machine these wait for each other much longer than they compute.
_BLOCK_PRODUCTS = 200_000
# In smaller blocks, calling the product takes longer than computing it.
_FEWEST_ROWS = 16


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Model:
  """A fitted classifier.

  Attributes:
    mean: mean of the features, float32 [features]; subtracted first.
    scale: float32 scalar; divides the difference.
    weights: float32 [features + 1, classes]; the last row holds the biases.
  """

  mean: np.ndarray
  scale: np.ndarray
  weights: np.ndarray

  def logits(self, features: np.ndarray) -> np.ndarray:
    """Returns the logits, float32 [examples, classes].

    Args:
      features: float [examples, features].
    """
    return _with_ones((features - self.mean) / self.scale) @ self.weights

  def probabilities(self, features: np.ndarray) -> np.ndarray:
    """Returns the probabilities, float64 [examples, classes].

    Args:
      features: float [examples, features].
    """
    return calibration.softmax(self.logits(features))


def fit(
  features: np.ndarray,
  labels: np.ndarray,
  *,
  num_classes: int,
  l2: float = _L2,
  iterations: int = _ITERATIONS,
) -> Model:
  """Fits weights that minimise mean cross-entropy plus l2 / 2 |weights|^2.

  Args:
    features: float32 [examples, features], at least one example.
    labels: int [examples], in [0, num_classes).
    num_classes: number of classes.
    l2: strength of the weight decay; biases do not decay.
    iterations: number of steps of the descent.
  """
  mean = features.mean(axis=0)
  # One scale for all features: those that hardly vary stay small.
  scale = np.maximum(np.float32(1e-12), (features - mean).std())
  inputs = _with_ones((features - mean) / scale)
  targets = np.eye(num_classes, dtype=np.float32)[labels]
  decay = np.full([inputs.shape[1], 1], l2, np.float32)
  decay[-1] = 0
  # The Hessian of the softmax loss is at most half of the inputs' second
  # moment.
  step = 1 / (_largest_eigenvalue(inputs) / 2 + l2)
  weights = ahead = np.zeros([inputs.shape[1], num_classes], np.float32)
  momentum = 1.0
  for _ in range(iterations):
    gradient = _gradient(inputs, targets, ahead)
    before, weights = weights, ahead - step * (gradient + decay * ahead)
    following = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
    ahead = weights + np.float32((momentum - 1) / following) * (
      weights - before
    )
    momentum = following
  return Model(mean=mean, scale=scale, weights=weights)


def _gradient(
  inputs: np.ndarray, targets: np.ndarray, weights: np.ndarray
) -> np.ndarray:
  """Returns the gradient of the mean cross-entropy, block by block of rows."""
  rows = _BLOCK_PRODUCTS // weights.size
  if rows < _FEWEST_ROWS:
    rows = len(inputs)
  gradient = np.zeros_like(weights)
  for first in range(0, len(inputs), rows):
    block = inputs[first : first + rows]
    powers = block @ weights
    powers = np.exp(powers - powers.max(axis=1, keepdims=True))
    powers /= powers.sum(axis=1, keepdims=True)
    gradient += block.T @ (powers - targets[first : first + rows])
  return gradient / np.float32(len(inputs))


def out_of_fold(
  features: np.ndarray,
  labels: np.ndarray,
  *,
  num_classes: int,
  num_folds: int = NUM_FOLDS,
  groups: Sequence[Sequence[int]] = (),
  iterations: int = _ITERATIONS,
) -> np.ndarray:
  """Returns probabilities, each by weights that were fitted without its fold.

  The examples of every class are spread evenly over the folds.

  Args:
    features: float32 [examples, features].
    labels: int [examples], in [0, num_classes).
    num_classes: number of classes.
    num_folds: number of folds, in [2, examples].
    groups: groups of indices of copies, each of which stays in one fold.
    iterations: as in fit.

  Returns:
    float64 [examples, num_classes].

  Raises:
    ValueError: num_folds is out of range.
  """
  if not 2 <= num_folds <= len(labels):
    raise ValueError(
      f'num_folds must be in [2, {len(labels)}], got {num_folds}'
    )
  fold_of = folds.assign(labels, num_folds=num_folds, groups=groups)
  probabilities = np.empty([len(labels), num_classes])
  for fold in range(num_folds):
    held_out = fold_of == fold
    model = fit(
      features[~held_out],
      labels[~held_out],
      num_classes=num_classes,
      iterations=iterations,
    )
    probabilities[held_out] = model.probabilities(features[held_out])
  return probabilities


def _with_ones(inputs: np.ndarray) -> np.ndarray:
  """Returns the inputs in float32 with a further column of ones."""
  ones = np.ones([len(inputs), 1], np.float32)
  return np.concatenate([inputs.astype(np.float32), ones], axis=1)


def _largest_eigenvalue(inputs: np.ndarray) -> np.float32:
  """Returns an upper bound of the largest eigenvalue of the second moment."""
  vector = np.ones(inputs.shape[1], np.float32)
  value = np.float32(1)
  for _ in range(_POWER_ITERATIONS):
    vector = inputs.T @ (inputs @ vector) / np.float32(len(inputs))
    value = np.linalg.norm(vector)
    vector /= value
  # Power iteration approaches the eigenvalue from below.
  return np.float32(1.05) * value
