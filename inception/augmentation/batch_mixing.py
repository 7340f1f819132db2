"""Mixes the images of a batch, and their targets with them.

  mix  mixup (arXiv 1710.09412), CutMix (1905.04899), one of both, or nothing

Each image is mixed with that of the batch read backwards: batches come
shuffled, so that these pairs are as random as any, and no index is needed. An
odd batch leaves its middle image as it is, and a batch of one its only one.
"""

import tensorflow as tf


def mix(
  images: tf.Tensor,
  targets: tf.Tensor,
  *,
  seed: tf.Tensor,
  mixup_alpha: float,
  cutmix_alpha: float,
) -> tuple[tf.Tensor, tf.Tensor]:
  """Returns images and targets that are blends of two.

  Mixup blends whole images, CutMix pastes a rectangle of one into the other;
  the share that is the image's own is of a Beta(alpha, alpha) distribution,
  drawn once for the batch. With both alphas above 0 a batch has one of the
  methods, each half the time.

  Args:
    images: float [batch, height, width, channels] of known height and width.
    targets: float32 [batch, classes]; of each row the sum is kept.
    seed: int64 [2]; equal seeds mix equally.
    mixup_alpha: of mixup's distribution; 0 is without mixup.
    cutmix_alpha: of CutMix's; 0 is without CutMix.

  Returns:
    images and targets, of the dtypes and shapes given; with both alphas 0 the
    very tensors given.

  Raises:
    ValueError: an alpha is negative.
  """
  for name, alpha in (
    ('mixup_alpha', mixup_alpha),
    ('cutmix_alpha', cutmix_alpha),
  ):
    if not alpha >= 0:
      raise ValueError(f'{name} must be >= 0, got {alpha}')
  if not mixup_alpha and not cutmix_alpha:
    return images, targets
  coin_seed, share_seed, place_seed = tf.unstack(tf.random.split(seed, 3))

  def mixup():
    return _mixup(images, targets, _beta(mixup_alpha, share_seed))

  def cutmix():
    return _cutmix(images, targets, _beta(cutmix_alpha, share_seed), place_seed)

  if mixup_alpha and cutmix_alpha:
    return tf.cond(
      tf.random.stateless_uniform([], coin_seed) < 0.5, mixup, cutmix
    )
  return mixup() if mixup_alpha else cutmix()


def _beta(alpha, seed):
  """Returns a draw of Beta(alpha, alpha), float32: g / (g + h) of two Gammas.

  By their logarithms, for a Gamma variable of a small alpha is often below what
  floats have: one of alpha + 1, times U^(1 / alpha) of a uniform U, is one of
  alpha (Marsaglia and Tsang, ACM TOMS 26 (2000) 363-372, section 6).
  """
  gamma_seed, uniform_seed = tf.unstack(tf.random.split(seed, 2))
  gammas = tf.random.stateless_gamma(
    [2], gamma_seed, tf.constant(alpha + 1, tf.float64), dtype=tf.float64
  )
  # In (0, 1]: 0 has no logarithm.
  uniforms = 1 - tf.random.stateless_uniform(
    [2], uniform_seed, dtype=tf.float64
  )
  logs = tf.math.log(gammas) + tf.math.log(uniforms) / alpha
  return tf.cast(tf.math.sigmoid(logs[0] - logs[1]), tf.float32)


def _mixup(images, targets, share):
  own = tf.cast(share, images.dtype)
  return (
    own * images + (1 - own) * tf.reverse(images, [0]),
    _blend(targets, share),
  )


def _cutmix(images, targets, share, seed):
  """Pastes a rectangle of the images' form, 1 - share of them in area.

  Its centre is drawn uniformly. What is beyond the border is lost, and
  the targets go by the pixels that remain.
  """
  height, width = images.shape[1:3]
  side = tf.sqrt(1 - share)
  centre = tf.unstack(tf.random.stateless_uniform([2], seed))
  rows, columns = (
    _segment(length, side, at) for length, at in zip((height, width), centre)
  )
  pasted = rows[:, tf.newaxis] & columns
  mixed = tf.where(pasted[..., tf.newaxis], tf.reverse(images, [0]), images)
  area = tf.math.count_nonzero(rows) * tf.math.count_nonzero(columns)
  own = 1 - tf.cast(area, tf.float32) / (height * width)
  return mixed, _blend(targets, own)


def _segment(length, share, centre):
  """Returns bool [length]: True in a share of it, around centre in [0, 1)."""
  extent = tf.round(share * length)
  first = tf.round(centre * length - extent / 2)
  at = tf.range(length, dtype=tf.float32)
  return (at >= first) & (at < first + extent)


def _blend(targets, own):
  return own * targets + (1 - own) * tf.reverse(targets, [0])
