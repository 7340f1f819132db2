"""Dynamic loss scaling for float16, arXiv 1710.03740, section 3.2.

float16 cannot represent values between 0 and 2^-24, where many gradients lie.
The loss is multiplied by a factor before the gradients are computed, and the
gradients are divided by it afterwards. The factor is kept as large as possible
with only rare overflows. It is a power of two, so that scaling does not round.

  LossScale   the factor, and the number of updates since it changed
  all_finite  whether gradients may be applied

A step:

  with tf.GradientTape() as tape:
    scaled = loss_scale.scale(loss)
  gradients = loss_scale.unscale(tape.gradient(scaled, ...))
  gradients = the mean over replicas of gradients
  is_finite = loss_scaling.all_finite(gradients)
  ... the complete update, only if is_finite ...
  loss_scale.update(is_finite)
"""

from collections.abc import Mapping

import tensorflow as tf

INITIAL = 2.0**15
SMALLEST = 1.0
# With this factor, a gradient of 2^-48 is still above 0.
LARGEST = 2.0**24
GOOD_STEPS_UNTIL_DOUBLED = 2000


class LossScale:
  """The factor: halved by an overflow, doubled after 2000 steps without one.

  Each replica of tf.distribute keeps a copy and updates it through the
  variable's handle; the copies stay equal because is_finite is the same for
  all.
  """

  def __init__(self) -> None:
    """Makes the two variables; call it in the strategy's scope, if any."""
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
    """Divides gradients by the factor.

    Args:
      gradients: {name: float32 tensor}, gradients of the scaled loss.

    Returns:
      {name: float32 tensor}, gradients of the loss; inf or NaN where they
      overflowed.
    """
    inverse = 1 / self._scale
    return {name: gradient * inverse for name, gradient in gradients.items()}

  def update(self, is_finite: tf.Tensor) -> None:
    """Chooses the factor of the next step.

    Args:
      is_finite: bool scalar, whether this step's gradients are finite on all
        replicas.
    """
    zero = tf.constant(0, tf.int64)
    good_steps = tf.where(is_finite, self._good_steps + 1, zero)
    grows = good_steps >= GOOD_STEPS_UNTIL_DOUBLED
    factor = tf.where(grows, 2.0, tf.where(is_finite, 1.0, 0.5))
    tf.raw_ops.AssignVariableOp(
      resource=self._scale.handle,
      value=tf.clip_by_value(self._scale * factor, SMALLEST, LARGEST),
    )
    tf.raw_ops.AssignVariableOp(
      resource=self._good_steps.handle, value=tf.where(grows, zero, good_steps)
    )


def all_finite(gradients: Mapping[str, tf.Tensor]) -> tf.Tensor:
  """Returns whether no gradient contains an inf or NaN, as a bool scalar.

  Args:
    gradients: {name: float tensor}, averaged over all replicas, so that the
      result is the same on each.
  """
  return tf.reduce_all([
    tf.reduce_all(tf.math.is_finite(gradient))
    for gradient in gradients.values()
  ])
