"""Sets of classes that contain the true one with a promised probability.

fit          finds the least probability of a class in a set
Conformal    that probability, and the size of the sets

Split conformal prediction with the score 1 - p(true class), which makes the
smallest sets (M. Sadinle et al., arXiv 1609.00451; A. Angelopoulos and S.
Bates, arXiv 2107.07511, section 1). The promise holds for new examples that are
drawn as the examples of the fit were.
"""

import dataclasses
import math
from typing import Any

import numpy as np

from inception.evaluation import calibration
from inception.evaluation import predictions as predictions_lib


@dataclasses.dataclass(frozen=True, kw_only=True)
class Conformal:
  """The rule that makes sets, and the size of the sets.

  Attributes:
    coverage: promised share of the sets that contain the true class.
    temperature: divisor of the logits.
    least_probability: least probability of a class in a set; 0 if there are too
      few examples for the promise.
    mean_size: mean number of classes in a set, measured on examples that the
      sets were not fitted on.
    measured_coverage: share of these sets that contain the true class.
  """

  coverage: float
  temperature: float
  least_probability: float
  mean_size: float
  measured_coverage: float

  def to_json(self) -> dict[str, Any]:
    """Returns the fields as plain JSON."""
    return dataclasses.asdict(self)


def least_probability(own: np.ndarray, coverage: float) -> float:
  """Returns the least probability of a class in a set.

  That is the k-th smallest of the n probabilities, where k is
  (n + 1) (1 - coverage), rounded down.

  Args:
    own: probability of each example's true class, float [examples].
    coverage: in (0, 1).

  Returns:
    A number in [0, 1]; 0, which makes sets of all classes, if there are too few
    examples.
  """
  # Rounding of the product must not raise an integer to the next one.
  rank = math.ceil((len(own) + 1) * coverage - 1e-9)
  if rank > len(own):
    return 0.0
  return float(np.sort(own)[len(own) - rank])


def fit(
  predictions: predictions_lib.Predictions, *, coverage: float
) -> Conformal:
  """Returns the rule for sets, fitted to these predictions.

  Size and coverage are cross-validated: the sets of the examples with even
  index are fitted on those with odd index, and vice versa.

  Args:
    predictions: at least one prediction, for examples that the network was not
      trained on.
    coverage: in (0, 1).
  """
  temperature = calibration.fit_temperature(
    predictions.logits, predictions.labels
  )
  probabilities = calibration.softmax(predictions.logits, temperature)
  own = np.take_along_axis(probabilities, predictions.labels[:, None], axis=1)[
    :, 0
  ]
  least = np.empty(len(own))
  for fold in (0, 1):
    least[fold::2] = least_probability(own[1 - fold :: 2], coverage)
  # The background class is never in a set.
  sizes = np.count_nonzero(probabilities[:, 1:] >= least[:, None], axis=1)
  return Conformal(
    coverage=coverage,
    temperature=temperature,
    least_probability=least_probability(own, coverage),
    mean_size=float(sizes.mean()),
    measured_coverage=float(np.mean(own >= least)),
  )
