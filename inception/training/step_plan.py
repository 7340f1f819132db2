"""Number of updates of a run, which --minutes adjusts to the measured speed.

StepPlan  the number of steps, the learning rate of each, and the adjustment

With a limit of time, the number of steps follows from the speed of the steps so
far, so that the run ends on time although other programs slow it down. The time
of evaluations is measured apart and reserved for those to come. Cosine
and warm-up are shares of the run: a new number of steps moves the rate on them.
"""

import collections
import statistics
import time
from collections.abc import Callable

from inception.training import run_spec
from inception.training import train_events
from inception.training import training_cost

# The first plan needs a few steps, of which the very first is slower.
_FIRST_PLAN = 3
_STEPS_BETWEEN_PLANS = 10
# The speed is that of the most recent steps.
_MEASURED_STEPS = 60
# Writing a checkpoint of 290 MB, and leaving the process.
_SAVING_SECONDS = 3.0
# Tracing the recalibration, or the evaluation, as a share of the train step.
_TRACING_SHARE = 0.4
# A change of the plan by less than this share is not reported.
_REPORTED_CHANGE = 0.1


class StepPlan:
  """The number of updates of a run, and their learning rates.

  Attributes:
    num_steps: Number of updates of the complete run, as planned now.
    tracing_seconds: Seconds that tracing the train step took; to be set before
      the first step.
  """

  def __init__(
    self,
    spec: run_spec.RunSpec,
    *,
    first_step: int,
    started_at: float,
    now: Callable[[], float] = time.monotonic,
  ):
    """Plans the run; without a limit of time, the plan is final.

    Args:
      spec: Description of the run.
      first_step: Index of the first step to be made.
      started_at: Time at which the command started, as of `now`.
      now: Clock in seconds.
    """
    self._spec = spec
    self._first = first_step
    self._now = now
    self.tracing_seconds = 0.0
    minutes = spec.train_config.minutes
    self._end = started_at + 60 * minutes if minutes else None
    self._step_seconds: collections.deque[float] = collections.deque(
      maxlen=_MEASURED_STEPS
    )
    self._step_began: float | None = None
    self._evaluation_took: float | None = None
    self._reported = 0
    guess = spec.num_steps + (first_step if minutes else 0)
    self._set(min(spec.train_config.max_steps, guess))

  def _set(self, num_steps: int) -> None:
    self.num_steps = num_steps
    self._rates = self._spec.learning_rates(num_steps)

  def rate(self, step: int) -> float:
    """Returns the learning rate of a step."""
    return self._rates(step)

  def step_done(self, step: int) -> None:
    """Adjusts the number of steps to the time that is left, if it is limited.

    Args:
      step: Index of the step that was made.
    """
    if self._end is None:
      return
    now = self._now()
    # The very first step is slower.
    if self._step_began is not None:
      self._step_seconds.append(now - self._step_began)
    self._step_began = now
    made = step + 1 - self._first
    if made != _FIRST_PLAN and made % _STEPS_BETWEEN_PLANS:
      return
    seconds = max(1e-9, statistics.fmean(self._step_seconds))
    left = self._end - now - self._reserve(seconds)
    more = self._more_steps(step + 1, seconds, left)
    num_steps = min(self._spec.train_config.max_steps, step + 1 + more)
    self._set(num_steps)
    if abs(num_steps - self._reported) > _REPORTED_CHANGE * self._reported:
      self._reported = num_steps
      self._spec.on_event(train_events.Planned(num_steps, seconds))

  def evaluation_done(self) -> None:
    """Measures the evaluation after the last step, with saving its best."""
    if self._step_began is not None:
      self._evaluation_took = self._now() - self._step_began

  def next_step(self) -> None:
    """Tells that the next step begins, after evaluations and saving."""
    if self._step_began is not None:
      self._step_began = self._now()

  def _more_steps(self, done: int, step_seconds: float, left: float) -> int:
    """Returns the number of further steps for which there is time.

    Args:
      done: Number of updates made; an evaluation that is due now is to come.
      step_seconds: Seconds per step.
      left: Seconds that are left for them and for evaluations in between.
    """
    interval = self._spec.train_config.eval_interval_steps
    if not interval:
      return max(0, int(left / step_seconds))
    # Counts from the step after the last evaluation.
    since = done % interval or interval
    rounds, rest = divmod(
      left + since * step_seconds,
      interval * step_seconds + self._evaluation(step_seconds),
    )
    steps = rounds * interval + min(interval, rest / step_seconds)
    return max(0, int(steps) - since)

  def _reserve(self, step_seconds: float) -> float:
    """Returns the seconds between the last step and the end of the command."""
    if self._spec.train_config.eval_interval_steps:
      return _SAVING_SECONDS + self._evaluation(step_seconds)
    return _SAVING_SECONDS + self._recalibration(step_seconds)

  def _evaluation(self, step_seconds: float) -> float:
    """Returns the seconds of an evaluation: the last one's, or an estimate."""
    if self._evaluation_took is not None:
      return self._evaluation_took
    config = self._spec.train_config
    seconds = self._recalibration(step_seconds)
    if config.trains_head_only:
      return seconds
    images = config.eval_views * self._spec.dataset.num_examples(
      config.eval_subset
    )
    return seconds + _SAVING_SECONDS + self._forward(images, step_seconds)

  def _recalibration(self, step_seconds: float) -> float:
    """Returns the estimated seconds of recalibrating batch norm."""
    config = self._spec.train_config
    if not config.batch_norm_recalibration_batches:
      return 0.0
    images = (
      config.batch_norm_recalibration_batches
      * self._spec.input_config.batch_size
    )
    tracing = _TRACING_SHARE * self.tracing_seconds
    return tracing + self._forward(images, step_seconds)

  def _forward(self, num_images: int, step_seconds: float) -> float:
    """Returns the estimated seconds of forward passes of an evaluation."""
    config, inputs = self._spec.train_config, self._spec.input_config
    size = self._spec.eval_image_size
    cost = num_images * training_cost.forward_cost(size)
    step_cost = inputs.batch_size * training_cost.step_cost(
      inputs.image_size, config.scope_prefixes, config.rate_multipliers
    )
    return step_seconds * cost / step_cost
