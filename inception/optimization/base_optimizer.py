"""Slots, learning rates and the loop over variables, shared by all optimizers.

  Optimizer  base class; subclasses name their slots and fused kernel

Optimizers access variables and slots through their handles only. A replica of
tf.distribute then updates its own copy: the copies stay equal because the
gradients are equal, and no update waits for the others. If an optimizer is made
under strategy.scope(), its slots too have a copy on each device.
"""

from collections.abc import Callable, Mapping

import tensorflow as tf


class Optimizer:
  """Base class: owns the slots and updates each variable with a kernel."""

  # {argument of the kernel: (suffix of the checkpoint name, initial value)}
  _SLOTS: Mapping[str, tuple[str, float]] = {}

  def __init__(
    self,
    variables: Mapping[str, tf.Variable],
    *,
    rate_multipliers: Mapping[str, float] = {},
  ):
    """Makes the slots.

    Args:
      variables: {checkpoint name: float32 variable} to update.
      rate_multipliers: {checkpoint name: factor of the learning rate}, 1 if a
        name is absent. Variables with factor 0 are not updated but still get
        slots, so that a resumed run may use other factors.
    """
    self._variables = dict(variables)
    self._factors = {name: rate_multipliers.get(name, 1) for name in variables}
    self._slots = {
      argument: {
        name: tf.Variable(tf.fill(variable.shape, initial), trainable=False)
        for name, variable in variables.items()
      }
      for argument, (_, initial) in self._SLOTS.items()
    }

  @property
  def slots(self) -> dict[str, tf.Variable]:
    """{checkpoint name: slot}, named as TF1's optimizer named them."""
    return {
      f'{name}/{suffix}': slot
      for argument, (suffix, _) in self._SLOTS.items()
      for name, slot in self._slots[argument].items()
    }

  @property
  def changed_names(self) -> tuple[str, ...]:
    """Checkpoint names of the variables whose gradients apply() needs."""
    return tuple(name for name, factor in self._factors.items() if factor)

  def apply(
    self,
    gradients: Mapping[str, tf.Tensor],
    rate: tf.Tensor,
    num_updates: tf.Tensor,
  ) -> None:
    """Updates the variables; in a replica context, that replica's copies.

    Args:
      gradients: {checkpoint name: float32 tensor} with all of changed_names;
        averaged over the replicas, if there are several.
      rate: float32 scalar, the learning rate.
      num_updates: int64 scalar, number of updates before this one.
    """
    kernel = self._kernel(num_updates)
    for name, variable_rate in self._rates(rate).items():
      kernel(
        var=self._variables[name].handle,
        lr=variable_rate,
        grad=gradients[name],
        **{
          argument: slots[name].handle
          for argument, slots in self._slots.items()
        },
      )

  def _rates(self, rate: tf.Tensor) -> dict[str, tf.Tensor]:
    """Returns {name: rate} of changed_names, with one product per factor."""
    rates = {
      factor: rate if factor == 1 else rate * factor
      for factor in set(self._factors.values())
      if factor
    }
    return {name: rates[self._factors[name]] for name in self.changed_names}

  def _kernel(self, num_updates: tf.Tensor) -> Callable[..., None]:
    """Returns the raw operation with the arguments common to all variables.

    Its remaining arguments are var, lr, grad and those of _SLOTS.

    Args:
      num_updates: int64 scalar, number of updates before this one.
    """
    raise NotImplementedError
