"""Computes the learning rate of each step, as a Python number.

The rate is computed outside of the graph and passed to each step, so that a
resumed run depends only on its step. Importing this module does not import
TensorFlow.

  num_steps    number of updates of a run
  schedule     function step -> rate
  warmup_steps number of steps of the warm-up
  describe     description of the schedule in a phrase
  decay_steps, exponential_decay, cosine_decay, warm_up
               building blocks of the schedule
"""

import fractions
import math
from collections.abc import Callable

import numpy as np

from inception.settings import training_config

# A number of steps for the first few rates of a run limited by time.
_FIRST_GUESS = 300


def num_steps(
  train_config: training_config.TrainConfig,
  *,
  num_examples: int,
  batch_size: int,
) -> int:
  """Returns the number of updates after which the run ends, at least 1.

  Args:
    train_config: Settings of the run; uses max_steps, and num_epochs and
      min_steps if num_epochs is not 0. With minutes, the number is a guess,
      until the speed is known.
    num_examples: Number of examples in the subset.
    batch_size: Number of examples per batch, over all devices and hosts.
  """
  if train_config.minutes:
    return min(train_config.max_steps, _FIRST_GUESS)
  if not train_config.num_epochs:
    return train_config.max_steps
  # Computes with the decimal number as given: in binary, 1.1 * 10 exceeds 11.
  epochs = fractions.Fraction(str(train_config.num_epochs))
  steps = math.ceil(epochs * num_examples / batch_size)
  steps = max(1, steps, train_config.min_steps)
  return min(train_config.max_steps, steps)


def schedule(
  train_config: training_config.TrainConfig,
  *,
  num_examples: int,
  batch_size: int,
  num_steps: int,
) -> Callable[[int], float]:
  """Returns a function step -> learning rate; step 0 makes the first update.

  Args:
    train_config: Settings of the rate, its schedule and warm-up. The warm-up
      multiplies the schedule, which still starts at step 0.
    num_examples: Number of examples in the subset, to convert epochs between
      decays into steps.
    batch_size: Number of examples per batch, over all devices and hosts; used
      likewise.
    num_steps: Number of updates of the run; a cosine reaches 0 there.
  """
  decayed = _decayed(train_config, num_examples, batch_size, num_steps)
  steps = warmup_steps(train_config, num_steps)
  if not steps:
    return decayed
  return lambda step: decayed(step) * warm_up(step, warmup_steps=steps)


def warmup_steps(
  train_config: training_config.TrainConfig, num_steps: int
) -> int:
  """Returns the number of steps of the warm-up.

  Args:
    train_config: Settings of the run; uses warmup_steps and warmup_share.
    num_steps: Number of updates of the run.
  """
  return train_config.warmup_steps or round(
    train_config.warmup_share * num_steps
  )


def _decayed(
  train_config: training_config.TrainConfig,
  num_examples: int,
  batch_size: int,
  num_steps: int,
) -> Callable[[int], float]:
  """Returns a function step -> learning rate, without the warm-up."""
  initial = train_config.initial_learning_rate
  match train_config.learning_rate_schedule:
    case 'cosine':
      return lambda step: cosine_decay(
        step, initial=initial, max_steps=num_steps
      )
    case 'constant':
      return lambda step: initial
  steps_per_decay = decay_steps(
    num_examples=num_examples,
    batch_size=batch_size,
    num_epochs_per_decay=train_config.num_epochs_per_decay,
  )
  return lambda step: exponential_decay(
    step,
    initial=initial,
    decay_factor=train_config.learning_rate_decay_factor,
    steps_per_decay=steps_per_decay,
  )


def describe(
  train_config: training_config.TrainConfig,
  *,
  num_steps: int,
  num_examples: int,
  batch_size: int,
) -> str:
  """Describes the schedule, e.g. '0.02, 30 steps of warm-up, cosine to 0 ...'.

  Args:
    train_config: As in schedule.
    num_steps: As in schedule.
    num_examples: As in schedule.
    batch_size: As in schedule.
  """
  constant = train_config.learning_rate_schedule == 'constant'
  rate = f'{train_config.initial_learning_rate:g}'
  parts = [f'constant {rate}' if constant else rate]
  if train_config.minutes and train_config.warmup_share:
    parts.append(f'{train_config.warmup_share:.0%} of warm-up')
  elif warm_up_steps := warmup_steps(train_config, num_steps):
    parts.append(f'{_steps(warm_up_steps)} of warm-up')
  if train_config.learning_rate_schedule == 'cosine':
    end = 'the end' if train_config.minutes else f'step {num_steps}'
    parts.append(f'cosine to 0 at {end}')
  elif not constant:
    every = decay_steps(
      num_examples=num_examples,
      batch_size=batch_size,
      num_epochs_per_decay=train_config.num_epochs_per_decay,
    )
    parts.append(
      f'times {train_config.learning_rate_decay_factor:g} every '
      f'{"step" if every == 1 else _steps(every)}'
    )
  return ', '.join(parts)


def _steps(count: int) -> str:
  return '1 step' if count == 1 else f'{count} steps'


def decay_steps(
  *, num_examples: int, batch_size: int, num_epochs_per_decay: float
) -> int:
  """Returns the number of steps between two decays, at least 1."""
  return max(1, int(num_examples / batch_size * num_epochs_per_decay))


def exponential_decay(
  step: int, *, initial: float, decay_factor: float, steps_per_decay: int
) -> float:
  """Returns initial * decay_factor ^ floor(step / steps_per_decay).

  It is computed in float32 as in tf.train.exponential_decay with
  staircase=True, to give the same number to the last bit.
  """
  power = np.float32(step // steps_per_decay)
  return float(np.float32(initial) * np.float32(decay_factor) ** power)


def cosine_decay(step: int, *, initial: float, max_steps: int) -> float:
  """Returns half a cosine, from `initial` at step 0 to 0 at max_steps.

  Source: arXiv 1608.03983.
  """
  progress = min(1.0, step / max_steps)
  return initial * 0.5 * (1 + math.cos(math.pi * progress))


def warm_up(step: int, *, warmup_steps: int) -> float:
  """Returns the factor of the learning rate during warm-up, in (0, 1].

  It grows linearly from 1 / warmup_steps at step 0 to 1 at step
  warmup_steps - 1, because momentum and batch norm have seen few examples at
  first. Source: arXiv 1706.02677.
  """
  return min(1.0, (step + 1) / warmup_steps) if warmup_steps else 1.0
