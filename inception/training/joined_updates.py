"""Makes several updates of a head in one call of TensorFlow.

An update of the last layer takes half a millisecond, and calling it as long
again. The updates of one call are those of as many single calls, in order.

  MAX_JOINED      most updates of one call
  num_joined      number of updates that one call may make
  JoinedUpdates   the function that makes them
"""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from inception import inception_model
from inception.settings import training_config
from inception.training import train_step

# The features of one call take 6 MB in batches of 32, and a stop request waits
# for 15 ms.
MAX_JOINED = 25
# The results of train_step.make_train_step.
_NAMES = (*(f'{name}_loss' for name in inception_model.Losses._fields), 'stop')


def num_joined(
  step: int,
  config: training_config.TrainConfig,
  *,
  num_steps: int,
  log_interval: int,
) -> int:
  """Returns the number of updates from `step` on that one call may make.

  It ends with a step that is logged, or after which the run is evaluated or
  saved. A step whose gradients are logged is made alone.

  Args:
    step: Index of the first step.
    config: Settings of the run.
    num_steps: Number of updates of the complete run; more than `step`.
    log_interval: Steps between those that are logged.
  """
  if config.minutes or config.profile_range:
    return 1
  end = min(step + MAX_JOINED, num_steps)
  end = min(end, _round_up(step, log_interval) + 1)
  for interval in (config.eval_interval_steps, config.save_interval_steps):
    if interval:
      end = min(end, _round_up(step + 1, interval))
  if interval := config.histogram_interval_steps:
    end = min(end, max(step + 1, _round_up(step, interval)))
  return end - step


def _round_up(number: int, factor: int) -> int:
  return -(-number // factor) * factor


class JoinedUpdates:
  """Function that makes several updates on one device."""

  def __init__(self, update: train_step.Update, inputs: tf.TensorSpec):
    """Traces the function.

    Args:
      update: Function that makes one update, without gradients.
      inputs: Shape and dtype of the inputs of one update.
    """
    labels = tf.TensorSpec(inputs.shape[:1], tf.int32)
    scalar = tf.TensorSpec([], tf.float32)
    self._update = update
    self._run = tf.function(self._loop, autograph=False).get_concrete_function(
      *(
        tf.TensorSpec([None, *spec.shape], spec.dtype)
        for spec in (inputs, labels, scalar)
      ),
      scalar,
    )

  def _loop(
    self,
    inputs: tf.Tensor,
    labels: tf.Tensor,
    rates: tf.Tensor,
    stop: tf.Tensor,
  ) -> tf.Tensor:
    """Returns the results, float32 [updates, names]."""
    count = tf.shape(rates)[0]

    def body(
      index: tf.Tensor, rows: tf.TensorArray
    ) -> tuple[tf.Tensor, tf.TensorArray]:
      results = self._update(inputs[index], labels[index], rates[index], stop)
      row = tf.stack([results[name] for name in _NAMES])
      return index + 1, rows.write(index, row)

    _, rows = tf.while_loop(
      lambda index, rows: index < count,
      body,
      (0, tf.TensorArray(tf.float32, count, element_shape=[len(_NAMES)])),
      # Each update needs the variables that the one before has written.
      parallel_iterations=1,
    )
    return rows.stack()

  def make(
    self,
    batches: Sequence[tuple[np.ndarray, np.ndarray]],
    rates: Sequence[float],
    *,
    stop: bool,
  ) -> list[dict[str, float]]:
    """Makes an update for each batch.

    Args:
      batches: (float32 features [batch, 2048], int32 labels [batch]), at least
        one.
      rates: Learning rate of each update.
      stop: Whether this host wants to stop.

    Returns:
      The results of each update; see train_step.make_train_step.
    """
    rows = self._run(
      *(tf.constant(np.stack(parts)) for parts in zip(*batches, strict=True)),
      tf.constant(rates, tf.float32),
      tf.constant(float(stop), tf.float32),
    ).numpy()
    return [dict(zip(_NAMES, row.tolist(), strict=True)) for row in rows]
