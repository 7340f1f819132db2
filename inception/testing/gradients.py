"""Numerical gradients, in float64."""

from collections.abc import Callable

import numpy as np


def numerical_gradient(
  function: Callable[[np.ndarray], float], at: np.ndarray, *, step: float = 1e-5
) -> np.ndarray:
  """Central differences of a scalar function.

  Args:
    function: float64 array -> scalar.
    at: float64 array.
    step: distance of the two points on either side.

  Returns:
    float64 array of at's shape.
  """
  gradient = np.zeros(at.shape)
  for index in np.ndindex(*at.shape):
    offset = np.zeros(at.shape)
    offset[index] = step
    gradient[index] = (function(at + offset) - function(at - offset)) / (
      2 * step
    )
  return gradient
