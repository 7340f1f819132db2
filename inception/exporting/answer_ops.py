"""Answers of the network within a TensorFlow graph.

  answers   logits -> classes, probabilities, "none of these"

The rules are those of prediction/answers, applied to a batch.
"""

from collections.abc import Sequence

import tensorflow as tf

from inception.checkpoints import threshold
from inception.prediction import answers as answers_lib

TOP_K = 5


def answers(
  logits: tf.Tensor, *, class_names: Sequence[str], rule: threshold.Rule | None
) -> dict[str, tf.Tensor]:
  """Returns the answers for a batch.

  Args:
    logits: float32 [batch, num_classes + 1]; column 0 is the background class.
    class_names: class names in the order of their labels; the first has label
      1.
    rule: rule for "none of these"; None always answers with a class.

  Returns:
    answer: string [batch], the most probable class or 'none of these'.
    classes: string [batch, k], the most probable classes, k being TOP_K or the
      number of classes if that is smaller.
    scores: float32 [batch, k], their probabilities.
    class_names: string [batch, num_classes], all classes in the order of
      `probabilities`: TensorFlow Serving requires the batch in each output.
    probabilities: float32 [batch, num_classes]; with the background's, which is
      left out, they sum to 1.
    logits: float32 [batch, num_classes + 1].
  """
  # In float64, as in predict.
  exact = tf.cast(logits, tf.float64)
  probabilities = tf.cast(tf.nn.softmax(exact), tf.float32)[:, 1:]
  names = tf.constant([name.encode('utf-8') for name in class_names])
  scores, indices = tf.math.top_k(probabilities, k=min(TOP_K, len(class_names)))
  classes = tf.gather(names, indices)
  answer = classes[:, 0]
  if rule is not None:
    answer = tf.where(
      _is_accepted(exact, rule), answer, answers_lib.NONE_OF_THESE
    )
  batch = tf.shape(logits)[0]
  return {
    'answer': answer,
    'classes': classes,
    'scores': scores,
    'class_names': tf.tile(names[tf.newaxis], [batch, 1]),
    'probabilities': probabilities,
    'logits': logits,
  }


def _is_accepted(logits: tf.Tensor, rule: threshold.Rule) -> tf.Tensor:
  """Returns bool [batch]; see threshold for the rule."""
  scaled = tf.nn.softmax(logits / rule.temperature)
  return (tf.reduce_max(scaled, axis=1) >= rule.threshold) & (
    logits[:, 0] <= tf.reduce_max(logits[:, 1:], axis=1)
  )
