"""TensorFlow's profiler, for some steps of a training.

  StepProfiler  writes LOGDIR/plugins/profile/TIME/HOST.xplane.pb

TensorFlow writes the file by itself; to look at it, TensorBoard needs the
package tensorboard-plugin-profile.
"""

import contextlib
import os

import tensorflow as tf

from inception.jobs import tensorflow_reasons


class StepProfiler:
  """Profiles the steps of a range, the last one included.

  A run that is resumed inside the range is profiled from there on. An error of
  the profiler ends the profile and not the training: `problem` says why.
  """

  def __init__(self, logdir: str | os.PathLike, steps: tuple[int, int] | None):
    """Does nothing yet.

    Args:
      logdir: folder of the event files.
      steps: (first, last), or None for no profile.
    """
    self._logdir = str(logdir)
    self._steps = steps
    self._running = False
    self._trace = None
    self._problem = None

  @property
  def problem(self) -> str | None:
    """One sentence on why there is no profile, or None."""
    return self._problem

  def before_step(self, step: int) -> None:
    """Starts the profiler with the first step of the range."""
    if self._steps is None or not self._steps[0] <= step <= self._steps[1]:
      return
    if not self._running:
      try:
        tf.profiler.experimental.start(self._logdir)
      except (tf.errors.OpError, OSError) as error:
        self._give_up(error)
        return
      self._running = True
    # _r=1 marks a step for the profiler's overview page.
    self._trace = tf.profiler.experimental.Trace('train', step_num=step, _r=1)
    self._trace.__enter__()

  def after_step(self, step: int) -> None:
    """Ends what before_step began, and writes after the last step."""
    self._end_trace()
    if self._running and step >= self._steps[1]:
      self._stop()

  def close(self) -> None:
    """Writes the profile of a run that ends inside the range."""
    self._end_trace()
    if self._running:
      self._stop()

  def _end_trace(self) -> None:
    if self._trace is not None:
      self._trace.__exit__(None, None, None)
      self._trace = None

  def _stop(self) -> None:
    self._running = False
    self._steps = None
    try:
      tf.profiler.experimental.stop()
    except (tf.errors.OpError, OSError) as error:
      self._give_up(error)

  def _give_up(self, error: Exception) -> None:
    self._steps = None
    reason = tensorflow_reasons.reason(str(error))
    self._problem = (
      f'there is no profile in {self._logdir!r} ({reason}): the '
      'training goes on without it'
    )
    # One that another part of the program runs is left to it.
    if not isinstance(error, tf.errors.AlreadyExistsError):
      with contextlib.suppress(tf.errors.OpError):
        tf.profiler.experimental.stop(save=False)
