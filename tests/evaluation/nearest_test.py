"""Tests that neighbours equal those of a full sort by NumPy."""

import numpy as np
import pytest

from inception.evaluation import nearest


def expected(queries, features):
  """Returns cosine similarities in float64."""
  a, b = queries.astype(np.float64), features.astype(np.float64)
  return (a @ b.T) / np.outer(
    np.linalg.norm(a, axis=1), np.linalg.norm(b, axis=1)
  )


@pytest.mark.parametrize('block', [1, 7, 40, 1000])
def test_neighbours_equal_a_full_sort(block):
  rng = np.random.default_rng(0)
  queries = rng.normal(size=(9, 16)).astype(np.float32)
  features = rng.normal(size=(40, 16)).astype(np.float32)
  found = nearest.find(queries, features, block=block)
  similarity = expected(queries, features)
  order = np.argsort(-similarity, axis=1)[:, :3]
  np.testing.assert_array_equal(found.indices, order)
  np.testing.assert_allclose(
    found.similarities, np.take_along_axis(similarity, order, 1), atol=1e-6
  )


def test_length_does_not_count_and_ties_keep_their_order():
  features = np.array([[1, 1], [5, 0], [1, 0], [0, 0], [0, 9]], np.float32)
  found = nearest.find(np.array([[2, 0]], np.float32), features, block=2)
  assert found.indices.tolist() == [[1, 2, 0]]
  np.testing.assert_allclose(found.similarities, [[1, 1, 0.5**0.5]])


def test_a_training_example_is_not_its_own_neighbour():
  features = np.eye(4, dtype=np.float32) + 0.1
  found = nearest.find(
    features[[2, 0]], features, count=1, own=np.array([2, -1]), block=3
  )
  assert found.indices.tolist() == [[0], [0]]
  assert found.similarities[0, 0] < 0.5 < found.similarities[1, 0]


def test_too_few_training_examples_are_refused():
  with pytest.raises(ValueError, match='need more than 3 training examples'):
    nearest.find(np.ones([1, 2]), np.ones([3, 2]))


def test_mean_similarity_is_that_of_the_nearest_examples():
  rng = np.random.default_rng(1)
  queries = rng.normal(size=(300, 8)).astype(np.float32)  # Two blocks.
  features = rng.normal(size=(20, 8)).astype(np.float32)
  similarity = np.sort(expected(queries, features), axis=1)
  for count, columns in ((3, 3), (99, 20)):
    np.testing.assert_allclose(
      nearest.mean_similarity(queries, features, count=count),
      similarity[:, -columns:].mean(axis=1),
      atol=1e-6,
    )
