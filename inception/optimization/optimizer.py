"""Optimizers, by TensorFlow's fused kernels.

  RMSProp      that of 2016: TF1's formula
  Momentum     stochastic gradient descent, for fine-tuning in minutes
  Adam         for short trainings from random weights
  AdamW        Adam, with weight decay apart from the gradients
  make         one of them, by its name
  multipliers  how fast each variable learns, from beginnings of names

All of them reach variables and slots by their handles only. A replica of
tf.distribute then changes its own copy: the copies stay equal because the
gradients are, and no update waits for the others. Made under strategy.scope(),
the slots have a copy on each device, too.
"""

import functools
from collections.abc import Callable, Mapping, Sequence

import tensorflow as tf

RMSPROP_DECAY = 0.9
RMSPROP_MOMENTUM = 0.9
RMSPROP_EPSILON = 1.0

SGD_MOMENTUM = 0.9

ADAM_BETA1 = 0.9
# 0.999 in the paper: a mean over a thousand steps is late in a run of hundreds.
ADAM_BETA2 = 0.99
ADAM_EPSILON = 1e-8

_DECAYED_SUFFIX = '/weights'


class Optimizer:
  """What the optimizers share: slots, rates, the loop over the variables."""

  # {the kernel's argument: (suffix of the checkpoint name, initial value)}
  _SLOTS: Mapping[str, tuple[str, float]] = {}

  def __init__(
    self,
    variables: Mapping[str, tf.Variable],
    *,
    rate_multipliers: Mapping[str, float] = {},
  ):
    """Makes the slots.

    Args:
      variables: {checkpoint name: float32 variable} to be changed.
      rate_multipliers: {checkpoint name: factor of the learning rate}, 1 where
        a name is absent. What has 0 is left alone; it has slots nevertheless,
        so that a resumed run may have other factors.
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
    """Changes the variables; in a replica context, that replica's copies.

    Args:
      gradients: {checkpoint name: float32 tensor} with all of changed_names;
        over all replicas, where there are several.
      rate: float32 scalar, the learning rate.
      num_updates: int64 scalar, updates before this one.
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
    """{name: rate} of changed_names, with one product for each factor."""
    rates = {
      factor: rate if factor == 1 else rate * factor
      for factor in set(self._factors.values())
      if factor
    }
    return {name: rates[self._factors[name]] for name in self.changed_names}

  def _kernel(self, num_updates: tf.Tensor) -> Callable[..., None]:
    """Returns the raw operation, with all that is the same for each variable.

    Its other arguments are var, lr, grad and those of _SLOTS.
    """
    raise NotImplementedError


class RMSProp(Optimizer):
  """TF1's RMSPropOptimizer.

    mean_square <- decay * mean_square + (1 - decay) * gradient^2
    momentum    <- 0.9 * momentum + rate * gradient / sqrt(mean_square + 1)
    variable    <- variable - momentum

  mean_square (<name>/RMSProp) starts at 1, epsilon is inside the root and the
  momentum holds steps that are scaled by the rate already: Keras' RMSprop
  differs in all three. Source: tf.raw_ops.ResourceApplyRMSProp.
  """

  _SLOTS = {'ms': ('RMSProp', 1.0), 'mom': ('RMSProp_1', 0.0)}

  def _kernel(self, num_updates):
    del num_updates
    return functools.partial(
      tf.raw_ops.ResourceApplyRMSProp,
      rho=RMSPROP_DECAY,
      momentum=RMSPROP_MOMENTUM,
      epsilon=RMSPROP_EPSILON,
    )


class Momentum(Optimizer):
  """Stochastic gradient descent with Nesterov's momentum.

    momentum <- 0.9 * momentum + gradient
    variable <- variable - rate * (gradient + 0.9 * momentum)

  Source: tf.raw_ops.ResourceApplyMomentum, as TF1's MomentumOptimizer with
  use_nesterov.
  """

  _SLOTS = {'accum': ('Momentum', 0.0)}

  def _kernel(self, num_updates):
    del num_updates
    return functools.partial(
      tf.raw_ops.ResourceApplyMomentum, momentum=SGD_MOMENTUM, use_nesterov=True
    )


class Adam(Optimizer):
  """Adam, arXiv 1412.6980.

    mean     <- b1 * mean + (1 - b1) * gradient
    variance <- b2 * variance + (1 - b2) * gradient^2
    variable <- variable - rate * sqrt(1 - b2^n) / (1 - b1^n) *
                mean / (sqrt(variance) + epsilon)

  n counts updates from 1. Source: tf.raw_ops.ResourceApplyAdam.
  """

  _SLOTS = {'m': ('Adam', 0.0), 'v': ('Adam_1', 0.0)}

  def _kernel(self, num_updates):
    n = tf.cast(num_updates + 1, tf.float32)
    return functools.partial(
      tf.raw_ops.ResourceApplyAdam,
      beta1_power=ADAM_BETA1**n,
      beta2_power=ADAM_BETA2**n,
      beta1=ADAM_BETA1,
      beta2=ADAM_BETA2,
      epsilon=ADAM_EPSILON,
    )


class AdamW(Adam):
  """Adam with decoupled weight decay, arXiv 1711.05101.

    variable <- variable - rate * weight_decay * variable
    variable <- Adam's

  The rate of the step, schedule and multiplier included, scales the decay, as
  in PyTorch and Keras; in the paper only the schedule does. Only names that end
  in '/weights' decay: biases and batch norm's offsets do not. The slots are
  Adam's, so that a run may go from one to the other.
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
      variables: as in Optimizer.
      weight_decay: share of a weight that goes, for a rate of 1; 0 is Adam.
      rate_multipliers: as in Optimizer.
    """
    super().__init__(variables, rate_multipliers=rate_multipliers)
    self._weight_decay = weight_decay

  def apply(
    self,
    gradients: Mapping[str, tf.Tensor],
    rate: tf.Tensor,
    num_updates: tf.Tensor,
  ) -> None:
    """Changes the variables; see Optimizer.apply."""
    if self._weight_decay:
      for name, variable_rate in self._rates(rate).items():
        if name.endswith(_DECAYED_SUFFIX):
          variable = self._variables[name]
          tf.raw_ops.AssignSubVariableOp(
            resource=variable.handle,
            value=variable_rate * self._weight_decay * variable,
          )
    super().apply(gradients, rate, num_updates)


_BY_NAME = {'rmsprop': RMSProp, 'sgd': Momentum, 'adam': Adam, 'adamw': AdamW}


def make(
  name: str,
  variables: Mapping[str, tf.Variable],
  *,
  weight_decay: float = 0.0,
  rate_multipliers: Mapping[str, float] = {},
) -> Optimizer:
  """Returns the optimizer of a name of training_config.OPTIMIZERS.

  Args:
    name: of the optimizer.
    variables: {checkpoint name: float32 variable} to be changed.
    weight_decay: AdamW's. The others do not look at it: theirs is part of the
      loss, and AdamW's must not be.
    rate_multipliers: {checkpoint name: factor}, 1 where absent.

  Raises:
    ValueError: there is no such optimizer.
  """
  if name not in _BY_NAME:
    raise ValueError(
      f'optimizer must be one of {", ".join(_BY_NAME)}, got {name!r}'
    )
  if name == 'adamw':
    return AdamW(
      variables, weight_decay=weight_decay, rate_multipliers=rate_multipliers
    )
  return _BY_NAME[name](variables, rate_multipliers=rate_multipliers)


def multipliers(
  names: Sequence[str], pairs: Sequence[tuple[str, float]]
) -> dict[str, float]:
  """Returns {name: factor} of the names that begin with one of the prefixes.

  Args:
    names: checkpoint names of variables.
    pairs: (prefix, factor), as training_config.TrainConfig.rate_multipliers.
      Of several prefixes that a name begins with the longest counts; of equal
      ones the last.

  Raises:
    ValueError: no name begins with one of the prefixes.
  """
  factors = {}
  # From the shortest to the longest, which overwrites; sorting is stable.
  for prefix, factor in sorted(pairs, key=lambda pair: len(pair[0])):
    matching = [name for name in names if name.startswith(prefix)]
    if not matching:
      raise ValueError(
        'learning_rate_multipliers: no variable begins with '
        f'{prefix!r}; their names are such as '
        f'{", ".join(map(repr, names[:3])) or "none"}'
      )
    factors.update(dict.fromkeys(matching, factor))
  return factors
