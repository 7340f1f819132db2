"""Measures how fast the machine multiplies matrices.

multiply_adds_per_second  speed of a large product of matrices
"""

import functools
import statistics
import time

import tensorflow as tf

_SIZE = 2048
_PRODUCTS = 5


@functools.cache
def multiply_adds_per_second(
  dtype: tf.DType, *, size: int = _SIZE, products: int = _PRODUCTS
) -> float:
  """Returns the speed of a product of two square matrices on the first device.

  It is measured once: --minutes needs it for the sizes of the images, and again
  for the decision to keep them decoded.

  Args:
    dtype: dtype of the matrices.
    size: number of their rows and columns.
    products: number of products, of whose times the median counts.
  """
  matrix = tf.cast(tf.random.stateless_uniform([size, size], [1, 2]), dtype)

  def seconds() -> float:
    start = time.perf_counter()
    # Reading a value waits for the device.
    tf.linalg.matmul(matrix, matrix)[0, 0].numpy()
    return time.perf_counter() - start

  seconds()  # The first product prepares the device.
  return size**3 / statistics.median(seconds() for _ in range(products))
