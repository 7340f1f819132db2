"""Moving averages: of the weights, and of batch norm's statistics.

  ramped_decay     a decay that starts low, so that a short run counts too
  WeightAverages   shadows of variables, which evaluation uses
  update_statistics  batch norm's moving mean and variance

Updates go by the variables' handles: inside a replica of tf.distribute, which
makes the same update as all the others, a variable's own assign is refused.
"""

from collections.abc import Collection, Mapping, Sequence

import tensorflow as tf

from inception.settings import defaults_2016

SUFFIX = '/ExponentialMovingAverage'


def shadow_name(name: str) -> str:
  """Returns the checkpoint name of the shadow of variable `name`."""
  return name + SUFFIX


def ramped_decay(decay: float, num_updates: tf.Tensor) -> tf.Tensor:
  """min(decay, (1 + n) / (10 + n)), as tf.train.ExponentialMovingAverage.

  Args:
    decay: the limit.
    num_updates: scalar n.

  Returns:
    float32 scalar.
  """
  updates = tf.cast(num_updates, tf.float32)
  return tf.minimum(tf.constant(decay), (1 + updates) / (10 + updates))


def _subtract(variable: tf.Variable, value: tf.Tensor) -> None:
  tf.raw_ops.AssignSubVariableOp(resource=variable.handle, value=value)


class WeightAverages:
  """shadow <- shadow - (1 - decay) * (shadow - variable)."""

  def __init__(
    self,
    variables: Mapping[str, tf.Variable],
    *,
    decay: float = defaults_2016.EMA_DECAY,
    changing: Collection[str] | None = None,
  ):
    """Makes shadows with the variables' present values.

    Args:
      variables: {checkpoint name: variable}.
      decay: the limit of the ramped decay.
      changing: names of the variables that training changes: the shadows of
        others need no update. None is all.
    """
    self._decay = decay
    self._variables = dict(variables)
    self._changing = list(variables if changing is None else changing)
    self._shadows = {
      name: tf.Variable(variable, trainable=False)
      for name, variable in variables.items()
    }

  @property
  def shadows(self) -> dict[str, tf.Variable]:
    """{checkpoint name of the shadow: shadow}."""
    return {shadow_name(name): shadow for name, shadow in self._shadows.items()}

  def reset(self) -> None:
    """Sets every shadow to its variable's present value."""
    for name, shadow in self._shadows.items():
      shadow.assign(self._variables[name])

  def update(self, num_updates: tf.Tensor) -> None:
    """Moves the shadows towards the variables.

    Args:
      num_updates: int64 scalar, the global step after the update.
    """
    rate = 1 - ramped_decay(self._decay, num_updates)
    for name in self._changing:
      shadow = self._shadows[name]
      _subtract(shadow, rate * (shadow - self._variables[name]))


def update_statistics(
  updates: Sequence[tuple[tf.Variable, tf.Tensor]], decay: tf.Tensor
) -> None:
  """Moves batch norm's moving averages: plain averages, without zero-debiasing.

  Args:
    updates: [(moving average, float32 statistic of the batch)].
    decay: float32 scalar.
  """
  for moving, value in updates:
    _subtract(moving, (1 - decay) * (moving - value))
