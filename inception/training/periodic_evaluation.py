"""Evaluates during training, saves the best model, and decides early stopping.

PeriodicEvaluation  runs a validation whenever one is due
"""

from collections.abc import Callable

from inception.training import run_spec
from inception.training import saver as saver_lib
from inception.training import train_events
from inception.training import train_log
from inception.training import train_state
from inception.training import validation as validation_lib


class PeriodicEvaluation:
  """The evaluations of a training run, every eval_interval_steps steps."""

  def __init__(
    self,
    spec: run_spec.RunSpec,
    state: train_state.TrainState,
    validation: validation_lib.AnyValidation | None,
    *,
    saver: saver_lib.Saver,
    log: train_log.TrainLog,
    num_steps: Callable[[], int] | None = None,
  ):
    """Stores its parts; evaluates nothing yet.

    Args:
      spec: Description of the run.
      state: State with the best precision and the evaluations since.
      validation: Evaluation of the averaged weights; None if there is none, as
        on hosts other than the chief.
      saver: Writer of the best model.
      log: Log that reports the results.
      num_steps: Function that returns the number of updates of the run as it
        is planned now; None is that of the settings.
    """
    self._interval = spec.train_config.eval_interval_steps
    self._patience = spec.train_config.early_stopping_patience
    self._views = spec.train_config.eval_views
    self._num_steps = num_steps or (lambda: spec.num_steps)
    self._state = state
    self._validation = validation
    self._saver = saver
    self._log = log

  @property
  def patience_is_over(self) -> bool:
    """True if too many evaluations have passed without a new best."""
    waited = int(self._state.evaluations_waited.numpy())
    return 0 < self._patience <= waited

  def run_if_due(self, step: int) -> bool:
    """Evaluates after the last step of each interval and of the run.

    Returns:
      Whether there was an evaluation.

    Raises:
      checkpoint.CheckpointError: the best model cannot be saved.
      dataset.DatasetError: a record is not usable.
    """
    if self._validation is None or not self._is_due(step):
      return False
    result = self._validation.run()
    state = self._state
    is_best = result.precision_at_1 > float(state.best_precision.numpy())
    if is_best:
      state.best_precision.assign(result.precision_at_1)
      state.evaluations_waited.assign(0)
    else:
      state.evaluations_waited.assign(int(state.evaluations_waited.numpy()) + 1)
    self._log.evaluated(
      train_events.TrainingEvaluated(
        step=step,
        num_examples=result.num_examples,
        precision_at_1=result.precision_at_1,
        recall_at_k=result.recall_at_k,
        k=result.k,
        is_best=is_best,
        views=self._views,
      )
    )
    if is_best:
      self._saver.save_best(step)
    self._log.restart_clock()
    return True

  def _is_due(self, step: int) -> bool:
    if not self._interval:
      return False
    done = step + 1
    return done % self._interval == 0 or done >= self._num_steps()
