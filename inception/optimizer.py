"""Optimizers and learning-rate schedules.

  RMSProp     that of 2016: TF1's formula, by TensorFlow's fused kernel
  Momentum    stochastic gradient descent, for fine-tuning in minutes
  Adam        for short trainings from random weights
  make        one of them, by its name
  decay_steps, exponential_decay, cosine_decay, warm_up
              the learning rate of a step
"""

import math
from collections.abc import Mapping

import numpy as np
import tensorflow as tf

RMSPROP_DECAY = 0.9
RMSPROP_MOMENTUM = 0.9
RMSPROP_EPSILON = 1.0

SGD_MOMENTUM = 0.9

ADAM_BETA1 = 0.9
# 0.999 in the paper: a mean over a thousand steps is late in a run of hundreds.
ADAM_BETA2 = 0.99
ADAM_EPSILON = 1e-8


def _zeros(variables: Mapping[str, tf.Variable]) -> dict[str, tf.Variable]:
  return {name: tf.Variable(tf.zeros_like(variable), trainable=False)
          for name, variable in variables.items()}


class RMSProp:
  """TF1's RMSPropOptimizer.

    mean_square <- decay * mean_square + (1 - decay) * gradient^2
    momentum    <- 0.9 * momentum + rate * gradient / sqrt(mean_square + 1)
    variable    <- variable - momentum

  mean_square starts at 1, epsilon is inside the root and the momentum holds
  steps that are scaled by the rate already: Keras' RMSprop differs in all
  three. Source: tf.raw_ops.ResourceApplyRMSProp.
  """

  def __init__(self, variables: Mapping[str, tf.Variable]):
    """Makes the slots.

    Args:
      variables: {checkpoint name: float32 variable} to be changed.
    """
    self._variables = dict(variables)
    self._mean_squares = {
        name: tf.Variable(tf.ones_like(variable), trainable=False)
        for name, variable in variables.items()}
    self._momenta = _zeros(variables)

  @property
  def slots(self) -> dict[str, tf.Variable]:
    """{checkpoint name: slot}; <name>/RMSProp is the mean square."""
    return ({f'{name}/RMSProp': slot
             for name, slot in self._mean_squares.items()} |
            {f'{name}/RMSProp_1': slot for name, slot in self._momenta.items()})

  def apply(self, gradients: Mapping[str, tf.Tensor], rate: tf.Tensor,
            num_updates: tf.Tensor) -> None:
    """Changes the variables.

    Args:
      gradients: {checkpoint name: float32 tensor}, one for each variable.
      rate: float32 scalar, the learning rate.
      num_updates: not used; Adam needs it.
    """
    del num_updates
    for name, variable in self._variables.items():
      tf.raw_ops.ResourceApplyRMSProp(
          var=variable.handle, ms=self._mean_squares[name].handle,
          mom=self._momenta[name].handle, lr=rate, rho=RMSPROP_DECAY,
          momentum=RMSPROP_MOMENTUM, epsilon=RMSPROP_EPSILON,
          grad=gradients[name])


class Momentum:
  """Stochastic gradient descent with Nesterov's momentum.

    momentum <- 0.9 * momentum + gradient
    variable <- variable - rate * (gradient + 0.9 * momentum)

  Source: tf.raw_ops.ResourceApplyMomentum, as TF1's MomentumOptimizer with
  use_nesterov.
  """

  def __init__(self, variables: Mapping[str, tf.Variable]):
    """Makes the slots.

    Args:
      variables: {checkpoint name: float32 variable} to be changed.
    """
    self._variables = dict(variables)
    self._momenta = _zeros(variables)

  @property
  def slots(self) -> dict[str, tf.Variable]:
    """{checkpoint name: slot}, named as TF1's MomentumOptimizer named them."""
    return {f'{name}/Momentum': slot for name, slot in self._momenta.items()}

  def apply(self, gradients: Mapping[str, tf.Tensor], rate: tf.Tensor,
            num_updates: tf.Tensor) -> None:
    """Changes the variables.

    Args:
      gradients: {checkpoint name: float32 tensor}, one for each variable.
      rate: float32 scalar, the learning rate.
      num_updates: not used; Adam needs it.
    """
    del num_updates
    for name, variable in self._variables.items():
      tf.raw_ops.ResourceApplyMomentum(
          var=variable.handle, accum=self._momenta[name].handle, lr=rate,
          grad=gradients[name], momentum=SGD_MOMENTUM, use_nesterov=True)


class Adam:
  """Adam, arXiv 1412.6980, by TensorFlow's fused kernel.

    mean     <- b1 * mean + (1 - b1) * gradient
    variance <- b2 * variance + (1 - b2) * gradient^2
    variable <- variable - rate * sqrt(1 - b2^n) / (1 - b1^n) *
                mean / (sqrt(variance) + epsilon)

  n counts updates from 1. Source: tf.raw_ops.ResourceApplyAdam.
  """

  def __init__(self, variables: Mapping[str, tf.Variable]):
    """Makes the slots.

    Args:
      variables: {checkpoint name: float32 variable} to be changed.
    """
    self._variables = dict(variables)
    self._means, self._variances = _zeros(variables), _zeros(variables)

  @property
  def slots(self) -> dict[str, tf.Variable]:
    """{checkpoint name: slot}, named as TF1's AdamOptimizer named them."""
    return ({f'{name}/Adam': slot for name, slot in self._means.items()} |
            {f'{name}/Adam_1': slot for name, slot in self._variances.items()})

  def apply(self, gradients: Mapping[str, tf.Tensor], rate: tf.Tensor,
            num_updates: tf.Tensor) -> None:
    """Changes the variables.

    Args:
      gradients: {checkpoint name: float32 tensor}, one for each variable.
      rate: float32 scalar, the learning rate.
      num_updates: int64 scalar, updates before this one.
    """
    n = tf.cast(num_updates + 1, tf.float32)
    for name, variable in self._variables.items():
      tf.raw_ops.ResourceApplyAdam(
          var=variable.handle, m=self._means[name].handle,
          v=self._variances[name].handle, beta1_power=ADAM_BETA1**n,
          beta2_power=ADAM_BETA2**n, lr=rate, beta1=ADAM_BETA1,
          beta2=ADAM_BETA2, epsilon=ADAM_EPSILON, grad=gradients[name])


_BY_NAME = {'rmsprop': RMSProp, 'sgd': Momentum, 'adam': Adam}


def make(name: str,
         variables: Mapping[str, tf.Variable]) -> RMSProp | Momentum | Adam:
  """Returns the optimizer of a name of config.OPTIMIZERS.

  Raises:
    ValueError: there is no such optimizer.
  """
  if name not in _BY_NAME:
    raise ValueError(f'optimizer must be one of {", ".join(_BY_NAME)}, got '
                     f'{name!r}')
  return _BY_NAME[name](variables)


def decay_steps(*, num_examples: int, batch_size: int,
                num_epochs_per_decay: float) -> int:
  """Returns the steps between two decays, at least 1."""
  return max(1, int(num_examples / batch_size * num_epochs_per_decay))


def exponential_decay(step: int, *, initial: float, decay_factor: float,
                      steps_per_decay: int) -> float:
  """Staircase: initial * decay_factor ^ floor(step / steps_per_decay).

  In float32, as tf.train.exponential_decay: the same number to the last bit.
  """
  power = np.float32(step // steps_per_decay)
  return float(np.float32(initial) * np.float32(decay_factor) ** power)


def cosine_decay(step: int, *, initial: float, max_steps: int) -> float:
  """Half a cosine from initial at step 0 to 0 at max_steps (1608.03983)."""
  progress = min(1.0, step / max_steps)
  return initial * 0.5 * (1 + math.cos(math.pi * progress))


def warm_up(step: int, *, warmup_steps: int) -> float:
  """Returns the share of the rate that a step has: 1 from warmup_steps on.

  Linear from 1 / warmup_steps at step 0 (1706.02677): momentum and batch norm
  have seen little yet.
  """
  return min(1.0, (step + 1) / warmup_steps) if warmup_steps else 1.0
