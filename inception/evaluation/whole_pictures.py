"""Compares the central crop that evaluation sees with complete pictures.

compare         classifies some pictures without cropping them
WholePictures   numbers of correct answers

Where the answers for complete pictures are better, the crop cuts off what the
network needs to see.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from inception import image_processing
from inception.evaluation import comparison
from inception.evaluation import predictions as predictions_lib
from inception.evaluation import record_sources

MOST_PICTURES = 200

_SEED = 0


@dataclasses.dataclass(frozen=True, kw_only=True)
class WholePictures:
  """Correct answers for central crops and for complete pictures.

  Attributes:
    num_examples: number of examples that were compared.
    num_correct: number of correct answers for central crops.
    num_correct_whole: number of correct answers for complete pictures.
    only_crop: number of examples with a correct answer for the crop only.
    only_whole: number of examples with a correct answer for the picture only.
  """

  num_examples: int
  num_correct: int
  num_correct_whole: int
  only_crop: int
  only_whole: int

  @property
  def p_value(self) -> float:
    """Probability of such a difference by chance (exact McNemar test)."""
    return comparison.mcnemar(self.only_crop, self.only_whole)

  def to_json(self) -> dict[str, Any]:
    """Returns the figures as plain JSON."""
    return dataclasses.asdict(self) | {'p_value': self.p_value}


def compare(
  classify: Callable[[tf.Tensor], tf.Tensor],
  predictions: predictions_lib.Predictions,
  *,
  image_size: int,
  batch_size: int,
) -> WholePictures:
  """Classifies at most MOST_PICTURES pictures without cropping them.

  Args:
    classify: function from images, float32 [batch, size, size, 3] in [-1, 1],
      to logits, float32 [batch, num_classes + 1].
    predictions: predictions for central crops; the pictures are drawn from
      these at random, with a fixed seed.
    image_size: side of the network's input, in pixels.
    batch_size: number of images that are classified at a time.

  Raises:
    tfrecord_file.RecordError: a shard has changed since it was indexed.
    OSError: a shard cannot be read.
  """
  count = min(MOST_PICTURES, len(predictions))
  chosen = np.random.default_rng(_SEED).permutation(len(predictions))[:count]
  step = tf.function(classify, autograph=False)
  is_right = np.empty(count, bool)
  for first in range(0, count, batch_size):
    rows = chosen[first : first + batch_size]
    images = [
      image_processing.whole_image(
        record_sources.read(predictions.sources[row]).encoded, size=image_size
      )
      for row in rows
    ]
    # One shape of the batch, so that the function is traced once.
    images += [tf.zeros_like(images[0])] * (batch_size - len(images))
    logits = step(tf.stack(images)).numpy()[: len(rows)]
    is_right[first : first + len(rows)] = (
      logits.argmax(axis=1) == predictions.labels[rows]
    )
  with_crop = predictions.is_correct[chosen]
  return WholePictures(
    num_examples=count,
    num_correct=int(np.count_nonzero(with_crop)),
    num_correct_whole=int(np.count_nonzero(is_right)),
    only_crop=int(np.count_nonzero(with_crop & ~is_right)),
    only_whole=int(np.count_nonzero(is_right & ~with_crop)),
  )
