"""Profiles some steps of a training run with TensorFlow's profiler.

  StepProfiler  writes LOGDIR/plugins/profile/TIME/HOST.xplane.pb

TensorFlow writes the file itself; to display it, TensorBoard needs the package
tensorboard-plugin-profile.
"""

import contextlib
import os

import tensorflow as tf

from inception.jobs import tensorflow_reasons


class StepProfiler:
  """Profiles the steps of a range, including the last one.

  A run that resumes inside the range is profiled from there on. An error of the
  profiler ends the profile but not the training; `problem` states the reason.
  """

  def __init__(self, logdir: str | os.PathLike, steps: tuple[int, int] | None):
    """Stores the settings; profiles nothing yet.

    Args:
      logdir: Folder of the event files.
      steps: (first, last) step to profile; None disables the profile.
    """
    self._logdir = str(logdir)
    self._steps = steps
    self._running = False
    self._trace: tf.profiler.experimental.Trace | None = None
    self._problem: str | None = None

  @property
  def problem(self) -> str | None:
    """Sentence on why there is no profile; None without a problem."""
    return self._problem

  def before_step(self, step: int) -> None:
    """Starts the profiler if needed, and marks the start of a step."""
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
    trace = tf.profiler.experimental.Trace('train', step_num=step, _r=1)
    trace.__enter__()
    self._trace = trace

  def after_step(self, step: int) -> None:
    """Marks the end of a step, and writes the profile after the last one."""
    self._end_trace()
    if self._running and self._steps is not None and step >= self._steps[1]:
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
      f'there is no profile in {self._logdir!r} ({reason}): training continues '
      'without it'
    )
    # A profiler already started by another part of the program is left running.
    if not isinstance(error, tf.errors.AlreadyExistsError):
      with contextlib.suppress(tf.errors.OpError):
        tf.profiler.experimental.stop(save=False)
