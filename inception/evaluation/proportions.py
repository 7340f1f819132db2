"""Confidence intervals of proportions.

wilson_interval   returns the interval of one proportion
wilson_intervals  returns the intervals of an array of proportions
"""

import numpy as np

# 97.5 % quantile of the normal distribution.
_Z_95 = 1.959963984540054


def wilson_interval(successes: int, trials: int) -> tuple[float, float]:
  """Returns the 95 % Wilson score interval of a proportion.

  Source: E. B. Wilson, JASA 22 (1927) 209-212.

  Args:
    successes: number of successes, in [0, trials].
    trials: number of trials, at least 1.

  Raises:
    ValueError: the arguments are out of range.
  """
  if trials < 1 or not 0 <= successes <= trials:
    raise ValueError(
      f'need 0 <= successes <= trials and trials >= 1, got '
      f'{successes} of {trials}'
    )
  low, high = wilson_intervals(np.array([successes]), np.array([trials]))[0]
  return float(low), float(high)


def wilson_intervals(successes: np.ndarray, trials: np.ndarray) -> np.ndarray:
  """Returns the 95 % Wilson score intervals of proportions.

  Args:
    successes: numbers of successes, int [n], in [0, trials].
    trials: numbers of trials, int [n], >= 0.

  Returns:
    float64 [n, 2], low and high; NaN where there are no trials.
  """
  trials = np.where(trials > 0, trials, np.nan)
  share = successes / trials
  z2 = _Z_95**2
  centre = (share + z2 / (2 * trials)) / (1 + z2 / trials)
  margin = (_Z_95 / (1 + z2 / trials)) * np.sqrt(
    share * (1 - share) / trials + z2 / (4 * trials**2)
  )
  # Rounding can move an end slightly out of [0, 1].
  return np.stack(
    [np.maximum(0.0, centre - margin), np.minimum(1.0, centre + margin)], 1
  )
