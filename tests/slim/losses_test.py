"""Tests of inception.slim.losses against NumPy."""

import numpy as np
import pytest
import tensorflow as tf

from inception.slim import losses


def reference(logits, labels, smoothing):
  logits = np.asarray(logits, np.float64)
  log_softmax = logits - np.log(np.exp(logits).sum(1, keepdims=True))
  targets = np.full(logits.shape, smoothing / logits.shape[1])
  targets[np.arange(len(labels)), labels] += 1 - smoothing
  return -(targets * log_softmax).sum(1).mean()


LOGITS = [[1.0, -2.0, 0.5], [0.0, 3.0, -1.0]]


@pytest.mark.parametrize('smoothing', [0.0, 0.1, 0.5])
@pytest.mark.parametrize('weight', [1.0, 0.4])
def test_softmax_cross_entropy(smoothing, weight):
  got = losses.softmax_cross_entropy(
    tf.constant(LOGITS),
    tf.constant([2, 1]),
    label_smoothing=smoothing,
    weight=weight,
  )
  assert float(got) == pytest.approx(
    weight * reference(LOGITS, [2, 1], smoothing), rel=1e-6
  )


def test_softmax_cross_entropy_is_float32_for_bfloat16_logits():
  got = losses.softmax_cross_entropy(
    tf.constant(LOGITS, tf.bfloat16), tf.constant([2, 1])
  )
  assert got.dtype == tf.float32


@pytest.mark.parametrize(
  'labels',
  [tf.constant([2, 1]), tf.constant([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0]])],
)
def test_softmax_cross_entropy_computes_in_float64_for_float64_logits(labels):
  got = losses.softmax_cross_entropy(
    tf.constant(LOGITS, tf.float64),
    labels,
    label_smoothing=0.1,
    weight=0.4,
    class_weights=[2.0, 2.0, 2.0],
  )
  assert got.dtype == tf.float64
  # In float32 the error would be at least 1e-8.
  assert float(got) == pytest.approx(
    2 * 0.4 * reference(LOGITS, [2, 1], 0.1), rel=1e-13
  )


@pytest.mark.parametrize('smoothing', [-0.1, 1.0])
def test_softmax_cross_entropy_refuses_smoothing_out_of_range(smoothing):
  with pytest.raises(ValueError, match='label_smoothing must be in'):
    losses.softmax_cross_entropy(
      tf.constant(LOGITS), tf.constant([2, 1]), label_smoothing=smoothing
    )


def test_l2_regularizer_is_half_the_sum_of_squares():
  assert float(losses.l2_regularizer(0.1)(tf.constant([3.0, 4.0]))) == (
    pytest.approx(0.1 * 25 / 2)
  )


def test_l2_regularizer_refuses_a_negative_weight():
  with pytest.raises(ValueError, match='weight must be >= 0'):
    losses.l2_regularizer(-1.0)
