"""Adam, for short runs from random weights, and AdamW, for fine-tuning.

Adam   the optimizer
AdamW  Adam, with weight decay decoupled from the gradients
"""

import functools
from collections.abc import Callable, Mapping

import tensorflow as tf

from inception.optimization import base_optimizer

_BETA1 = 0.9
# The paper has 0.999, but a mean over 1000 steps lags in a run of hundreds.
_BETA2 = 0.99
_EPSILON = 1e-8

_DECAYED_SUFFIX = '/weights'


class Adam(base_optimizer.Optimizer):
  """Adam, arXiv 1412.6980.

    mean     <- b1 * mean + (1 - b1) * gradient
    variance <- b2 * variance + (1 - b2) * gradient^2
    variable <- variable - rate * sqrt(1 - b2^n) / (1 - b1^n) *
                mean / (sqrt(variance) + epsilon)

  n counts updates from 1. Source: tf.raw_ops.ResourceApplyAdam.
  """

  _SLOTS = {'m': ('Adam', 0.0), 'v': ('Adam_1', 0.0)}

  def _kernel(self, num_updates: tf.Tensor) -> Callable[..., None]:
    n = tf.cast(num_updates + 1, tf.float32)
    return functools.partial(
      tf.raw_ops.ResourceApplyAdam,
      beta1_power=_BETA1**n,
      beta2_power=_BETA2**n,
      beta1=_BETA1,
      beta2=_BETA2,
      epsilon=_EPSILON,
    )


class AdamW(Adam):
  """Adam with decoupled weight decay, arXiv 1711.05101.

    variable <- variable - rate * weight_decay * variable
    variable <- Adam's update

  The step's rate, schedule and multiplier included, scales the decay, as in
  PyTorch and Keras; in the paper only the schedule does. Only variables whose
  names end in '/weights' decay, not biases or batch norm's offsets. The slots
  are Adam's, so that a run can switch between the two.
  """

  def __init__(
    self,
    variables: Mapping[str, tf.Variable],
    *,
    weight_decay: float = 0.0,
    rate_multipliers: Mapping[str, float] = {},
  ):
    """Makes the slots.

    Args:
      variables: As in Optimizer.
      weight_decay: Fraction of each weight subtracted at a rate of 1; 0 is
        Adam.
      rate_multipliers: As in Optimizer.
    """
    super().__init__(variables, rate_multipliers=rate_multipliers)
    self._weight_decay = weight_decay

  def apply(
    self,
    gradients: Mapping[str, tf.Tensor],
    rate: tf.Tensor,
    num_updates: tf.Tensor,
  ) -> None:
    """Updates the variables; see Optimizer.apply."""
    if self._weight_decay:
      for name, variable_rate in self._rates(rate).items():
        if name.endswith(_DECAYED_SUFFIX):
          variable = self._variables[name]
          tf.raw_ops.AssignSubVariableOp(
            resource=variable.handle,
            value=variable_rate * self._weight_decay * variable,
          )
    super().apply(gradients, rate, num_updates)
