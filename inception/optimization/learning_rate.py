"""The learning rate of each step, as plain numbers.

Python computes it, outside of the graph: a step gets one number, so that a
resumed run needs nothing but its step. Importing this imports no TensorFlow.

  num_steps    the number of updates of a run
  schedule     step -> rate
  describe     the schedule in a phrase
  decay_steps, exponential_decay, cosine_decay, warm_up
               what it is made of
"""

import fractions
import math
from collections.abc import Callable

import numpy as np

from inception.settings import training_config


def num_steps(
  train_config: training_config.TrainConfig,
  *,
  num_examples: int,
  batch_size: int,
) -> int:
  """Returns the number of updates after which the run ends, at least 1.

  Args:
    train_config: its max_steps, and num_epochs where that is not 0.
    num_examples: in the subset.
    batch_size: over all devices and hosts.
  """
  if not train_config.num_epochs:
    return train_config.max_steps
  # Of the decimal number that was asked for: 1.1 * 10 in binary is above 11.
  epochs = fractions.Fraction(str(train_config.num_epochs))
  steps = math.ceil(epochs * num_examples / batch_size)
  return max(1, min(train_config.max_steps, steps))


def schedule(
  train_config: training_config.TrainConfig,
  *,
  num_examples: int,
  batch_size: int,
  num_steps: int,
) -> Callable[[int], float]:
  """Returns step -> learning rate; step 0 makes the first update.

  Args:
    train_config: the rate, its schedule and warm-up. The warm-up multiplies
      the schedule, which begins at step 0 all the same.
    num_examples: in the subset; for epochs between decays.
    batch_size: over all devices and hosts; likewise.
    num_steps: the run's number of updates; where a cosine reaches 0.
  """
  decayed = _decayed(train_config, num_examples, batch_size, num_steps)
  if not train_config.warmup_steps:
    return decayed
  return lambda step: (
    decayed(step) * warm_up(step, warmup_steps=train_config.warmup_steps)
  )


def _decayed(
  train_config, num_examples, batch_size, num_steps
) -> Callable[[int], float]:
  """Returns step -> learning rate, but for the warm-up."""
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
  """Describes the schedule: '0.02, 30 steps of warm-up, cosine to 0 at ...'.

  Args:
    train_config: as in schedule.
    num_steps: likewise.
    num_examples: likewise.
    batch_size: likewise.
  """
  constant = train_config.learning_rate_schedule == 'constant'
  rate = f'{train_config.initial_learning_rate:g}'
  parts = [f'constant {rate}' if constant else rate]
  if train_config.warmup_steps:
    parts.append(f'{_steps(train_config.warmup_steps)} of warm-up')
  if train_config.learning_rate_schedule == 'cosine':
    parts.append(f'cosine to 0 at step {num_steps}')
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
  """Returns the steps between two decays, at least 1."""
  return max(1, int(num_examples / batch_size * num_epochs_per_decay))


def exponential_decay(
  step: int, *, initial: float, decay_factor: float, steps_per_decay: int
) -> float:
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
