"""Finds the pictures with the most similar features for each picture.

  nearest   features -> the nearest pictures of each

Features are compared by the cosine of their square roots (the Hellinger
kernel): the features of a network are non-negative averages, and without the
roots a few large ones would dominate. Every pair is compared, in blocks, so
that memory does not grow with the number of pictures.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

_ROWS = 2048  # Number of rows of a block: 16 MB of Inception v3's features.


def nearest(
  values: Sequence[np.ndarray],
  *,
  count: int,
  advance: Callable[[int], object] = lambda num_rows: None,
) -> np.ndarray:
  """Returns the nearest pictures of each picture, the nearest first.

  Args:
    values: Features of each part, such as a subset, float32 [n, num_features];
      may be memory-mapped files.
    count: Number of neighbours; fewer are returned if there are fewer pictures.
    advance: Called with the number of pictures done since the last call.

  Returns:
    int64 [pictures, min(count, pictures - 1)]: indices over all parts. No
    picture is its own neighbour.
  """
  total = sum(map(len, values))
  count = max(0, min(count, total - 1))
  neighbours = np.empty([total, count], np.int64)
  if not count:
    return neighbours
  for start, block in _blocks(values):
    scores = np.full([len(block), count], -np.inf, np.float32)
    indices = np.zeros([len(block), count], np.int64)
    for other_start, other in _blocks(values):
      products = block @ other.T
      if other_start == start:
        np.fill_diagonal(products, -np.inf)
      columns = np.arange(other_start, other_start + len(other))
      scores = np.concatenate([scores, products], axis=1)
      indices = np.concatenate(
        [indices, np.broadcast_to(columns, products.shape)], axis=1
      )
      best = _largest(scores, count)
      scores = np.take_along_axis(scores, best, axis=1)
      indices = np.take_along_axis(indices, best, axis=1)
    neighbours[start : start + len(block)] = indices
    advance(len(block))
  return neighbours


def _blocks(values: Sequence[np.ndarray]) -> Iterator[tuple[int, np.ndarray]]:
  """Yields (index of the first row, normalized roots of the rows)."""
  start = 0
  for part in values:
    for first in range(0, len(part), _ROWS):
      rows = np.sqrt(np.maximum(part[first : first + _ROWS], 0))
      length = np.linalg.norm(rows, axis=1, keepdims=True)
      yield start + first, rows / np.maximum(length, np.float32(1e-12))
    start += len(part)


def _largest(scores: np.ndarray, count: int) -> np.ndarray:
  """Returns the columns of the largest scores of each row, descending."""
  some = np.argpartition(-scores, count - 1, axis=1)[:, :count]
  some.sort(axis=1)
  order = np.argsort(
    -np.take_along_axis(scores, some, axis=1), axis=1, kind='stable'
  )
  return np.take_along_axis(some, order, axis=1)
