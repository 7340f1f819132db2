"""Tests of inception.slim.convolutions against tf.nn.conv2d."""

import numpy as np
import pytest
import tensorflow as tf

from inception.slim import convolutions
from inception.testing import processors

needs_bfloat16 = pytest.mark.skipif(
  not processors.can_use_bfloat16(), reason=processors.NO_BFLOAT16
)


def values_and_gradients(function, inputs, weights, upstream):
  """Returns (outputs, gradient of inputs, gradient of weights), in float32."""

  @tf.function(autograph=False)
  def graph(inputs, weights):
    with tf.GradientTape() as tape:
      tape.watch([inputs, weights])
      outputs = function(inputs, weights)
    return outputs, *tape.gradient(outputs, [inputs, weights], upstream)

  return [tf.cast(each, tf.float32) for each in graph(inputs, weights)]


def integers(seed, shape, dtype):
  """Small integers, whose sums of products are exact in any order."""
  values = np.random.default_rng(seed).integers(-2, 3, shape)
  return tf.cast(tf.constant(values), dtype)


def conv2d_gradients(batch, size, kernel, dtype, *, function):
  return values_and_gradients(
    function,
    integers(1, [batch, size, size, 5], dtype),
    integers(2, [*kernel, 5, 6], dtype),
    integers(3, [batch, size, size, 6], dtype),
  )


@needs_bfloat16
@pytest.mark.parametrize(
  'kernel', [[3, 3], [5, 5], [1, 7], [7, 1], [1, 3], [3, 1]]
)
@pytest.mark.parametrize('batch,size', [(4, 3), (6, 4), (5, 3), (3, 9)])
def test_joined_rows_have_the_gradients_of_separate_images(kernel, batch, size):
  got = conv2d_gradients(
    batch,
    size,
    kernel,
    tf.bfloat16,
    function=lambda inputs, weights: convolutions.conv2d(
      inputs, weights, strides=1, padding='SAME'
    ),
  )
  expected = conv2d_gradients(
    batch,
    size,
    kernel,
    tf.float32,
    function=lambda inputs, weights: tf.nn.conv2d(inputs, weights, 1, 'SAME'),
  )
  for ours, theirs in zip(got, expected, strict=True):
    # Sums are exact in float32; the result is rounded to 8 bits.
    np.testing.assert_allclose(ours, theirs, rtol=2**-8)


def gradient_shapes(inputs_shape, kernel, *, dtype=tf.bfloat16, strides=1):
  """Returns the shapes of the inputs of each Conv2DBackpropFilter."""

  @tf.function(autograph=False)
  def graph(inputs, weights):
    with tf.GradientTape() as tape:
      tape.watch(weights)
      outputs = convolutions.conv2d(
        inputs, weights, strides=strides, padding='SAME'
      )
    return tape.gradient(outputs, weights)

  concrete = graph.get_concrete_function(
    tf.TensorSpec(inputs_shape, dtype),
    tf.TensorSpec([*kernel, inputs_shape[-1], 6], dtype),
  )
  return [
    operation.inputs[0].shape.as_list()
    for operation in concrete.graph.get_operations()
    if operation.type == 'Conv2DBackpropFilter'
  ]


@pytest.mark.parametrize(
  'inputs_shape,kernel,expected',
  [
    # 16 images of 8 pixels make a row of 128.
    ((32, 8, 8, 5), [7, 1], [2, 8, 128, 5]),
    # The joined direction is the height: the kernel is 1 pixel high.
    ((32, 8, 7, 5), [1, 7], [2, 7, 128, 5]),
    # 8 images of 17 pixels.
    ((32, 17, 17, 5), [7, 1], [4, 17, 136, 5]),
    # A gap of 1 pixel; never fewer than two groups of images.
    ((32, 3, 3, 5), [3, 3], [2, 3, 64, 5]),
    # A prime number of images cannot be divided.
    ((7, 3, 3, 5), [3, 1], [7, 3, 3, 5]),
  ],
)
def test_short_rows_are_joined(inputs_shape, kernel, expected):
  assert gradient_shapes(inputs_shape, kernel) == [expected]


@pytest.mark.parametrize(
  'inputs_shape,kernel,options',
  [
    ((32, 35, 35, 5), [3, 3], {}),  # Rows are long enough.
    ((32, 8, 8, 5), [7, 1], {'dtype': tf.float32}),
    ((32, 8, 8, 5), [1, 1], {}),
    ((32, 8, 8, 5), [2, 1], {}),
    ((32, 8, 8, 5), [3, 3], {'strides': 2}),
    ((None, 8, 8, 5), [7, 1], {}),
    ((1, 8, 8, 5), [7, 1], {}),
  ],
)
def test_other_convolutions_are_left_alone(inputs_shape, kernel, options):
  assert gradient_shapes(inputs_shape, kernel, **options) == [
    list(inputs_shape)
  ]
