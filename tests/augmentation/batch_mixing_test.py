"""Tests of inception.augmentation.batch_mixing."""

import functools

import numpy as np
import pytest
import tensorflow as tf

from inception.augmentation import batch_mixing

_HEIGHT, _WIDTH = 10, 8


def _numbered(batch):
  """Returns images filled with their index, and one-hot targets."""
  numbers = np.arange(batch, dtype=np.float32)
  images = np.broadcast_to(
    numbers[:, None, None, None], [batch, _HEIGHT, _WIDTH, 3]
  )
  return tf.constant(images), tf.eye(batch)


@functools.cache
def _many(batch, mixup_alpha, cutmix_alpha, draws=1000):
  """Returns images and targets [draws, ...] of independently mixed batches."""
  images, targets = _numbered(batch)

  @tf.function
  def mixed():
    return tf.map_fn(
      lambda i: batch_mixing.mix(
        images,
        targets,
        seed=tf.stack([tf.constant(7, tf.int64), i]),
        mixup_alpha=mixup_alpha,
        cutmix_alpha=cutmix_alpha,
      ),
      tf.range(draws, dtype=tf.int64),
      fn_output_signature=(tf.float32, tf.float32),
    )

  return [tensor.numpy() for tensor in mixed()]


def _require_beta(shares, alpha):
  """Asserts that shares have the mean and variance of Beta(alpha, alpha)."""
  variance = 1 / (4 * (2 * alpha + 1))
  # Four standard errors; the variance's are below those of a coin toss.
  assert abs(shares.mean() - 0.5) < 4 * np.sqrt(variance / len(shares))
  assert abs(shares.var() - variance) < 4 * 0.25 / np.sqrt(len(shares))


@pytest.mark.parametrize('alpha', [0.2, 1.0, 4.0])
def test_mixup_shares_follow_the_beta_distribution(alpha):
  _, targets = _many(2, alpha, 0.0)
  _require_beta(targets[:, 0, 0], alpha)


def test_beta_of_one_is_uniform():
  shares = np.sort(_many(2, 1.0, 0.0)[1][:, 0, 0])
  # A uniform sample deviates more once in 1,000 times.
  assert np.abs(shares - np.arange(1000) / 1000).max() < 1.95 / np.sqrt(1000)


def test_tiny_alpha_gives_zeros_and_ones():
  shares = _many(2, 0.001, 0.0)[1][:, 0, 0]
  assert np.isfinite(shares).all()
  assert (np.minimum(shares, 1 - shares) < 0.01).mean() > 0.95


def test_mixup_blends_images_like_targets():
  images, targets = _many(4, 1.0, 0.0)
  own, other = targets[:, 0, 0], targets[:, 0, 3]
  np.testing.assert_allclose(own + other, 1, atol=1e-6)
  # Image 0 is filled with 0 and its partner with 3.
  np.testing.assert_allclose(
    images[:, 0],
    np.broadcast_to(3 * other[:, None, None, None], images[:, 0].shape),
    atol=1e-5,
  )
  np.testing.assert_allclose(images[:, 3, 0, 0, 0], 3 * own, atol=1e-5)
  np.testing.assert_allclose(images[:, 1, 0, 0, 0], own + 2 * other, atol=1e-5)


def test_cutmix_targets_are_the_share_of_pixels():
  images, targets = _many(2, 0.0, 1.0)
  assert set(np.unique(images)) == {0, 1}
  pasted = images[:, 0, :, :, 0].mean((1, 2))
  np.testing.assert_allclose(targets[:, 0, 1], pasted, atol=1e-6)
  np.testing.assert_allclose(targets[:, 0, 0], 1 - pasted, atol=1e-6)
  np.testing.assert_array_equal(images[:, 1], 1 - images[:, 0])
  np.testing.assert_array_equal(images[..., 0], images[..., 2])


def test_cutmix_pastes_one_rectangle():
  pasted = _many(2, 0.0, 1.0)[0][:, 0, :, :, 0] == 1
  for mask in pasted:
    rows, columns = mask.any(1), mask.any(0)
    np.testing.assert_array_equal(mask, rows[:, None] & columns)
    assert np.abs(np.diff(rows.astype(int))).sum() <= 2
    assert np.abs(np.diff(columns.astype(int))).sum() <= 2


def test_cutmix_areas_are_distributed_like_numpys():
  draws = 1000
  areas = _many(2, 0.0, 1.0, draws)[0][:, 0, :, :, 0].mean((1, 2))
  rng = np.random.default_rng(0)
  side = np.sqrt(rng.beta(1, 1, draws))
  expected = np.ones(draws)
  for length in (_HEIGHT, _WIDTH):
    extent = np.round(side * length)
    first = np.round(rng.uniform(0, length, draws) - extent / 2)
    expected *= (
      np.minimum(first + extent, length) - np.maximum(first, 0)
    ) / length
  # Rounded, so that equal areas are equal despite float32.
  areas, expected = (
    np.round(values.astype(np.float64), 5) for values in (areas, expected)
  )
  at = np.union1d(areas, expected)
  gap = (
    np.abs(
      np.searchsorted(np.sort(areas), at, 'right')
      - np.searchsorted(np.sort(expected), at, 'right')
    ).max()
    / draws
  )
  # Samples of equal distributions differ by more once in 1,000 times.
  assert gap < 1.95 * np.sqrt(2 / draws)


def test_cutmix_boxes_can_be_anywhere():
  pasted = _many(2, 0.0, 1.0)[0][:, 0, :, :, 0]
  seen = pasted.mean(0)
  assert seen.min() > 0.1
  np.testing.assert_allclose(seen, seen[::-1, ::-1], atol=0.08)


def test_mixup_and_cutmix_alternate_at_random():
  images, _ = _many(2, 1.0, 1.0)
  flat = images[:, 0].reshape(len(images), -1)
  blended = ((flat > 0) & (flat < 1)).any(1)
  assert abs(blended.mean() - 0.5) < 0.07


@pytest.mark.parametrize('alphas', [(0.4, 0.0), (0.0, 1.0), (0.4, 1.0)])
@pytest.mark.parametrize('batch', [1, 3])
def test_middle_of_odd_batches_is_unchanged(alphas, batch):
  images, targets = _many(batch, *alphas, draws=20)
  middle = batch // 2
  np.testing.assert_allclose(images[:, middle], middle, atol=1e-6)
  np.testing.assert_allclose(targets.sum(-1), 1, atol=1e-6)
  np.testing.assert_allclose(targets[:, middle, middle], 1, atol=1e-6)


def test_soft_targets_keep_their_sum():
  images, _ = _numbered(4)
  smooth = tf.constant(
    np.random.default_rng(0).dirichlet(np.ones(5), 4), tf.float32
  )
  for i in range(10):
    _, targets = batch_mixing.mix(
      images, smooth, seed=[0, i], mixup_alpha=0.3, cutmix_alpha=0.3
    )
    np.testing.assert_allclose(tf.reduce_sum(targets, 1), 1, atol=1e-6)


def test_nothing_to_mix_returns_the_same_tensors():
  images, targets = _numbered(3)
  mixed = batch_mixing.mix(
    images, targets, seed=[0, 0], mixup_alpha=0.0, cutmix_alpha=0.0
  )
  assert mixed[0] is images
  assert mixed[1] is targets


def test_equal_seeds_give_equal_results():
  images, targets = _numbered(4)

  def mixed(seed):
    return batch_mixing.mix(
      images,
      targets,
      seed=tf.constant(seed, tf.int64),
      mixup_alpha=1.0,
      cutmix_alpha=1.0,
    )[1].numpy()

  first = mixed([3, 4])
  tf.random.set_seed(1)
  np.testing.assert_array_equal(first, mixed([3, 4]))
  assert np.abs(first - mixed([3, 5])).max() > 1e-3
  assert np.abs(first - mixed([4, 4])).max() > 1e-3


@pytest.mark.parametrize('alphas', [(1.0, 0.0), (0.0, 1.0), (1.0, 1.0)])
def test_shapes_and_dtypes_are_kept(alphas):
  @tf.function
  def traced(images, targets):
    return batch_mixing.mix(
      images,
      targets,
      seed=[0, 1],
      mixup_alpha=alphas[0],
      cutmix_alpha=alphas[1],
    )

  images, targets = traced.get_concrete_function(
    tf.TensorSpec([2, 6, 5, 3], tf.bfloat16), tf.TensorSpec([2, 7], tf.float32)
  ).structured_outputs
  assert (images.shape, images.dtype) == ([2, 6, 5, 3], tf.bfloat16)
  assert (targets.shape, targets.dtype) == ([2, 7], tf.float32)


@pytest.mark.parametrize(
  ('alphas', 'name'),
  [
    ((-0.1, 0.0), 'mixup_alpha'),
    ((0.0, -1.0), 'cutmix_alpha'),
    ((float('nan'), 0.0), 'mixup_alpha'),
  ],
)
def test_negative_alpha_is_an_error(alphas, name):
  images, targets = _numbered(2)
  with pytest.raises(ValueError, match=f'{name} must be >= 0'):
    batch_mixing.mix(
      images,
      targets,
      seed=[0, 0],
      mixup_alpha=alphas[0],
      cutmix_alpha=alphas[1],
    )
