"""TensorBoard summaries of an evaluation's figures.

write              writes the confusion matrix and the precision-recall curves
confusion_image    matrix -> image
pr_curve           scores of one class -> points of its curve

The curves are in the format of TensorBoard's plugin pr_curves, version 0
(tensorboard/plugins/pr_curve/summary.py), written without importing it.
"""

import os
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

# Pixels of an image's side, so that a few classes have large cells.
_SIDE = 400
_WHITE = np.array([255, 255, 255], np.float64)
_BLUE = np.array([8, 48, 107], np.float64)

_THRESHOLDS = 101
# Field 2 of the plugin's message, num_thresholds; field 1, version, is 0, which
# is not encoded.
_PR_CURVE_DATA = bytes([2 << 3, _THRESHOLDS])
# More curves would make the event file and the dashboard slow.
_MOST_CURVES = 50


def write(
  eval_dir: str | os.PathLike,
  step: int,
  *,
  class_names: Sequence[str],
  matrix: np.ndarray,
  probabilities: np.ndarray,
  labels: np.ndarray,
) -> None:
  """Writes the confusion matrix as an image, and each class's curve.

  Only the first 50 classes have curves.

  Args:
    eval_dir: Existing folder.
    step: Step of the checkpoint.
    class_names: Class names without background, in the order of their labels.
    matrix: Number of examples by true class and predicted label, int
      [num_classes, num_classes + 1]; column 0 is the background class.
    probabilities: float [examples, num_classes + 1].
    labels: int [examples], in [1, num_classes].
  """
  writer = tf.summary.create_file_writer(str(eval_dir))
  with writer.as_default(step=step):
    tf.summary.image('confusion matrix', confusion_image(matrix)[np.newaxis])
    for label, name in enumerate(class_names[:_MOST_CURVES], start=1):
      metadata = tf.compat.v1.SummaryMetadata(display_name=name)
      metadata.plugin_data.plugin_name = 'pr_curves'
      metadata.plugin_data.content = _PR_CURVE_DATA
      tf.summary.write(
        f'precision-recall/{label:04d}',
        pr_curve(probabilities[:, label], labels == label),
        metadata=metadata,
      )
  writer.close()


def confusion_image(matrix: np.ndarray) -> np.ndarray:
  """Returns the matrix as an image: the larger the share of a row, the darker.

  Args:
    matrix: As in `write`; the background class gets the last column.

  Returns:
    uint8 [height, width, 3]; a cell has equally many pixels in each direction.
  """
  ordered = np.roll(matrix, -1, axis=1).astype(np.float64)
  shares = ordered / np.maximum(ordered.sum(axis=1, keepdims=True), 1)
  colours = _WHITE + shares[:, :, np.newaxis] * (_BLUE - _WHITE)
  side = max(1, _SIDE // len(matrix))
  return np.round(colours).astype(np.uint8).repeat(side, 0).repeat(side, 1)


def pr_curve(scores: np.ndarray, is_positive: np.ndarray) -> np.ndarray:
  """Returns the points of a precision-recall curve.

  An example counts as positive at a threshold if its score is at least that.

  Args:
    scores: float [examples], in [0, 1].
    is_positive: bool [examples].

  Returns:
    float32 [6, thresholds] for the thresholds 0, 0.01, ... 1: true positives,
    false positives, true negatives, false negatives, precision, recall.
  """
  # Index of the highest threshold that each score reaches.
  reached = np.floor(
    np.asarray(scores, np.float64) * (_THRESHOLDS - 1) + 1e-9
  ).astype(np.int64)

  def num_at_least(chosen: np.ndarray) -> np.ndarray:
    counts = np.bincount(reached[chosen], minlength=_THRESHOLDS)
    return np.cumsum(counts[::-1])[::-1]

  hits, false_alarms = num_at_least(is_positive), num_at_least(~is_positive)
  positives, negatives = is_positive.sum(), (~is_positive).sum()
  return np.stack([
    hits,
    false_alarms,
    negatives - false_alarms,
    positives - hits,
    hits / np.maximum(hits + false_alarms, 1),
    hits / max(positives, 1),
  ]).astype(np.float32)
