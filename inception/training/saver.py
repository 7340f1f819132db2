"""Saves the checkpoints of a training run when they are due.

Saver  writes the newest checkpoints to train_dir, the best to train_dir/best
"""

import os
import pathlib
import time
from collections.abc import Mapping

import tensorflow as tf

from inception import dataset
from inception.checkpoints import checkpoint
from inception.checkpoints import run_info
from inception.training import run_spec
from inception.training import train_events
from inception.training import train_log
from inception.training import train_setup
from inception.training import train_state
from inception.training import validation as validation_lib

BEST = 'best'


class Saver:
  """Writes checkpoints; on hosts other than the chief it writes nothing."""

  def __init__(
    self,
    spec: run_spec.RunSpec,
    state: train_state.TrainState,
    validation: validation_lib.AnyValidation | None,
    log: train_log.TrainLog,
  ):
    """Treats the current state as already saved.

    Args:
      spec: Description of the run.
      state: Variables to save.
      validation: Source of recalibrated statistics; None if there are none.
      log: Log whose step timer is restarted, to exclude the time of saving.
    """
    self._config = spec.train_config
    self._is_chief = spec.replicas.is_chief
    self._on_event = spec.on_event
    self._state = state
    self._validation = validation
    self._log = log
    self._run_info = spec.run_info()
    self._saved_step = int(state.global_step.numpy()) - 1
    self._saved_at = time.monotonic()

  def save_if_due(self, step: int) -> None:
    """Saves after a step if enough seconds or steps have passed.

    Raises:
      checkpoint.CheckpointError: the checkpoint cannot be written.
      train_setup.TrainError: the weights are not finite.
    """
    steps = self._config.save_interval_steps
    seconds = time.monotonic() - self._saved_at
    if seconds >= self._config.save_interval_secs or (
      steps and (step + 1) % steps == 0
    ):
      self.save(step)

  def save(self, step: int) -> None:
    """Saves the state after a step, unless it is already saved.

    Raises:
      checkpoint.CheckpointError: the checkpoint cannot be written.
      train_setup.TrainError: the weights are not finite.
    """
    if step == self._saved_step:
      return
    self._saved_step = step
    if not self._is_chief:
      return
    prefix = self._write(
      self._config.train_dir, step, keep=self._config.max_to_keep
    )
    self._saved_at = time.monotonic()
    self._on_event(train_events.Saved(prefix))

  def save_best(self, step: int) -> None:
    """Saves the state after a step as the best so far.

    A better one of a later step is kept: the training had got there before it
    was killed, and gets there again.

    Args:
      step: Index of the step that was made.

    Raises:
      checkpoint.CheckpointError: the checkpoint cannot be written.
      train_setup.TrainError: the weights are not finite.
    """
    folder = pathlib.Path(self._config.train_dir, BEST)
    if self._has_better(folder, step):
      return
    prefix = self._write(folder, step, keep=1)
    self._on_event(train_events.Saved(prefix, is_best=True))

  def _has_better(self, folder: pathlib.Path, step: int) -> bool:
    """Returns whether a folder has a better model, of a later step."""
    precision = tf.Variable(train_state.NO_PRECISION)
    try:
      prefix = checkpoint.latest(folder)
      if prefix is None or checkpoint.step_of(prefix) <= step:
        return False
      text = checkpoint.read_text(prefix, run_info.VARIABLE)
      checkpoint.restore(prefix, {train_state.BEST_PRECISION: precision})
      info = run_info.RunInfo.from_json(text or '')
    except (checkpoint.CheckpointError, ValueError):
      return False
    is_better = precision.numpy() >= self._state.best_precision.numpy()
    return bool(is_better) and run_info.evaluates_alike(info, self._run_info)

  def _write(self, folder: str | os.PathLike, step: int, *, keep: int) -> str:
    values = dict(self._state.checkpoint_variables())
    # The loss of a step is that before its update.
    if not all(
      tf.reduce_all(tf.math.is_finite(variable))
      for variable in values.values()
      if variable.dtype.is_floating
    ):
      raise train_setup.TrainError(
        f'the weights after step {step} are not finite and were not saved: try '
        'a lower --initial_learning_rate, and start again'
      )
    values |= self._statistics()
    values[run_info.VARIABLE] = self._run_info.to_json()
    prefix = checkpoint.save(folder, step, values, keep=keep)
    self._log.restart_clock()
    return prefix

  def _statistics(self) -> Mapping[str, tf.Tensor]:
    """Returns recalibrated statistics, if they can be computed."""
    if self._validation is None:
      return {}
    try:
      return self._validation.statistics()
    except (dataset.DatasetError, OSError) as error:
      # Days of training must not be lost for want of a drive that is needed
      # for these batches only.
      self._on_event(
        train_events.RunWarning(
          'the next checkpoint is saved without recalibrated batch norm, since '
          f'the images for that cannot be read: {error}'
        )
      )
      return {}
