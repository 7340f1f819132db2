"""Recomputes batch norm's statistics for averaged weights.

The moving averages of a training run describe the activations of its own,
quickly changing weights. Averaged weights produce different activations, whose
statistics are estimated from a few batches (arXiv 1803.05407, section 3.3).

  Recalibrator  assigns new moving means and variances to a network
"""

from collections.abc import Iterable

import tensorflow as tf

from inception import inception_model

# (mean, variance) of one layer, float32 [channels] each.
_Moments = tuple[tf.Tensor, tf.Tensor]


class Recalibrator:
  """Assigns new moving means and variances to a network; traced once."""

  def __init__(self, model: inception_model.InceptionModel):
    """Prepares the computation for a network.

    Args:
      model: Network whose moving averages are assigned, except those of frozen
        layers.
    """
    self._model = model
    self._moving: list[tf.Variable] = []
    self._statistics = tf.function(self._batch_statistics, autograph=False)

  def _batch_statistics(self, images: tf.Tensor) -> list[tf.Tensor]:
    """Returns the mean and the variance of each layer in turn."""
    updates = self._model.inference(images, is_training=True).updates
    self._moving = [moving for moving, _ in updates]
    return [value for _, value in updates]

  def run(self, batches: Iterable[tf.Tensor]) -> None:
    """Assigns the statistics over all batches together.

    The mean is the mean of the batches' means; the variance is the mean of
    their variances plus the variance of their means, which equals the variance
    of all values if the batches have equal sizes. Both are updated batch by
    batch (Welford, Technometrics 4 (1962) 419-420), because the difference of
    two large sums would lose precision.

    Args:
      batches: float32 [batch, size, size, 3] images, all of the same shape.

    Raises:
      ValueError: there is no batch.
    """
    count = 0
    merged: list[_Moments] = []
    for images in batches:
      count += 1
      values = self._statistics(images)
      pairs = list(zip(values[::2], values[1::2], strict=True))
      merged = (
        pairs
        if count == 1
        else [
          _merge(previous, pair, count)
          for previous, pair in zip(merged, pairs, strict=True)
        ]
      )
    if not count:
      raise ValueError('recalibration needs at least one batch')
    for index, (mean, variance) in enumerate(merged):
      self._moving[2 * index].assign(mean)
      self._moving[2 * index + 1].assign(variance)


def _merge(previous: _Moments, batch: _Moments, count: int) -> _Moments:
  """Merges the last of `count` batches into the moments of the previous ones.

  Args:
    previous: Mean and variance over the first count - 1 batches.
    batch: Mean and variance of the last batch.
    count: Number of batches, including the last one.

  Returns:
    (mean, variance) over all of them.
  """
  (mean, variance), (batch_mean, batch_variance) = previous, batch
  difference = batch_mean - mean
  new_mean = mean + difference / count
  spread = batch_variance + difference * (batch_mean - new_mean)
  return new_mean, variance + (spread - variance) / count
