"""Finds the training pictures that the network sees as most similar to others.

find              returns the nearest of each query, by cosine similarity
Neighbours        their indices and similarities
mean_similarity   returns the mean similarity of each query to its nearest

The features are the input of the last layer. The similarities come from matrix
products of blocks of training examples in `find`, and of blocks of queries in
`mean_similarity`.
"""

import dataclasses

import numpy as np

COUNT = 3
_BLOCK = 8192
_QUERIES = 256


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
    own: index of the training example that is the query itself, and therefore
      no neighbour; -1 if there is none: int [queries]. None is -1 for all.
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


def mean_similarity(
  queries: np.ndarray, features: np.ndarray, *, count: int
) -> np.ndarray:
  """Returns the mean cosine similarity of each query to its nearest examples.

  Args:
    queries: float32 [queries, num_features].
    features: float32 [examples, num_features], at least one.
    count: number of nearest examples; all if there are fewer.

  Returns:
    float32 [queries], in [-1, 1].
  """
  count = min(count, len(features))
  references = _normalized(features)
  parts = []
  for begin in range(0, len(queries), _QUERIES):
    products = _normalized(queries[begin : begin + _QUERIES]) @ references.T
    largest = np.partition(products, -count, axis=1)[:, -count:]
    parts.append(largest.mean(axis=1))
  return np.concatenate(parts)


def _normalized(features: np.ndarray) -> np.ndarray:
  """Returns rows of length 1; a row of zeros stays."""
  rows = np.asarray(features, np.float32)
  lengths = np.linalg.norm(rows, axis=1, keepdims=True)
  return rows / np.maximum(lengths, np.finfo(np.float32).tiny)
