"""Deals examples into folds of equal size, each with every class.

assign    deals examples, keeping groups of copies together
"""

from collections.abc import Sequence

import numpy as np

_SEED = 0


def assign(
  labels: np.ndarray, *, num_folds: int, groups: Sequence[Sequence[int]] = ()
) -> np.ndarray:
  """Returns the fold of each example.

  The examples of every class are spread evenly; the deal is random with a fixed
  seed.

  Args:
    labels: int [examples].
    num_folds: number of folds, at least 1.
    groups: disjoint groups of indices of examples; those of a group get the
      same fold, since the answer for a copy says nothing about new pictures.

  Returns:
    int64 [examples], in [0, num_folds).
  """
  shuffled = np.random.default_rng(_SEED).permutation(len(labels))
  folds = np.full(len(labels), -1)
  grouped = {index for group in groups for index in group}
  sizes = np.zeros([labels.max(initial=0) + 1, num_folds], np.int64)
  for group in sorted(groups, key=len, reverse=True):
    members = np.array(group)
    # The fold with the fewest examples of the group's first class.
    fold = int(np.lexsort((sizes.sum(axis=0), sizes[labels[members[0]]]))[0])
    folds[members] = fold
    np.add.at(sizes, (labels[members], fold), 1)
  rest = np.array([i for i in shuffled if i not in grouped], np.int64)
  by_class = rest[np.argsort(labels[rest], kind='stable')]
  if not grouped:
    folds[by_class] = np.arange(len(rest)) % num_folds
    return folds
  for index in by_class:
    fold = int(np.lexsort((sizes.sum(axis=0), sizes[labels[index]]))[0])
    folds[index] = fold
    sizes[labels[index], fold] += 1
  return folds
