"""Tests of the speed of products of matrices."""

import tensorflow as tf

from inception.hardware import matrix_speed


def test_speed_is_that_of_the_median_product(monkeypatch):
  # Start and end of the first product and of three others: 9, 4, 2, 3 seconds.
  times = iter([0, 9, 10, 14, 20, 22, 30, 33])
  monkeypatch.setattr(
    matrix_speed.time, 'perf_counter', lambda: float(next(times))
  )
  for_three = matrix_speed.multiply_adds_per_second(
    tf.float32, size=6, products=3
  )
  assert for_three == 6**3 / 3


def test_every_dtype_of_the_network_has_a_speed():
  for dtype in (tf.float32, tf.bfloat16, tf.float16):
    assert matrix_speed.multiply_adds_per_second(dtype, size=8, products=1) > 0
