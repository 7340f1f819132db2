"""Numerical gradients, in float64."""

from collections.abc import Callable

import numpy as np


def numerical_gradient(
  function: Callable[[np.ndarray], float], at: np.ndarray, *, step: float = 1e-5
) -> np.ndarray:
  """Returns the gradient of a scalar function by central differences.

  Args:
    function: function of a float64 array that returns a scalar.
    at: float64 array at which to compute the gradient.
    step: distance from `at` to the points on either side.

  Returns:
    float64 array with the shape of `at`.
  """
  gradient = np.zeros(at.shape)
  for index in np.ndindex(*at.shape):
    offset = np.zeros(at.shape)
    offset[index] = step
    gradient[index] = (function(at + offset) - function(at - offset)) / (
      2 * step
    )
  return gradient
