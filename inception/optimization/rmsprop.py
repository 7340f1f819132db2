"""RMSProp, the optimizer of 2016, by TF1's formula.

RMSProp  the optimizer
"""

import functools
from collections.abc import Callable

import tensorflow as tf

from inception.optimization import base_optimizer

_DECAY = 0.9
_MOMENTUM = 0.9
_EPSILON = 1.0


class RMSProp(base_optimizer.Optimizer):
  """TF1's RMSPropOptimizer.

    mean_square <- decay * mean_square + (1 - decay) * gradient^2
    momentum    <- 0.9 * momentum + rate * gradient / sqrt(mean_square + 1)
    variable    <- variable - momentum

  The decay is 0.9. mean_square (<name>/RMSProp) starts at 1, epsilon is inside
  the root, and the momentum accumulates steps already scaled by the rate:
  Keras' RMSprop differs in all three. Source: tf.raw_ops.ResourceApplyRMSProp.
  """

  _SLOTS = {'ms': ('RMSProp', 1.0), 'mom': ('RMSProp_1', 0.0)}

  def _kernel(self, num_updates: tf.Tensor) -> Callable[..., None]:
    del num_updates
    return functools.partial(
      tf.raw_ops.ResourceApplyRMSProp,
      rho=_DECAY,
      momentum=_MOMENTUM,
      epsilon=_EPSILON,
    )
