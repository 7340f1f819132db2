"""Gradients that are too long, cut: 1211.5063, section 3.2.

  clip_by_global_norm  shortens all of them by one factor
  global_norm          their length, as one vector

Both come after the mean over replicas and after the loss scale is taken out:
then all replicas cut by the same factor.
"""

from collections.abc import Mapping

import tensorflow as tf


def global_norm(gradients: Mapping[str, tf.Tensor]) -> tf.Tensor:
  """Returns sqrt(sum of all squares), a float32 scalar.

  Args:
    gradients: {name: float32 tensor}.
  """
  return tf.linalg.global_norm(list(gradients.values()))


def clip_by_global_norm(
  gradients: Mapping[str, tf.Tensor], limit: float, *, norm_wanted: bool = False
) -> tuple[dict[str, tf.Tensor], tf.Tensor | None]:
  """Multiplies all gradients by min(1, limit / norm).

  Where the norm is not finite, all become NaN, so that nothing trains on as if
  the step had been a good one.

  Args:
    gradients: {name: float32 tensor}.
    limit: of the norm, above 0; 0 returns the gradients as they are.
    norm_wanted: have the norm where the limit is 0, too.

  Returns:
    (gradients, their global norm before: a float32 scalar, or None where
    neither limit nor norm_wanted needs it).

  Raises:
    ValueError: the limit is negative.
  """
  if limit < 0:
    raise ValueError(f'clip_gradient_norm must be >= 0, got {limit}')
  norm = global_norm(gradients) if limit or norm_wanted else None
  if not limit:
    return dict(gradients), norm
  clipped, _ = tf.clip_by_global_norm(
    list(gradients.values()), limit, use_norm=norm
  )
  return dict(zip(gradients, clipped, strict=True)), norm
