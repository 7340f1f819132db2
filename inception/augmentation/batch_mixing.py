"""Mixup and CutMix: blends the images of a batch, and their targets alike.

  mix  applies mixup (arXiv 1710.09412), CutMix (arXiv 1905.04899), one of the
       two at random, or neither

Each image is blended with the image at the mirrored position of the batch.
Batches come shuffled, so these pairs are as random as any others, and no index
is needed. The middle image of an odd batch, and the only image of a batch of
one, stay as they are.
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

  Mixup interpolates between two images; CutMix pastes a rectangle of one image
  into the other. The share of the original image has a Beta(alpha, alpha)
  distribution and is drawn once for the batch. If both alphas are above 0, each
  method is used for half of the batches.

  Args:
    images: float [batch, height, width, channels] with known height and width.
    targets: float32 [batch, classes]; the sum of each row is preserved.
    seed: int64 [2]; equal seeds give equal results.
    mixup_alpha: Parameter of mixup's Beta distribution; 0 disables mixup.
    cutmix_alpha: Parameter of CutMix's Beta distribution; 0 disables CutMix.

  Returns:
    Images and targets with the dtypes and shapes of the arguments; the very
    arguments if both alphas are 0.

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
  coin_seed, share_seed, center_seed = tf.unstack(tf.random.split(seed, 3))

  def mixup() -> tuple[tf.Tensor, tf.Tensor]:
    return _mixup(images, targets, _beta(mixup_alpha, share_seed))

  def cutmix() -> tuple[tf.Tensor, tf.Tensor]:
    share = _beta(cutmix_alpha, share_seed)
    return _cutmix(images, targets, share, center_seed)

  if mixup_alpha and cutmix_alpha:
    return tf.cond(
      tf.random.stateless_uniform([], coin_seed) < 0.5, mixup, cutmix
    )
  return mixup() if mixup_alpha else cutmix()


def _beta(alpha: float, seed: tf.Tensor) -> tf.Tensor:
  """Returns a float32 draw from Beta(alpha, alpha): g / (g + h) of two Gammas.

  Computes with logarithms, because a Gamma variable with a small alpha often
  underflows. A Gamma(alpha + 1) variable times U^(1 / alpha), with U uniform,
  is a Gamma(alpha) variable (Marsaglia and Tsang, ACM TOMS 26 (2000) 363-372,
  section 6).
  """
  gamma_seed, uniform_seed = tf.unstack(tf.random.split(seed, 2))
  gammas = tf.random.stateless_gamma(
    [2], gamma_seed, tf.constant(alpha + 1, tf.float64), dtype=tf.float64
  )
  # In (0, 1], because 0 has no logarithm.
  uniforms = 1 - tf.random.stateless_uniform(
    [2], uniform_seed, dtype=tf.float64
  )
  logs = tf.math.log(gammas) + tf.math.log(uniforms) / alpha
  return tf.cast(tf.math.sigmoid(logs[0] - logs[1]), tf.float32)


def _mixup(
  images: tf.Tensor, targets: tf.Tensor, share: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
  """Interpolates; `share` is the weight of the original image."""
  own = tf.cast(share, images.dtype)
  return (
    own * images + (1 - own) * tf.reverse(images, [0]),
    _blend(targets, share),
  )


def _cutmix(
  images: tf.Tensor, targets: tf.Tensor, share: tf.Tensor, seed: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
  """Pastes a rectangle with the image's aspect ratio and 1 - share of its area.

  The centre is drawn uniformly. The rectangle is cut off at the border, and the
  targets are weighted by the pixels that remain.
  """
  height, width = images.shape[1:3]
  side = tf.sqrt(1 - share)
  centers = tf.unstack(tf.random.stateless_uniform([2], seed))
  rows, columns = (
    _segment(length, side, center)
    for length, center in zip((height, width), centers)
  )
  pasted = rows[:, tf.newaxis] & columns
  mixed = tf.where(pasted[..., tf.newaxis], tf.reverse(images, [0]), images)
  area = tf.math.count_nonzero(rows) * tf.math.count_nonzero(columns)
  own = 1 - tf.cast(area, tf.float32) / (height * width)
  return mixed, _blend(targets, own)


def _segment(length: int, share: tf.Tensor, center: tf.Tensor) -> tf.Tensor:
  """Returns bool [length] that is True in a segment.

  Args:
    length: Number of elements.
    share: Length of the segment as a share of `length`.
    center: Middle of the segment, in [0, 1).
  """
  extent = tf.round(share * length)
  first = tf.round(center * length - extent / 2)
  indices = tf.range(length, dtype=tf.float32)
  return (indices >= first) & (indices < first + extent)


def _blend(targets: tf.Tensor, own: tf.Tensor) -> tf.Tensor:
  return own * targets + (1 - own) * tf.reverse(targets, [0])
