"""Losses and regularisers.

l2_regularizer         weight decay
softmax_cross_entropy  cross-entropy with label smoothing
"""

from collections.abc import Sequence

import tensorflow as tf

from inception.slim import dtypes
from inception.slim import variables


def l2_regularizer(weight: float) -> variables.Regularizer:
  """Returns w -> weight * sum(w^2) / 2, a scalar in the dtype of w.

  Raises:
    ValueError: weight is negative.
  """
  if weight < 0:
    raise ValueError(f'weight must be >= 0, got {weight}')
  return lambda tensor: weight * tf.nn.l2_loss(tensor)


def softmax_cross_entropy(
  logits: tf.Tensor,
  labels: tf.Tensor,
  *,
  label_smoothing: float = 0.0,
  weight: float = 1.0,
  class_weights: Sequence[float] = (),
) -> tf.Tensor:
  """Mean cross-entropy between softmax(logits) and smoothed labels.

  Label smoothing (arXiv 1512.00567, section 7) gives the true class
  1 - label_smoothing and spreads label_smoothing over all classes.

  Args:
    logits: float [batch, num_logits].
    labels: int [batch], in [0, num_logits); or float [batch, num_logits],
      each row a distribution over the classes.
    label_smoothing: probability mass spread over all classes, in [0, 1).
    weight: factor of the loss.
    class_weights: num_logits factors of the examples' losses, by their labels;
      empty for 1 throughout.

  Returns:
    Scalar, float64 for float64 logits and float32 for others: the sum over the
    examples divided by their number.

  Raises:
    ValueError: label_smoothing is out of range.
  """
  if not 0 <= label_smoothing < 1:
    raise ValueError(
      f'label_smoothing must be in [0, 1), got {label_smoothing}'
    )
  logits = dtypes.at_least_float32(logits)
  num_logits = logits.shape[-1]
  if labels.dtype.is_integer:
    labels = tf.one_hot(labels, num_logits)
  labels = tf.cast(labels, logits.dtype)
  targets = labels * (1 - label_smoothing) + label_smoothing / num_logits
  losses = tf.nn.softmax_cross_entropy_with_logits(
    labels=targets, logits=logits
  )
  if class_weights:
    losses *= tf.linalg.matvec(labels, tf.constant(class_weights, logits.dtype))
  return weight * tf.reduce_mean(losses)
