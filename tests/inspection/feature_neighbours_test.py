"""Tests of inception.inspection.feature_neighbours."""

import numpy as np
import pytest

from inception.inspection import feature_neighbours


def features(*shape, seed=0):
  return np.random.default_rng(seed).gamma(0.3, 1, shape).astype(np.float32)


def expected(values, count):
  """Returns the neighbours by the definition, in float64."""
  roots = np.sqrt(values.astype(np.float64))
  roots /= np.sqrt((roots**2).sum(axis=1, keepdims=True))
  cosines = roots @ roots.T
  np.fill_diagonal(cosines, -1)
  return np.argsort(-cosines, axis=1)[:, :count]


@pytest.mark.parametrize('rows', [4, 7, 100])
def test_the_nearest_are_found_over_parts_and_blocks(monkeypatch, rows):
  monkeypatch.setattr(feature_neighbours, '_ROWS', rows)
  values = features(30, 16)
  done = []
  found = feature_neighbours.nearest(
    [values[:13], values[13:14], values[14:]], count=5, advance=done.append
  )
  np.testing.assert_array_equal(found, expected(values, 5))
  assert found.dtype == np.int64
  assert sum(done) == 30


def test_cosines_of_roots_decide():
  # The roots are (1, 1), (4, 1), and (3, 2) times a length that does not count:
  # cosines 5 / 34 ** 0.5 = 0.857 and 5 / 26 ** 0.5 = 0.981.
  values = np.array([[1, 1], [16, 1], [90, 40]], np.float32)
  assert feature_neighbours.nearest([values], count=2)[0].tolist() == [2, 1]


def test_few_pictures_have_few_neighbours():
  assert feature_neighbours.nearest([features(3, 4)], count=20).shape == (3, 2)
  assert feature_neighbours.nearest([features(1, 4)], count=20).shape == (1, 0)
  assert feature_neighbours.nearest([], count=20).shape == (0, 0)


def test_pictures_without_features_do_no_harm():
  values = features(4, 6)
  values[1] = 0
  found = feature_neighbours.nearest([values], count=3)
  assert [sorted(row) for row in found.tolist()] == [
    [1, 2, 3],
    [0, 2, 3],
    [0, 1, 3],
    [0, 1, 2],
  ]
