"""Runs a training command, from its flags to the exit code.

run   main function of flowers_train, imagenet_train and train
"""

import dataclasses
import datetime
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from absl import flags

from inception import dataset
from inception.cli import command
from inception.cli import common_flags
from inception.cli import stop_signal
from inception.cli import time_limit_flags
from inception.cli import train_flags
from inception.settings import config
from inception.settings import training_config
from inception.training import training_cost

FLAGS = flags.FLAGS


class _TrainResult(Protocol):
  """inception_train.TrainResult, whose module imports TensorFlow."""

  @property
  def num_updates(self) -> int: ...
  @property
  def prefix(self) -> str | None: ...
  @property
  def stopped(self) -> bool: ...
  @property
  def stopped_early(self) -> bool: ...
  @property
  def cost(self) -> training_cost.Account: ...


def run(argv: Sequence[str], *, load: Callable[[str], dataset.Dataset]) -> int:
  """Trains a model, and returns the exit code.

  Args:
    argv: the command line without its flags.
    load: data_dir -> Dataset.

  Raises:
    UserError: a flag or the data is invalid.
  """
  started_at = time.monotonic()
  command.check_no_arguments(argv)
  train_flags.apply_recipe()
  train_config = train_flags.train_config()
  input_config = common_flags.input_config(
    subset=FLAGS.subset, augmentation=FLAGS.augmentation, seed=FLAGS.seed
  )
  data = common_flags.load_data(input_config, load=load)
  if num_examples := data.num_examples(input_config.subset):
    input_config = train_flags.with_augmentation(
      input_config, train_config, num_examples
    )
  if train_config.eval_interval_steps:
    common_flags.check_subset(data, train_config.eval_subset, 'eval_subset')
  command.check_exists(
    train_config.pretrained_model_checkpoint_path,
    'pretrained_model_checkpoint_path',
  )
  command.make_folder(train_config.train_dir, 'train_dir')
  command.load_tensorflow(
    verbose=train_config.log_device_placement, distributed=True
  )
  return _train(data, train_config, input_config, started_at)


def _train(
  data: dataset.Dataset,
  train_config: training_config.TrainConfig,
  input_config: config.InputConfig,
  started_at: float,
) -> int:
  from inception import inception_train
  from inception.cli import training_report
  from inception.hardware import replicas as replicas_lib

  stop = stop_signal.StopSignal()
  replicas = replicas_lib.make(train_config.num_gpus)
  train_config, input_config = time_limit_flags.with_plan(
    data, train_config, input_config, replicas
  )
  if FLAGS.batch_size == common_flags.AUTO:
    train_config, input_config = _with_batch_size(
      data, train_config, input_config, replicas
    )
  with training_report.TrainingReport(train_config, input_config) as report:
    result = inception_train.train(
      data,
      train_config,
      input_config,
      on_event=report.show,
      stop_requested=lambda: stop.requested() or report.reader_ended,
      replicas=replicas,
      started_at=started_at,
    )
  return _conclude(result, train_config, stop)


def _with_batch_size(
  data: dataset.Dataset,
  train_config: training_config.TrainConfig,
  input_config: config.InputConfig,
  replicas: Any,  # replicas.Replicas, whose module imports TensorFlow.
) -> tuple[training_config.TrainConfig, config.InputConfig]:
  """Returns the configs with a batch size that fits, and prints the choice."""
  from inception.training import auto_batch_size

  chosen = auto_batch_size.choose(
    data,
    train_config,
    input_config,
    replicas,
    rate_is_given=FLAGS['initial_learning_rate'].present > 0,
  )
  print(
    f'{datetime.datetime.now()}: Batch size: {chosen.batch_size} '
    f'({chosen.reason}); learning rate: {chosen.learning_rate:g}.'
  )
  return (
    dataclasses.replace(
      train_config, initial_learning_rate=chosen.learning_rate
    ),
    dataclasses.replace(input_config, batch_size=chosen.batch_size),
  )


def _cost(cost: training_cost.Account) -> str:
  """Returns what a run computed, and the time that it took."""
  return (
    f'Cost: {cost.images:,.0f} images of 299 pixels through a training step, '
    f'{cost.seconds / 60:.1f} min, {cost.cpu_seconds / 60:.1f} min of CPU time'
  )


def _conclude(
  result: _TrainResult,
  train_config: training_config.TrainConfig,
  stop: stop_signal.StopSignal,
) -> int:
  """Prints how the training ended, and returns the exit code."""
  now = datetime.datetime.now()
  model = (
    f'the model is {result.prefix}'
    if result.prefix
    else ('the chief has the model')
  )
  print(f'{now}: {_cost(result.cost)}.')
  if result.stopped:
    print(
      f'{now}: Stopped after {result.num_updates} steps; the same command '
      'resumes from here.'
    )
    return 128 + stop.number if stop.number else 0
  if result.stopped_early:
    print(
      f'{now}: Stopped early: {train_config.early_stopping_patience} '
      'evaluations without a new best.'
    )
  print(f'{now}: Finished: {result.num_updates} steps, {model}.')
  return 0
