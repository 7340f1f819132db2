"""Tests of the principal components."""

import numpy as np

from inception.evaluation import principal_components


def draw(shape, *, seed=0):
  """Features whose variance falls from column to column."""
  rng = np.random.default_rng(seed)
  scales = 0.7 ** np.arange(shape[1])
  turn, _ = np.linalg.qr(rng.normal(size=(shape[1], shape[1])))
  values = rng.normal(size=shape) * scales @ turn + 3
  return values.astype(np.float32)


def test_axes_equal_those_of_the_exact_decomposition():
  features = draw((60, 30))
  found = principal_components.fit(features, count=5)
  _, _, exact = np.linalg.svd(
    features.astype(np.float64) - features.mean(axis=0), full_matrices=False
  )
  # The sign of an axis is arbitrary.
  np.testing.assert_allclose(
    np.abs(np.sum(found.axes * exact[:5], axis=1)), 1, atol=1e-4
  )
  projected = found.project(features)
  assert projected.shape == (60, 5)
  np.testing.assert_allclose(projected.mean(axis=0), 0, atol=1e-4)
  assert (np.diff(projected.std(axis=0)) < 0).all()


def test_all_components_keep_the_distances():
  features = draw((9, 4))
  found = principal_components.fit(features)
  assert found.axes.shape == (4, 4)
  projected = found.project(features)
  np.testing.assert_allclose(
    np.linalg.norm(projected[1:] - projected[0], axis=1),
    np.linalg.norm(features[1:] - features[0], axis=1),
    rtol=1e-4,
  )


def test_fewer_examples_than_components_give_fewer_axes():
  found = principal_components.fit(draw((3, 8)))
  assert found.axes.shape == (3, 8)
  np.testing.assert_allclose(found.axes @ found.axes.T, np.eye(3), atol=1e-5)


def test_constant_features_have_components_of_zero():
  features = np.ones([4, 6], np.float32)
  found = principal_components.fit(features)
  np.testing.assert_allclose(found.project(features), 0, atol=1e-6)
