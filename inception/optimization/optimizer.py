"""Makes optimizers by name, which use TensorFlow's fused kernels.

make         makes an optimizer
multipliers  factors of variables' learning rates, from prefixes of names
"""

from collections.abc import Mapping, Sequence

import tensorflow as tf

from inception.optimization import adam
from inception.optimization import base_optimizer
from inception.optimization import momentum
from inception.optimization import rmsprop

_BY_NAME: Mapping[str, type[base_optimizer.Optimizer]] = {
  'rmsprop': rmsprop.RMSProp,
  'sgd': momentum.Momentum,
  'adam': adam.Adam,
  'adamw': adam.AdamW,
}


def make(
  name: str,
  variables: Mapping[str, tf.Variable],
  *,
  weight_decay: float = 0.0,
  rate_multipliers: Mapping[str, float] = {},
) -> base_optimizer.Optimizer:
  """Returns the optimizer of this name.

  Args:
    name: One of training_config.OPTIMIZERS.
    variables: {checkpoint name: float32 variable} to update.
    weight_decay: Weight decay of AdamW. The other optimizers ignore it: their
      weight decay is part of the loss, and that of AdamW must not be.
    rate_multipliers: {checkpoint name: factor of the learning rate}, 1 if a
      name is absent.

  Raises:
    ValueError: there is no such optimizer.
  """
  if name not in _BY_NAME:
    raise ValueError(
      f'optimizer must be one of {", ".join(_BY_NAME)}, got {name!r}'
    )
  if name == 'adamw':
    return adam.AdamW(
      variables, weight_decay=weight_decay, rate_multipliers=rate_multipliers
    )
  return _BY_NAME[name](variables, rate_multipliers=rate_multipliers)


def multipliers(
  names: Sequence[str], pairs: Sequence[tuple[str, float]]
) -> dict[str, float]:
  """Returns {name: factor} of the names that begin with one of the prefixes.

  Args:
    names: Checkpoint names of variables.
    pairs: (prefix, factor), as in training_config.TrainConfig.rate_multipliers.
      If a name begins with several prefixes, the longest one applies; among
      equal prefixes, the last one.

  Raises:
    ValueError: no name begins with one of the prefixes.
  """
  factors: dict[str, float] = {}
  # Longer prefixes come later and overwrite; sorting is stable.
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
