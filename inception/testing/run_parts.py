"""Small substitutes for the parts of a training run.

spec   a RunSpec for a data set that need not exist
State  counters and one weight instead of a network's variables
Log    records the calls of its methods
"""

import pathlib
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from inception import dataset as dataset_lib
from inception.hardware import replicas
from inception.settings import config
from inception.settings import training_config
from inception.training import run_spec
from inception.training import train_events
from inception.training import train_state


def spec(
  train_dir: pathlib.Path,
  *,
  on_event: Callable[[train_events.Event], None] = lambda event: None,
  num_examples: int = 100,
  batch_size: int = 10,
  **settings: Any,
) -> run_spec.RunSpec:
  """Returns the specification of a run on one device.

  Args:
    train_dir: folder of the run.
    on_event: function called with each event.
    num_examples: number of examples in the subset 'train'.
    batch_size: number of images per step.
    **settings: fields of TrainConfig.
  """
  return run_spec.RunSpec(
    dataset=dataset_lib.Dataset(
      name='made-up',
      data_dir=str(train_dir),
      class_names=('a', 'b'),
      num_examples_of={'train': num_examples},
    ),
    train_config=training_config.TrainConfig(
      train_dir=str(train_dir), **settings
    ),
    input_config=config.InputConfig(
      data_dir=str(train_dir), batch_size=batch_size, image_size=75, seed=1
    ),
    replicas=replicas.make(),
    on_event=on_event,
  )


class State:
  """The variables of a training that saving and evaluating need."""

  def __init__(self, step: int = 0):
    """Sets the step, and the weight to its number."""
    self.global_step = tf.Variable(step, dtype=tf.int64)
    self.best_precision = tf.Variable(-1.0)
    self.evaluations_waited = tf.Variable(0, dtype=tf.int64)
    self.weight = tf.Variable(float(step))

  def checkpoint_variables(self) -> dict[str, tf.Variable]:
    """Returns {name in the checkpoint: variable}."""
    return {
      'global_step': self.global_step,
      'weight': self.weight,
      train_state.BEST_PRECISION: self.best_precision,
    }


class Log:
  """Records evaluations and counts restarts of its clock."""

  def __init__(self) -> None:
    """Starts without evaluations and restarts."""
    self.evaluations: list[train_events.TrainingEvaluated] = []
    self.restarts = 0

  def evaluated(self, event: train_events.TrainingEvaluated) -> None:
    """Records an evaluation."""
    self.evaluations.append(event)

  def restart_clock(self) -> None:
    """Counts a restart."""
    self.restarts += 1
