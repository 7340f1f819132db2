"""What a training tells and writes down about its steps.

TrainLog  events, TensorBoard's event files, metrics.jsonl
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

# A head makes a thousand steps a second: as many lines would tell nothing.
_HEAD_FACTOR = 10


class TrainLog:
  """What is told and written down about the steps."""

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
      train_config: the run; its train_dir exists.
      input_config: the batches.
      writes: whether this host writes anything.
      on_event: called with Stepped, StepDone, TrainingEvaluated and
        RunWarning.
    """
    self._config = train_config
    self._on_event = on_event
    self._summaries = self._metrics = None
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
    self._interval = train_config.log_interval_steps * (
      _HEAD_FACTOR if train_config.trains_head_only else 1
    )
    self._reported: set[str] = set()

  def resumed(self, step: int) -> None:
    """Notes that a run goes on."""
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
    """Tells and writes what is due after a step.

    Args:
      step: the step.
      results: of train_step: floats, and gradients if it is time for them.
      images: the batch; features are not shown.
      rate: learning rate of the step.
      weights: {name: variable} of the gradients.
    """
    losses = {
      name: value for name, value in results.items() if name.endswith('_loss')
    }
    self._clock.count()
    self._on_event(train_events.Stepped(step, losses['total_loss']))
    if step % self._interval == 0:
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
      self._write_summaries(step, losses, results, images, rate, weights)
      self._report_problems()

  def warn_once(self, problem: str | None) -> None:
    """Reports a problem that the run survives, the first time it is given.

    Args:
      problem: one sentence without full stop; None for no problem.
    """
    if problem and problem not in self._reported:
      self._reported.add(problem)
      self._on_event(train_events.RunWarning(problem))

  def _report_problems(self) -> None:
    self.warn_once(self._summaries.problem)
    self.warn_once(self._metrics.problem)

  def _write_summaries(self, step, losses, results, images, rate, weights):
    self._summaries.smooth(losses)
    if step % self._config.summary_interval_steps == 0:
      self._summaries.write(
        step,
        losses=losses,
        images=images if len(images.shape) == 4 else None,
        scalars={
          'learning_rate': rate,
          'examples_per_sec': self._clock.examples_per_sec,
        },
      )
    if 'gradients' in results:
      self._summaries.write_histograms(step, weights, results['gradients'])

  def evaluated(self, event: train_events.TrainingEvaluated) -> None:
    """Tells and writes an evaluation's result."""
    self._clock.restart()
    self._on_event(event)
    if not self._summaries:
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
    )
    self._report_problems()

  def restart_clock(self) -> None:
    """What came between two steps is not a step's."""
    self._clock.restart()

  def close(self) -> None:
    """Closes the files; tells what that has shown to be wrong."""
    if self._summaries:
      self._summaries.close()
      self._metrics.close()
      self._report_problems()


class _Clock:
  """Measures the loop between two of the log's lines."""

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
    """Returns seconds a batch since the last lap, and starts a new one."""
    elapsed = time.perf_counter() - self._start
    sec_per_batch = elapsed / max(1, self._steps)
    self.examples_per_sec = self._batch_size / sec_per_batch
    self.restart()
    return sec_per_batch
