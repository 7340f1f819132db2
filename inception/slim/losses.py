"""Losses and regularisers.

  l2_regularizer       weight decay
  softmax_cross_entropy  with label smoothing
"""

import tensorflow as tf

from inception.slim import variables


def l2_regularizer(weight: float) -> variables.Regularizer:
  """Returns w -> weight * sum(w^2) / 2, a float32 scalar.

  Raises:
    ValueError: weight is negative.
  """
  if weight < 0:
    raise ValueError(f'weight must be >= 0, got {weight}')
  return lambda tensor: weight * tf.nn.l2_loss(tensor)


def softmax_cross_entropy(logits: tf.Tensor, labels: tf.Tensor, *,
                          label_smoothing: float = 0.0,
                          weight: float = 1.0) -> tf.Tensor:
  """Mean cross-entropy between softmax(logits) and smoothed labels.

  Label smoothing (arXiv 1512.00567, section 7) gives the true class
  1 - label_smoothing and spreads label_smoothing over all classes.

  Args:
    logits: float [batch, num_logits].
    labels: int [batch], in [0, num_logits).
    label_smoothing: in [0, 1).
    weight: multiplies the loss.

  Returns:
    float32 scalar.

  Raises:
    ValueError: label_smoothing is out of range.
  """
  if not 0 <= label_smoothing < 1:
    raise ValueError(f'label_smoothing must be in [0, 1), got '
                     f'{label_smoothing}')
  logits = tf.cast(logits, tf.float32)
  num_logits = logits.shape[-1]
  off = label_smoothing / num_logits
  targets = tf.one_hot(labels, num_logits, on_value=1 - label_smoothing + off,
                       off_value=off)
  losses = tf.nn.softmax_cross_entropy_with_logits(labels=targets,
                                                   logits=logits)
  return weight * tf.reduce_mean(losses)
