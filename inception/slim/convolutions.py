"""Convolutions, with a gradient of the weights that suits small maps.

  conv2d  tf.nn.conv2d, whose gradient in bfloat16 is faster for short rows

oneDNN's gradient of the weights in bfloat16 works along the rows of a map. On a
processor with AVX512-BF16, rows of 3 or 8 pixels take up to three times as long
per operation as long ones. The images of a batch are therefore laid side by
side, which makes long rows. See "Speed of a training step" in
tests/benchmarks/RESULTS.md for the measurements.
"""

import functools
from collections.abc import Callable, Sequence

import tensorflow as tf

# Longer rows gain nothing: 17 pixels still gain 10 %, 24 none.
_SHORT_ROW = 17
# Length of the joined rows in pixels.
_LONG_ROW = 136

_Gradient = Callable[[tf.Tensor], tuple[tf.Tensor, tf.Tensor]]


def conv2d(
  inputs: tf.Tensor, weights: tf.Tensor, *, strides: int, padding: str
) -> tf.Tensor:
  """Computes the 2-D convolution of tf.nn.conv2d, for training.

  Inference should use tf.nn.conv2d: TensorFlow's graph optimiser fuses it with
  biases and ReLU, which a custom gradient may prevent.

  Args:
    inputs: float [batch, height, width, channels].
    weights: [kernel height, kernel width, channels, filters], in the dtype of
      inputs.
    strides: step in both directions, in pixels.
    padding: 'SAME' or 'VALID'.

  Returns:
    [batch, height', width', filters], in the dtype of inputs.
  """
  if strides == 1 and padding == 'SAME' and _has_short_rows(inputs, weights):
    return _conv2d_joining_rows(inputs, weights)
  return tf.nn.conv2d(inputs, weights, strides=strides, padding=padding)


def _has_short_rows(inputs: tf.Tensor, weights: tf.Tensor) -> bool:
  """Returns whether joining rows makes the weights' gradient faster.

  1 x 1 kernels do not depend on rows, kernels of even size have an asymmetric
  padding, which _joined does not provide, and in float32 joined rows take up to
  twice as long.
  """
  kernel = weights.shape[:2]
  return (
    inputs.dtype == tf.bfloat16
    and inputs.shape.is_fully_defined()
    and inputs.shape[0] > 1
    and max(inputs.shape[1:3]) <= _SHORT_ROW
    and max(kernel) > 1
    and all(size % 2 for size in kernel)
    and not tf.config.list_physical_devices('GPU')
  )


@tf.custom_gradient
def _conv2d_joining_rows(
  inputs: tf.Tensor, weights: tf.Tensor
) -> tuple[tf.Tensor, _Gradient]:
  """Convolution with stride 1 and padding 'SAME'; see _has_short_rows."""

  def gradient(upstream: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    return (
      tf.raw_ops.Conv2DBackpropInput(
        input_sizes=inputs.shape,
        filter=weights,
        out_backprop=upstream,
        strides=[1, 1, 1, 1],
        padding='SAME',
      ),
      _weights_gradient(inputs, weights.shape, upstream),
    )

  outputs = tf.nn.conv2d(inputs, weights, strides=1, padding='SAME')
  return outputs, gradient


def _weights_gradient(
  inputs: tf.Tensor, shape: Sequence[int], upstream: tf.Tensor
) -> tf.Tensor:
  """Returns the gradient of the weights, from images joined to long rows.

  Args:
    inputs: float [batch, height, width, channels].
    shape: shape of the weights: kernel height, kernel width, channels, filters.
    upstream: gradient of the outputs, [batch, height, width, filters].
  """
  kernel_height, kernel_width = shape[:2]
  # Joining along the kernel's short side needs the smallest gaps, and none for
  # 7 x 1.
  is_wide = kernel_width > kernel_height
  short, long = sorted(shape[:2])
  join = functools.partial(_joined, gap=short // 2, exchange=is_wide)
  gradient = tf.raw_ops.Conv2DBackpropFilter(
    input=join(inputs),
    filter_sizes=[long, short, *shape[2:]],
    out_backprop=join(upstream),
    strides=[1, 1, 1, 1],
    padding='SAME',
  )
  return tf.transpose(gradient, [1, 0, 2, 3]) if is_wide else gradient


def _joined(images: tf.Tensor, *, gap: int, exchange: bool) -> tf.Tensor:
  """Lays images side by side.

  Args:
    images: [batch, height, width, channels].
    gap: number of zero pixels after each image; half the kernel's width,
      rounded down, keeps the images apart.
    exchange: whether to exchange height and width before.

  Returns:
    [batch / n, height, n * (width + gap), channels].
  """
  batch, height, width, channels = images.shape
  if exchange:
    height, width = width, height
  # At least two rows of images, one per core of a small machine.
  limit = max(1, min(batch // 2, _LONG_ROW // (width + gap)))
  count = max(n for n in range(1, limit + 1) if batch % n == 0)
  groups = tf.reshape(
    images, [batch // count, count, *images.shape[1:3], channels]
  )
  rows = tf.transpose(groups, [0, 3, 1, 2, 4] if exchange else [0, 2, 1, 3, 4])
  if gap:
    rows = tf.pad(rows, [[0, 0], [0, 0], [0, 0], [0, gap], [0, 0]])
  return tf.reshape(
    rows, [batch // count, height, count * (width + gap), channels]
  )
