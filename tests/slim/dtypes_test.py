"""Tests of inception.slim.dtypes."""

import pytest
import tensorflow as tf

from inception.slim import dtypes


@pytest.mark.parametrize(
  'dtype,expected',
  [
    (tf.float16, tf.float32),
    (tf.bfloat16, tf.float32),
    (tf.float32, tf.float32),
    (tf.float64, tf.float64),
  ],
)
def test_result_is_at_least_float32_and_keeps_float64(dtype, expected):
  got = dtypes.at_least_float32(tf.constant([0.5, 1.0], dtype))
  assert got.dtype == expected
  assert got.numpy().tolist() == [0.5, 1.0]
