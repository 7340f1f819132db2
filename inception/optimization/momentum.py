"""Stochastic gradient descent with Nesterov's momentum.

Momentum  the optimizer
"""

import functools
from collections.abc import Callable

import tensorflow as tf

from inception.optimization import base_optimizer

_MOMENTUM = 0.9


class Momentum(base_optimizer.Optimizer):
  """Stochastic gradient descent with Nesterov's momentum.

    momentum <- 0.9 * momentum + gradient
    variable <- variable - rate * (gradient + 0.9 * momentum)

  Source: tf.raw_ops.ResourceApplyMomentum, as in TF1's MomentumOptimizer with
  use_nesterov.
  """

  _SLOTS = {'accum': ('Momentum', 0.0)}

  def _kernel(self, num_updates: tf.Tensor) -> Callable[..., None]:
    del num_updates
    return functools.partial(
      tf.raw_ops.ResourceApplyMomentum, momentum=_MOMENTUM, use_nesterov=True
    )
