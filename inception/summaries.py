"""TensorBoard event files of a training run and of evaluations.

  TrainSummaries  losses (raw and smoothed), rates, input images
  write_eval      Precision @ 1 and Recall @ k
"""

import os
from collections.abc import Mapping

import tensorflow as tf

# Of the smoothed losses, as the original's.
_SMOOTHING = 0.9
_MAX_IMAGES = 3


class TrainSummaries:
  """Writes one event file into a folder."""

  def __init__(self, train_dir: str | os.PathLike):
    """Opens the file.

    Args:
      train_dir: existing folder.
    """
    self._writer = tf.summary.create_file_writer(str(train_dir))
    self._smoothed: dict[str, float] = {}

  def smooth(self, losses: Mapping[str, float]) -> dict[str, float]:
    """Takes one step's losses in; returns their moving averages."""
    for name, value in losses.items():
      before = self._smoothed.get(name, value)
      self._smoothed[name] = _SMOOTHING * before + (1 - _SMOOTHING) * value
    return dict(self._smoothed)

  def write(self, step: int, *, losses: Mapping[str, float],
            scalars: Mapping[str, float], images: tf.Tensor) -> None:
    """Writes one step's summaries.

    Args:
      step: the step.
      losses: {name: value}; written as '<name> (raw)' beside the smoothed
        '<name>', which smooth() has kept.
      scalars: {name: value}, such as learning_rate.
      images: float32 [batch, height, width, 3], in [-1, 1]; the first few are
        shown.
    """
    with self._writer.as_default(step=step):
      for name, value in losses.items():
        tf.summary.scalar(f'{name} (raw)', value)
        tf.summary.scalar(name, self._smoothed.get(name, value))
      for name, value in scalars.items():
        tf.summary.scalar(name, value)
      tf.summary.image('images', (images[:_MAX_IMAGES] + 1) / 2,
                       max_outputs=_MAX_IMAGES)
    self._writer.flush()

  def close(self) -> None:
    """Closes the file."""
    self._writer.close()


def write_eval(eval_dir: str | os.PathLike, step: int, *,
               precision_at_1: float, recall_at_k: float, k: int) -> None:
  """Writes an evaluation's results, under the original's names.

  Args:
    eval_dir: existing folder.
    step: of the checkpoint.
    precision_at_1: in [0, 1].
    recall_at_k: in [0, 1].
    k: 5, or fewer where there are fewer classes.
  """
  writer = tf.summary.create_file_writer(str(eval_dir))
  with writer.as_default(step=step):
    tf.summary.scalar('Precision @ 1', precision_at_1)
    tf.summary.scalar(f'Recall @ {k}', recall_at_k)
  writer.close()
