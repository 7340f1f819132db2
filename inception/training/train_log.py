"""Reports the steps of a training run and logs them to files.

TrainLog  emits events, writes TensorBoard event files and metrics.jsonl
"""

import dataclasses
import time
from collections.abc import Callable, Mapping

import tensorflow as tf

from inception.monitoring import metrics_log
from inception.monitoring import summaries
from inception.settings import config
from inception.settings import training_config
from inception.training import train_events
from inception.training import training_cost

# A head trains at a thousand steps per second, so fewer of them are logged.
_HEAD_FACTOR = 10


class TrainLog:
  """Reports steps and evaluations as events, and logs them to files.

  Attributes:
    interval: Number of steps between those that are logged.
  """

  def __init__(
    self,
    train_config: training_config.TrainConfig,
    input_config: config.InputConfig,
    *,
    writes: bool,
    on_event: Callable[[train_events.Event], None],
  ):
    """Opens the files.

    Args:
      train_config: Settings of the run; its train_dir exists.
      input_config: Settings of the batches.
      writes: Whether this host writes files.
      on_event: Function called with Stepped, StepDone, TrainingEvaluated and
        RunWarning.
    """
    self._config = train_config
    self._on_event = on_event
    self._summaries: summaries.TrainSummaries | None = None
    self._metrics: metrics_log.MetricsLog | None = None
    if writes:
      self._summaries = summaries.TrainSummaries(train_config.train_dir)
      self._summaries.write_text(
        'hyperparameters',
        summaries.hyperparameters(
          dataclasses.asdict(train_config) | dataclasses.asdict(input_config)
        ),
      )
      self._metrics = metrics_log.MetricsLog(train_config.train_dir)
    self._clock = _Clock(input_config.batch_size)
    self.interval = train_config.log_interval_steps * (
      _HEAD_FACTOR if train_config.trains_head_only else 1
    )
    self._reported: set[str] = set()

  def resumed(self, step: int) -> None:
    """Records in metrics.jsonl that the run was resumed at a step."""
    if self._metrics:
      self._metrics.write('resumed', step)

  def step(
    self,
    step: int,
    results: Mapping,
    images: tf.Tensor,
    rate: float,
    weights: Mapping[str, tf.Variable],
  ) -> None:
    """Reports and logs whatever is due after a step.

    Args:
      step: Index of the step.
      results: Results of updates.Updates.make: floats, and gradients if
        histograms are due.
      images: Images of the batch; features are not shown.
      rate: Learning rate of the step.
      weights: {name: variable} that the gradients belong to.
    """
    losses = {
      name: value for name, value in results.items() if name.endswith('_loss')
    }
    self._clock.count()
    self._on_event(train_events.Stepped(step, losses['total_loss']))
    if step % self.interval == 0:
      sec_per_batch = self._clock.lap()
      self._on_event(
        train_events.StepDone(
          step,
          losses['total_loss'],
          self._clock.examples_per_sec,
          sec_per_batch,
          rate,
          losses,
        )
      )
      if self._metrics:
        self._metrics.write(
          'train',
          step,
          learning_rate=rate,
          examples_per_sec=self._clock.examples_per_sec,
          **losses,
        )
    if self._summaries:
      self._write_summaries(
        self._summaries, step, losses, results, images, rate, weights
      )
    self._report_problems()

  def warn_once(self, problem: str | None) -> None:
    """Reports a problem that the run survives, the first time it occurs.

    Args:
      problem: One sentence without a full stop; None for no problem.
    """
    if problem and problem not in self._reported:
      self._reported.add(problem)
      self._on_event(train_events.RunWarning(problem))

  def _report_problems(self) -> None:
    for file in (self._summaries, self._metrics):
      if file:
        self.warn_once(file.problem)

  def _write_summaries(
    self,
    files: summaries.TrainSummaries,
    step: int,
    losses: Mapping[str, float],
    results: Mapping,
    images: tf.Tensor,
    rate: float,
    weights: Mapping[str, tf.Variable],
  ) -> None:
    files.smooth(losses)
    if step % self._config.summary_interval_steps == 0:
      files.write(
        step,
        losses=losses,
        images=images if len(images.shape) == 4 else None,
        scalars={
          'learning_rate': rate,
          'examples_per_sec': self._clock.examples_per_sec,
        },
      )
    if 'gradients' in results:
      files.write_histograms(step, weights, results['gradients'])

  def evaluated(self, event: train_events.TrainingEvaluated) -> None:
    """Reports and logs the result of an evaluation."""
    self._clock.restart()
    self._on_event(event)
    if not self._summaries or not self._metrics:
      return
    scalars = {
      'Precision @ 1': event.precision_at_1,
      f'Recall @ {event.k}': event.recall_at_k,
    }
    self._summaries.write_scalars(
      event.step,
      {f'validation/{name}': value for name, value in scalars.items()},
    )
    self._metrics.write(
      'eval',
      event.step,
      precision_at_1=event.precision_at_1,
      recall_at_k=event.recall_at_k,
      k=event.k,
      num_examples=event.num_examples,
      views=event.views,
    )
    self._report_problems()

  def finished(self, step: int, cost: training_cost.Account) -> None:
    """Records in metrics.jsonl what the run has cost.

    Args:
      step: Index of the last step.
      cost: Account of what the run computed since it was started or resumed.
    """
    if self._metrics:
      self._metrics.write(
        'finished',
        step,
        cost_images=round(cost.images, 1),
        seconds=round(cost.seconds, 1),
        cpu_seconds=round(cost.cpu_seconds, 1),
      )

  def restart_clock(self) -> None:
    """Restarts the step timer, excluding e.g. evaluation and saving."""
    self._clock.restart()

  def close(self) -> None:
    """Closes the files, and reports problems that this reveals."""
    for file in (self._summaries, self._metrics):
      if file:
        file.close()
    self._report_problems()


class _Clock:
  """Measures the time of the training loop between two logged steps."""

  def __init__(self, batch_size: int):
    self._batch_size = batch_size
    self.examples_per_sec = 0.0
    self.restart()

  def restart(self) -> None:
    """Starts a new lap."""
    self._start = time.perf_counter()
    self._steps = 0

  def count(self) -> None:
    """Counts a step."""
    self._steps += 1

  def lap(self) -> float:
    """Returns the seconds per batch of this lap, and starts a new one."""
    elapsed = time.perf_counter() - self._start
    sec_per_batch = elapsed / max(1, self._steps)
    self.examples_per_sec = self._batch_size / sec_per_batch
    self.restart()
    return sec_per_batch
