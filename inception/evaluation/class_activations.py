"""The mean class activation map of each class: is the background learnt?

compute            averages the maps of the correctly classified examples
ClassActivations   the maps, and the share of the evidence at the border
"""

import dataclasses

import numpy as np

from inception.evaluation import predictions as predictions_lib


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class ClassActivations:
  """Mean maps of the correctly classified examples of each class.

  Attributes:
    maps: float64 [num_classes, height, width]; NaN for a class without a
      correct example.
    num_examples: number of averaged examples, int64 [num_classes].
  """

  maps: np.ndarray
  num_examples: np.ndarray

  @property
  def border_share(self) -> np.ndarray:
    """Share of the border in the evidence for each class, in [0, 1] or NaN.

    Negative contributions to the logit count as 0.
    """
    evidence = np.maximum(self.maps, 0)  # Keeps NaN.
    total = evidence.sum(axis=(1, 2))
    inside = evidence[:, 1:-1, 1:-1].sum(axis=(1, 2))
    return 1 - np.divide(
      inside, total, out=np.full(len(total), np.nan), where=total > 0
    )

  @property
  def even_share(self) -> float:
    """Share of the positions that are at the border."""
    height, width = self.maps.shape[1:]
    return 1 - max(0, height - 2) * max(0, width - 2) / (height * width)


def compute(
  predictions: predictions_lib.Predictions,
) -> ClassActivations | None:
  """Returns the mean maps; None if no maps were gathered."""
  if predictions.maps is None:
    return None
  # The maps are those of the predicted classes, which are the true ones here.
  correct = np.flatnonzero(predictions.is_correct)
  rows = predictions.labels[correct] - 1
  number = np.bincount(rows, minlength=predictions.num_classes)
  sums = np.zeros((predictions.num_classes, *predictions.maps.shape[1:]))
  np.add.at(sums, rows, predictions.maps[correct])
  count = np.where(number > 0, number, np.nan)
  return ClassActivations(maps=sums / count[:, None, None], num_examples=number)
