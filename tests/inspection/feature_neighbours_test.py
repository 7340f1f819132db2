"""Tests of inception.inspection.feature_neighbours."""

import numpy as np
import pytest

from inception.inspection import feature_neighbours


def features(*shape, seed=0):
  return np.random.default_rng(seed).gamma(0.3, 1, shape).astype(np.float32)


def expected(values, count):
  """Computes the neighbours from the definition, in float64."""
  roots = np.sqrt(values.astype(np.float64))
  roots /= np.sqrt((roots**2).sum(axis=1, keepdims=True))
  cosines = roots @ roots.T
  np.fill_diagonal(cosines, -1)
  return np.argsort(-cosines, axis=1)[:, :count]


@pytest.mark.parametrize('rows', [4, 7, 100])
def test_neighbours_are_found_across_parts_and_blocks(monkeypatch, rows):
  monkeypatch.setattr(feature_neighbours, '_ROWS', rows)
  values = features(30, 16)
  done = []
  neighbours = feature_neighbours.nearest(
    [values[:13], values[13:14], values[14:]], count=5, advance=done.append
  )
  np.testing.assert_array_equal(neighbours, expected(values, 5))
  assert neighbours.dtype == np.int64
  assert sum(done) == 30


def test_distance_is_the_cosine_of_the_roots():
  # The roots are (1, 1), (4, 1), and (3, 2) times a factor that does not count.
  # Cosines: 5 / 34 ** 0.5 = 0.857 and 5 / 26 ** 0.5 = 0.981.
  values = np.array([[1, 1], [16, 1], [90, 40]], np.float32)
  assert feature_neighbours.nearest([values], count=2)[0].tolist() == [2, 1]


def test_few_pictures_have_few_neighbours():
  assert feature_neighbours.nearest([features(3, 4)], count=20).shape == (3, 2)
  assert feature_neighbours.nearest([features(1, 4)], count=20).shape == (1, 0)
  assert feature_neighbours.nearest([], count=20).shape == (0, 0)


def test_pictures_with_zero_features_are_accepted():
  values = features(4, 6)
  values[1] = 0
  neighbours = feature_neighbours.nearest([values], count=3)
  assert [sorted(row) for row in neighbours.tolist()] == [
    [1, 2, 3],
    [0, 2, 3],
    [0, 1, 3],
    [0, 1, 2],
  ]
