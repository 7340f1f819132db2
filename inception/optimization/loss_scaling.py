"""Dynamic loss scaling for float16, arXiv 1710.03740, section 3.2.

float16 has nothing between 0 and 2^-24, where many gradients are. The loss is
multiplied before the gradients are taken and they are divided after; the factor
is the largest that overflows seldom. It is a power of two, so that scaling
rounds nothing.

  LossScale   the factor, and the updates since it changed
  all_finite  whether gradients may be applied

A step:

  with tf.GradientTape() as tape:
    scaled = loss_scale.scale(loss)
  gradients = the mean over replicas of tape.gradient(scaled, ...)
  gradients = loss_scale.unscale(gradients)
  is_finite = loss_scaling.all_finite(gradients)
  ... the whole update only where is_finite ...
  loss_scale.update(is_finite)
"""

from collections.abc import Mapping

import tensorflow as tf

INITIAL = 2.0**15
SMALLEST = 1.0
# A gradient of 2^-48 is above 0 then.
LARGEST = 2.0**24
GOOD_STEPS_UNTIL_DOUBLED = 2000


class LossScale:
  """The factor, which is halved by an overflow and doubled after 2000 without.

  All replicas of tf.distribute keep a copy, which each updates by its handle:
  they stay equal, as is_finite is the same for all.
  """

  def __init__(self):
    """Makes the two variables; under strategy.scope() where there is one."""
    self._scale = tf.Variable(INITIAL, dtype=tf.float32, trainable=False)
    self._good_steps = tf.Variable(0, dtype=tf.int64, trainable=False)

  @property
  def variables(self) -> dict[str, tf.Variable]:
    """{checkpoint name: variable}; float32 and int64 scalars."""
    return {
      'loss_scale': self._scale,
      'loss_scale_good_steps': self._good_steps,
    }

  def scale(self, loss: tf.Tensor) -> tf.Tensor:
    """Returns the float32 scalar `loss` times the factor."""
    return loss * self._scale

  def unscale(self, gradients: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    """Divides by the factor.

    Args:
      gradients: {name: float32 tensor} of the scaled loss.

    Returns:
      {name: float32 tensor} of the loss; where one overflowed, inf or NaN.
    """
    inverse = 1 / self._scale
    return {name: gradient * inverse for name, gradient in gradients.items()}

  def update(self, is_finite: tf.Tensor) -> None:
    """Chooses the factor of the next step.

    Args:
      is_finite: bool scalar, of this step's gradients over all replicas.
    """
    none = tf.constant(0, tf.int64)
    good_steps = tf.where(is_finite, self._good_steps + 1, none)
    grows = good_steps >= GOOD_STEPS_UNTIL_DOUBLED
    factor = tf.where(grows, 2.0, tf.where(is_finite, 1.0, 0.5))
    tf.raw_ops.AssignVariableOp(
      resource=self._scale.handle,
      value=tf.clip_by_value(self._scale * factor, SMALLEST, LARGEST),
    )
    tf.raw_ops.AssignVariableOp(
      resource=self._good_steps.handle, value=tf.where(grows, none, good_steps)
    )


def all_finite(gradients: Mapping[str, tf.Tensor]) -> tf.Tensor:
  """Returns a bool scalar: no gradient has an inf or a NaN.

  Args:
    gradients: {name: float tensor}; over all replicas, so that the answer is
      the same for each.
  """
  return tf.reduce_all([
    tf.reduce_all(tf.math.is_finite(gradient))
    for gradient in gradients.values()
  ])
