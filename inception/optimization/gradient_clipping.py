"""Clips gradients by their global norm (arXiv 1211.5063, section 3.2).

  clip_by_global_norm  scales all gradients by one factor

It runs after averaging over replicas and after removing the loss scale, so that
all replicas clip by the same factor.
"""

from collections.abc import Mapping

import tensorflow as tf


def clip_by_global_norm(
  gradients: Mapping[str, tf.Tensor], limit: float
) -> dict[str, tf.Tensor]:
  """Multiplies all gradients by min(1, limit / norm).

  The norm is the square root of the sum of all squared elements. If it is not
  finite, all gradients become NaN, so that training cannot continue as if the
  step had been valid.

  Args:
    gradients: {name: float32 tensor}.
    limit: Largest allowed norm; 0 returns the gradients unchanged.

  Returns:
    {name: float32 tensor} of the clipped gradients.

  Raises:
    ValueError: the limit is negative.
  """
  if limit < 0:
    raise ValueError(f'clip_gradient_norm must be >= 0, got {limit}')
  if not limit:
    return dict(gradients)
  clipped, _ = tf.clip_by_global_norm(list(gradients.values()), limit)
  return dict(zip(gradients, clipped, strict=True))
