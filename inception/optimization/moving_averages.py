"""Moving averages of the weights and of batch norm's statistics.

  ramped_decay       decay that starts low, so that short runs are averaged well
  WeightAverages     shadows of variables, which evaluation uses
  update_statistics  updates batch norm's moving mean and variance

Updates use the variables' handles: inside a replica of tf.distribute, which
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
  """Returns min(decay, (1 + n) / (10 + n)).

  Source: tf.train.ExponentialMovingAverage with num_updates.

  Args:
    decay: Upper limit.
    num_updates: Scalar n of any numeric dtype.

  Returns:
    float32 scalar.
  """
  updates = tf.cast(num_updates, tf.float32)
  return tf.minimum(tf.constant(decay), (1 + updates) / (10 + updates))


def _subtract(variable: tf.Variable, value: tf.Tensor) -> None:
  tf.raw_ops.AssignSubVariableOp(resource=variable.handle, value=value)


class WeightAverages:
  """Shadows of variables.

  An update is shadow <- shadow - (1 - decay) * (shadow - variable).
  """

  def __init__(
    self,
    variables: Mapping[str, tf.Variable],
    *,
    decay: float = defaults_2016.EMA_DECAY,
    changing: Collection[str] | None = None,
  ):
    """Makes shadows with the variables' current values.

    Args:
      variables: {checkpoint name: variable}.
      decay: Limit of the ramped decay.
      changing: Names of the variables that training changes; the shadows of
        others need no update. None means all.
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
    """Sets every shadow to its variable's current value."""
    for name, shadow in self._shadows.items():
      shadow.assign(self._variables[name])

  def update(self, num_updates: tf.Tensor) -> None:
    """Moves the shadows towards the variables.

    Args:
      num_updates: int64 scalar, the global step after the weights' update.
    """
    rate = 1 - ramped_decay(self._decay, num_updates)
    for name in self._changing:
      shadow = self._shadows[name]
      _subtract(shadow, rate * (shadow - self._variables[name]))


def update_statistics(
  updates: Sequence[tuple[tf.Variable, tf.Tensor]], decay: tf.Tensor
) -> None:
  """Updates batch norm's moving averages, without zero-debiasing.

  Args:
    updates: [(moving average, float32 statistic of the batch)].
    decay: float32 scalar, the weight of the previous average.
  """
  for moving, value in updates:
    _subtract(moving, (1 - decay) * (moving - value))
