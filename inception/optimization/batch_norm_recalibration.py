"""Batch norm's statistics, computed anew for weights that are averages.

The moving averages of a training are those of its own, quickly changing
weights. Averaged weights have activations of their own: a few batches tell
their statistics (arXiv 1803.05407, section 3.3).

  Recalibrator  gives a network new moving means and variances
"""

from collections.abc import Iterable

import tensorflow as tf

from inception import inception_model


class Recalibrator:
  """Gives a network new moving means and variances; traced once."""

  def __init__(self, model: inception_model.InceptionModel):
    """Prepares.

    Args:
      model: whose moving averages are assigned, but for frozen layers'.
    """
    self._model = model
    self._moving: list[tf.Variable] = []
    self._statistics = tf.function(self._of_batch)

  def _of_batch(self, images):
    updates = self._model.inference(images, is_training=True).updates
    self._moving = [moving for moving, _ in updates]
    return [value for _, value in updates]

  def run(self, batches: Iterable[tf.Tensor]) -> None:
    """Assigns the statistics over all batches together.

    The mean is the mean of the batches' means; the variance is the mean of
    their variances and the variance of their means, which is that of all the
    values where the batches are of one size. They are brought up to date by
    each batch (Welford, Technometrics 4 (1962) 419-420): the difference of two
    large sums would have few digits.

    Args:
      batches: float32 [batch, size, size, 3] each, of one size.

    Raises:
      ValueError: there is no batch.
    """
    count, merged = 0, []
    for images in batches:
      count += 1
      values = self._statistics(images)
      pairs = list(zip(values[::2], values[1::2], strict=True))
      merged = (
        pairs
        if count == 1
        else [
          _merge(all_before, pair, count)
          for all_before, pair in zip(merged, pairs, strict=True)
        ]
      )
    if not count:
      raise ValueError('recalibration needs at least one batch')
    for number, (mean, variance) in enumerate(merged):
      self._moving[2 * number].assign(mean)
      self._moving[2 * number + 1].assign(variance)


def _merge(all_before, of_batch, count):
  """Returns (mean, variance) of `count` batches, the last one included."""
  (mean, variance), (batch_mean, batch_variance) = all_before, of_batch
  difference = batch_mean - mean
  new_mean = mean + difference / count
  spread = batch_variance + difference * (batch_mean - new_mean)
  return new_mean, variance + (spread - variance) / count
