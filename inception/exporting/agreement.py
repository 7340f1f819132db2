"""Compares the answers of an exported file with those of its checkpoint.

  compare      probabilities of both -> Agreement
  Agreement    equal classes, largest difference, precision of both
  Bound        limits of the difference that a format may have
  FLOAT, HALF, INT8
               the bounds of the formats

This module needs only NumPy, so that every rule can be tested by hand.
"""

import dataclasses
import math

import numpy as np


@dataclasses.dataclass(frozen=True, kw_only=True)
class Bound:
  """Limits of the difference between a written file and its checkpoint.

  Attributes:
    max_difference: largest allowed difference of a probability; None allows
      any.
    min_equal: smallest allowed share of pictures with an equal class, in
      [0, 1]; the number of other pictures that it allows is rounded up.
    max_precision_drop: largest allowed loss of precision @ 1, in [0, 1]; None
      allows any.
  """

  max_difference: float | None = None
  min_equal: float = 0.0
  max_precision_drop: float | None = None


FLOAT = Bound(max_difference=1e-4, min_equal=1.0)
HALF = Bound(min_equal=0.995)
INT8 = Bound(max_precision_drop=0.01)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Agreement:
  """The comparison of a file with its checkpoint.

  Attributes:
    num_pictures: number of compared pictures, at least 1.
    num_equal: number of pictures with an equal class.
    num_ties: number of the other pictures whose two classes have probabilities
      that differ by no more than twice the bound's max_difference.
    max_difference: largest difference of a probability.
    num_right: number of right answers of the file; None without labels.
    checkpoint_num_right: number of right answers of the checkpoint.
  """

  num_pictures: int
  num_equal: int
  num_ties: int
  max_difference: float
  num_right: int | None
  checkpoint_num_right: int | None

  @property
  def equal(self) -> float:
    """Share of the pictures with an equal class or a tie, in [0, 1]."""
    return (self.num_equal + self.num_ties) / self.num_pictures

  def faults(self, bound: Bound) -> list[str]:
    """Returns a clause for each part of the bound that is exceeded."""
    clauses = []
    largest = bound.max_difference
    # Every comparison with NaN is False.
    if largest is not None and not self.max_difference <= largest:
      clauses.append(
        f'a probability differs by {self.max_difference:.2g}, more than '
        f'{largest:g}'
      )
    different = self.num_pictures - self.num_equal - self.num_ties
    allowed = math.ceil((1 - bound.min_equal) * self.num_pictures - 1e-9)
    if different > allowed:
      clauses.append(
        f'{different:,} of {self.num_pictures:,} pictures have another class, '
        f'more than {allowed:,}'
      )
    if bound.max_precision_drop is not None:
      lost = self._lost()
      if lost > bound.max_precision_drop * self.num_pictures + 1e-9:
        clauses.append(
          f'{lost:,} more of {self.num_pictures:,} answers are wrong, more '
          f'than {bound.max_precision_drop:.1%}'
        )
    return clauses

  def _lost(self) -> int:
    """Returns the number of right answers that were lost.

    Without labels, every changed answer counts as lost.
    """
    if self.num_right is None or self.checkpoint_num_right is None:
      return self.num_pictures - self.num_equal
    return self.checkpoint_num_right - self.num_right


def compare(
  probabilities: np.ndarray,
  expected: np.ndarray,
  *,
  labels: np.ndarray | None,
  bound: Bound,
) -> Agreement:
  """Compares a file's answers with the checkpoint's.

  Args:
    probabilities: probabilities of the file, float [pictures, num_classes].
    expected: probabilities of the checkpoint, float [pictures, num_classes].
    labels: int [pictures], in [1, num_classes]; None if unknown.
    bound: limits of the format; its max_difference decides what a tie is.

  Raises:
    ValueError: the shapes differ.
  """
  if probabilities.shape != expected.shape:
    raise ValueError(
      f'the file gives probabilities of the shape {probabilities.shape}, and '
      f'the checkpoint {expected.shape}'
    )
  ours, theirs = probabilities.argmax(axis=1), expected.argmax(axis=1)
  rows = np.arange(len(expected))
  gaps = expected[rows, theirs] - expected[rows, ours]
  is_tie = (ours != theirs) & (gaps <= 2 * (bound.max_difference or 0.0))
  return Agreement(
    num_pictures=len(expected),
    num_equal=int(np.count_nonzero(ours == theirs)),
    num_ties=int(np.count_nonzero(is_tie)),
    max_difference=float(np.abs(probabilities - expected).max()),
    num_right=_num_right(ours, labels),
    checkpoint_num_right=_num_right(theirs, labels),
  )


def _num_right(answers: np.ndarray, labels: np.ndarray | None) -> int | None:
  return None if labels is None else int(np.sum(answers + 1 == labels))
