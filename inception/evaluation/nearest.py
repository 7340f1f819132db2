"""Finds the training pictures that look most like given ones to the network.

find         returns the nearest of every query, by cosine similarity
Neighbours   their indices and similarities

The features are the input of the last layer. The similarities come from matrix
products of blocks, so that the memory does not grow with the training set.
"""

import dataclasses

import numpy as np

COUNT = 3
_BLOCK = 8192


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Neighbours:
  """Nearest training examples, the nearest first.

  Attributes:
    indices: indices of the training examples, int64 [queries, count].
    similarities: cosine similarities, float32 [queries, count], in [-1, 1].
  """

  indices: np.ndarray
  similarities: np.ndarray


def find(
  queries: np.ndarray,
  features: np.ndarray,
  *,
  count: int = COUNT,
  own: np.ndarray | None = None,
  block: int = _BLOCK,
) -> Neighbours:
  """Returns the nearest training examples of each query.

  Of equally near examples, the first one comes first.

  Args:
    queries: float32 [queries, num_features].
    features: features of the training examples, float32
      [examples, num_features]; may be a memory map.
    count: number of neighbours, at most the number of examples less one.
    own: index of the training example that a query is itself, which is no
      neighbour, or -1: int [queries]. None is -1 for all.
    block: number of training examples per matrix product.

  Raises:
    ValueError: there are too few examples.
  """
  if count >= len(features):
    raise ValueError(
      f'{count} neighbours need more than {count} training examples, got '
      f'{len(features)}'
    )
  own = np.full(len(queries), -1) if own is None else np.asarray(own)
  normalized = _normalized(queries)
  indices = np.zeros((len(queries), 0), np.int64)
  similarities = np.zeros((len(queries), 0), np.float32)
  for begin in range(0, len(features), block):
    part = _normalized(features[begin : begin + block])
    numbers = np.arange(begin, begin + len(part))
    products = np.where(
      own[:, None] == numbers, np.float32(-np.inf), normalized @ part.T
    )
    # The best of this block join the best so far.
    order = np.argsort(-products, axis=1, kind='stable')[:, :count]
    indices = np.concatenate([indices, numbers[order]], axis=1)
    similarities = np.concatenate(
      [similarities, np.take_along_axis(products, order, axis=1)], axis=1
    )
    order = np.argsort(-similarities, axis=1, kind='stable')[:, :count]
    indices = np.take_along_axis(indices, order, axis=1)
    similarities = np.take_along_axis(similarities, order, axis=1)
  return Neighbours(indices=indices, similarities=np.clip(similarities, -1, 1))


def _normalized(features: np.ndarray) -> np.ndarray:
  """Returns rows of length 1; a row of zeros stays."""
  rows = np.asarray(features, np.float32)
  lengths = np.linalg.norm(rows, axis=1, keepdims=True)
  return rows / np.maximum(lengths, np.finfo(np.float32).tiny)
