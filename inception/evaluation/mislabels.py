"""Finds examples whose label is likely wrong, by confident learning.

find      finds the suspects, the most certain first
Suspect   an example, its label and the likely one

Source: C. Northcutt et al., Confident Learning, arXiv 1911.00068. An example
counts as class j if its probability of j is at least the mean probability of j
among the examples that are labelled j; where that holds for several classes,
the most probable one counts. The suspects are the examples that count as
another class than their label (off the diagonal of the confident joint).
Probabilities must be out of sample: a network repeats the labels that it was
trained on.
"""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True, kw_only=True)
class Suspect:
  """An example whose label is likely wrong.

  Attributes:
    index: index of the example.
    label: its label, counted from 1.
    suggested: the likely label, counted from 1.
    margin: probability of the suggested class minus that of the label.
  """

  index: int
  label: int
  suggested: int
  margin: float


def find(probabilities: np.ndarray, labels: np.ndarray) -> list[Suspect]:
  """Returns the suspects, those with the largest margin first.

  Args:
    probabilities: out-of-sample probabilities, float [examples, num_classes];
      column i is the class with label i + 1.
    labels: int [examples], in [1, num_classes].
  """
  own = probabilities[np.arange(len(labels)), labels - 1]
  num_classes = probabilities.shape[1]
  counts = np.bincount(labels - 1, minlength=num_classes)
  sums = np.bincount(labels - 1, own, num_classes)
  # No example counts as a class that no example is labelled with.
  thresholds = np.where(counts, sums / np.maximum(counts, 1), np.inf)
  confident = np.where(probabilities >= thresholds, probabilities, -1)
  suggested = confident.argmax(axis=1)
  margins = probabilities[np.arange(len(labels)), suggested] - own
  wrong = (
    (confident.max(axis=1) >= 0) & (suggested != labels - 1) & (margins > 0)
  )
  return sorted(
    (
      Suspect(
        index=int(i),
        label=int(labels[i]),
        suggested=int(suggested[i]) + 1,
        margin=float(margins[i]),
      )
      for i in np.flatnonzero(wrong)
    ),
    key=lambda suspect: -suspect.margin,
  )
