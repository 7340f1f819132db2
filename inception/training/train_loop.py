"""Loops over the steps of a training run.

TrainLoop    the parts of one run, from the first step to the last checkpoint
TrainResult  outcome of a run
"""

import contextlib
import dataclasses
import math
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from typing import Any

from inception import dataset as dataset_lib
from inception.checkpoints import checkpoint
from inception.monitoring import step_profiler
from inception.training import host_agreement
from inception.training import periodic_evaluation
from inception.training import run_spec
from inception.training import saver
from inception.training import step_plan
from inception.training import train_log
from inception.training import train_setup
from inception.training import training_cost
from inception.training import training_data
from inception.training import updates
from inception.training import validation


@dataclasses.dataclass(frozen=True)
class TrainResult:
  """Outcome of a run.

  Attributes:
    num_updates: Number of updates since the training began, over all
      interruptions.
    prefix: Prefix of the newest checkpoint in train_dir; None if there is none.
    stopped: Whether stop_requested ended the run before the last step.
    stopped_early: Whether the run ended because evaluations had not improved
      for too long.
    cost: Account of what this command computed.
  """

  num_updates: int
  prefix: str | None
  stopped: bool
  stopped_early: bool = False
  cost: training_cost.Account = dataclasses.field(
    default_factory=training_cost.Account, compare=False
  )


class TrainLoop:
  """The parts of one run, and the loop over its steps."""

  def __init__(
    self,
    spec: run_spec.RunSpec,
    stop_requested: Callable[[], bool],
    started_at: float | None = None,
  ):
    """Makes the state, new or resumed, and the sources of the data.

    Args:
      spec: Description of the run.
      stop_requested: Function called after each step; True ends the run.
      started_at: Time of time.monotonic() from which the run's minutes count;
        None is now.

    Raises:
      train_setup.TrainError: the run cannot start or continue.
      checkpoint.CheckpointError: a checkpoint cannot be read.
      dataset.DatasetError: the records cannot be used.
      feature_cache.FeatureError: the features of the images cannot be stored.
    """
    self._started_at = time.monotonic() if started_at is None else started_at
    self._stop_requested = stop_requested
    host_agreement.check_settings(spec)
    self._state, from_scratch = train_setup.prepare(spec)
    host_agreement.check_weights(spec, self._state)
    # A resumed run keeps the seed it started with, so it sees the examples that
    # would have come next.
    self._spec = spec = spec.with_seed(int(self._state.seed.numpy()))
    self._weights = self._state.model.trainable_variables
    self._source = training_data.make(spec, self._state.model)
    self._validation = validation.make(spec, self._state, self._source)
    spec.on_event(
      train_setup.started(spec, self._state.model, from_scratch=from_scratch)
    )

  def run(self) -> TrainResult:
    """Runs the steps; saves the final state unless an error ends the run.

    Raises:
      train_setup.TrainError: the loss is not finite.
      checkpoint.CheckpointError: a checkpoint cannot be written.
      dataset.DatasetError: a record is not usable.
    """
    spec, state = self._spec, self._state
    first = int(state.global_step.numpy())
    step, stopped = first - 1, False
    self._plan = step_plan.StepPlan(
      spec, first_step=first, started_at=self._started_at
    )
    with contextlib.ExitStack() as stack:
      self._log = log = stack.enter_context(
        contextlib.closing(
          train_log.TrainLog(
            spec.train_config,
            spec.input_config,
            writes=spec.replicas.is_chief,
            on_event=spec.on_event,
          )
        )
      )
      self._saver = saver.Saver(spec, state, self._validation, log)
      self._evaluation = periodic_evaluation.PeriodicEvaluation(
        spec,
        state,
        self._validation,
        saver=self._saver,
        log=log,
        num_steps=lambda: self._plan.num_steps,
      )
      if first:
        log.resumed(first)
      if first < self._plan.num_steps and not self._evaluation.patience_is_over:
        batches = stack.enter_context(
          contextlib.closing(
            self._source.batches(int(state.examples_seen.numpy()))
          )
        )
        step, stopped = self._steps(first, batches)
        log.finished(step, spec.cost)
    return TrainResult(
      num_updates=step + 1,
      prefix=checkpoint.latest(spec.train_config.train_dir),
      stopped=stopped,
      cost=spec.cost,
      stopped_early=not stopped and step + 1 < self._plan.num_steps,
    )

  def _steps(
    self, first: int, batches: Generator[training_data.Batch, None, None]
  ) -> tuple[int, bool]:
    """Returns (last step made, whether a stop request ended the run)."""
    spec = self._spec
    began = time.monotonic()
    update = updates.Updates(spec, self._state, self._source)
    self._plan.tracing_seconds = time.monotonic() - began
    requested = wants_stop = stop = False
    profiler = step_profiler.StepProfiler(
      spec.train_config.train_dir,
      spec.train_config.profile_range if spec.replicas.is_chief else None,
    )
    # Exclude tracing from the time of the first step.
    self._log.restart_clock()
    with contextlib.closing(profiler):
      step = first - 1
      while step + 1 < self._plan.num_steps:
        profiler.before_step(step + 1)
        step, results = self._updates(
          update, batches, step + 1, stop=wants_stop
        )
        profiler.after_step(step)
        self._log.warn_once(profiler.problem)
        if self._evaluate_if_due(step):
          self._plan.evaluation_done()
        requested = self._stop_requested()
        wants_stop = requested or self._evaluation.patience_is_over
        # Hosts stop together, after a step that shared the request with all of
        # them. Only the chief knows the evaluations.
        stop = wants_stop if spec.replicas.hosts == 1 else results['stop'] > 0
        if stop:
          break
        self._saver.save_if_due(step)
        self._plan.next_step()
    self._saver.save(step)
    by_request = requested or not self._evaluation.patience_is_over
    return step, bool(stop) and by_request

  def _updates(
    self,
    update: updates.Updates,
    batches: Iterator[training_data.Batch],
    first: int,
    *,
    stop: bool,
  ) -> tuple[int, Mapping[str, Any]]:
    """Makes one update or several; returns the last step and its results."""
    count = update.num_joined(
      first, num_steps=self._plan.num_steps, log_interval=self._log.interval
    )
    steps = range(first, first + count)
    drawn = [self._next(batches, first) for _ in steps]
    rates = [self._plan.rate(step) for step in steps]
    made = update.make(first, drawn, rates=rates, stop=stop)
    for step, (images, _), rate, results in zip(
      steps, drawn, rates, made, strict=True
    ):
      self._spec.count_step()
      self._check_finite(step, results['total_loss'])
      self._log.step(step, results, images, rate, self._weights)
      self._plan.step_done(step)
    return steps[-1], made[-1]

  def _next(
    self, batches: Iterator[training_data.Batch], step: int
  ) -> training_data.Batch:
    try:
      return next(batches)
    except dataset_lib.DatasetError:
      # The records are bad, but the weights are good: save them.
      self._saver.save(step - 1)
      raise

  def _evaluate_if_due(self, step: int) -> bool:
    """Returns whether an evaluation was due."""
    try:
      return self._evaluation.run_if_due(step)
    except dataset_lib.DatasetError:
      # As in _next: the weights are good.
      self._saver.save(step)
      raise

  def _check_finite(self, step: int, loss: float) -> None:
    if math.isfinite(loss):
      return
    train_config = self._spec.train_config
    newest = checkpoint.latest(train_config.train_dir)
    if newest is None:
      kept = 'and were not saved; no checkpoint had been saved yet'
    elif checkpoint.step_of(newest) == step - 1:
      # This loss is the first that was computed from its weights.
      kept = (
        f'and {newest} has them already: move its files away to resume from '
        'the one before, if there is one'
      )
    else:
      kept = f'and were not saved; the last good checkpoint is {newest}'
    raise train_setup.TrainError(
      f'the loss is {loss} at step {step}, so the weights are unusable {kept}. '
      f'Try an --initial_learning_rate lower than '
      f'{train_config.initial_learning_rate:g} (it was '
      f'{self._plan.rate(step):g} at this step), and start again'
    )
