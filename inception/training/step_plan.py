"""Number of updates of a run, which --minutes adjusts to the measured speed.

StepPlan  the number of steps, the learning rate of each, and the adjustment

With a limit of time, the number of steps follows from the speed of the steps so
far, so that the run ends on time although other programs slow it down. Cosine
and warm-up are shares of the run: a new number of steps moves the rate on them.
"""

import collections
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
    self._times: collections.deque[float] = collections.deque(
      maxlen=_MEASURED_STEPS + 1
    )
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
    self._times.append(self._now())
    made = step + 1 - self._first
    if made != _FIRST_PLAN and made % _STEPS_BETWEEN_PLANS:
      return
    seconds = (self._times[-1] - self._times[0]) / max(1, len(self._times) - 1)
    left = self._end - self._times[-1] - self._reserve(seconds)
    more = max(0, int(left / max(seconds, 1e-9)))
    num_steps = min(self._spec.train_config.max_steps, step + 1 + more)
    self._set(num_steps)
    if abs(num_steps - self._reported) > _REPORTED_CHANGE * self._reported:
      self._reported = num_steps
      self._spec.on_event(train_events.Planned(num_steps, seconds))

  def _reserve(self, step_seconds: float) -> float:
    """Returns the seconds between the last step and the end of the command."""
    config, inputs = self._spec.train_config, self._spec.input_config
    per_image = (
      step_seconds
      / inputs.batch_size
      / training_cost.step_cost(
        inputs.image_size, config.scope_prefixes, config.rate_multipliers
      )
    )
    seconds = _SAVING_SECONDS
    if batches := config.batch_norm_recalibration_batches:
      images = batches * inputs.batch_size
      cost = images * training_cost.forward_cost(self._spec.eval_image_size)
      seconds += _TRACING_SHARE * self.tracing_seconds + cost * per_image
    if config.eval_interval_steps and not config.trains_head_only:
      images = config.eval_views * self._spec.dataset.num_examples(
        config.eval_subset
      )
      cost = images * training_cost.forward_cost(self._spec.eval_image_size)
      seconds += _SAVING_SECONDS + cost * per_image
    return seconds
