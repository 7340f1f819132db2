"""Layers of Inception v3, as functions that create their own variables.

Every layer takes images as [batch, height, width, channels] and runs in the
dtype of its input; variables are always float32.

  conv2d, fc          layers with weights; conv2d optionally with batch norm
  batch_norm          batch normalization (arXiv 1502.03167)
  max_pool, avg_pool, global_avg_pool
  dropout, flatten, pad_to
"""

import dataclasses
from collections.abc import Callable, Sequence

import tensorflow as tf

from inception.slim import convolutions
from inception.slim import dtypes
from inception.slim import losses
from inception.slim import scopes
from inception.slim import variables

Activation = Callable[[tf.Tensor], tf.Tensor]


@dataclasses.dataclass(frozen=True, kw_only=True)
class BatchNormParams:
  """Settings of batch norm.

  Attributes:
    epsilon: constant added to the variance.
    scale: whether to have a gamma; a ReLU followed by another convolution does
      not need one.
    fused: whether to use TensorFlow's fused kernel, which does not support
      float64. False uses separate operations, which are slower and round
      differently; it serves the tests.
  """

  epsilon: float = 0.001
  scale: bool = False
  fused: bool = True


def _fused_moments(
  inputs: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor, epsilon: float
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
  """Returns (normalised inputs, batch mean, batch variance over n)."""
  outputs, mean, unbiased = tf.compat.v1.nn.fused_batch_norm(
    inputs, gamma, beta, epsilon=epsilon, is_training=True
  )
  # The kernel returns the sum of squares divided by n - 1, whereas TF1's moving
  # average and the kernel's own outputs use the variance over n.
  count = tf.cast(tf.size(inputs) / tf.shape(inputs)[-1], tf.float32)
  return outputs, mean, unbiased * ((count - 1) / count)


def _written_out(
  inputs: tf.Tensor,
  gamma: tf.Tensor,
  beta: tf.Tensor,
  mean: tf.Tensor,
  variance: tf.Tensor,
  epsilon: float,
) -> tf.Tensor:
  values = dtypes.at_least_float32(inputs)
  outputs = tf.nn.batch_normalization(
    values,
    *(tf.cast(each, values.dtype) for each in (mean, variance, beta, gamma)),
    epsilon,
  )
  return tf.cast(outputs, inputs.dtype)


def _written_out_moments(
  inputs: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor, epsilon: float
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
  """Returns (normalised inputs, batch mean, batch variance over n)."""
  mean, variance = tf.nn.moments(dtypes.at_least_float32(inputs), [0, 1, 2])
  outputs = _written_out(inputs, gamma, beta, mean, variance, epsilon)
  return outputs, tf.cast(mean, tf.float32), tf.cast(variance, tf.float32)


@scopes.add_arg_scope
def batch_norm(
  inputs: tf.Tensor,
  *,
  is_training: bool = True,
  params: BatchNormParams = BatchNormParams(),
  trainable: bool = True,
  restore: bool = True,
) -> tf.Tensor:
  """Normalises each channel to mean beta and variance 1 (or gamma^2).

  Training uses the batch's own statistics, and reports them as updates of
  moving_mean and moving_variance (the variance over n, not n - 1). Evaluation,
  and training where the store freezes beta, uses these moving averages. See
  arXiv 1502.03167, algorithms 1 and 2.

  Args:
    inputs: float [batch, height, width, channels].
    is_training: whether to use the batch's statistics.
    params: settings; see BatchNormParams.
    trainable: whether beta and gamma are trainable.
    restore: restore mark of the variables.

  Returns:
    Tensor with the shape and dtype of inputs.
  """
  shape = [inputs.shape[-1]]
  with variables.scope('BatchNorm'):

    def variable(
      name: str, initializer: variables.Initializer, learned: bool
    ) -> tf.Variable:
      return variables.variable(
        name,
        shape=shape,
        initializer=initializer,
        trainable=learned,
        restore=restore,
      )

    beta = variable('beta', variables.zeros(), trainable)
    gamma = (
      variable('gamma', variables.ones(), trainable)
      if params.scale
      else tf.ones(shape)
    )
    moving_mean = variable('moving_mean', variables.zeros(), False)
    moving_variance = variable('moving_variance', variables.ones(), False)
    if is_training and variables.is_trained('beta'):
      normalise = _fused_moments if params.fused else _written_out_moments
      outputs, mean, variance = normalise(inputs, gamma, beta, params.epsilon)
      variables.update(moving_mean, mean)
      variables.update(moving_variance, variance)
      return outputs
    if not params.fused:
      return _written_out(
        inputs, gamma, beta, moving_mean, moving_variance, params.epsilon
      )
    return tf.compat.v1.nn.fused_batch_norm(
      inputs,
      gamma,
      beta,
      mean=moving_mean,
      variance=moving_variance,
      epsilon=params.epsilon,
      is_training=False,
    )[0]


@scopes.add_arg_scope
def conv2d(
  inputs: tf.Tensor,
  num_filters: int,
  kernel_size: Sequence[int],
  *,
  stride: int = 1,
  padding: str = 'SAME',
  activation: Activation | None = tf.nn.relu,
  stddev: float = 0.01,
  weight_decay: float = 0.0,
  is_training: bool = True,
  batch_norm_params: BatchNormParams | None = None,
  trainable: bool = True,
  restore: bool = True,
  scope: str | None = None,
) -> tf.Tensor:
  """2-D convolution, then batch norm or biases, then the activation.

  Args:
    inputs: float [batch, height, width, channels].
    num_filters: number of output channels.
    kernel_size: [height, width] of the kernel.
    stride: step in both directions, in pixels.
    padding: 'SAME' or 'VALID'.
    activation: function applied last, or None.
    stddev: standard deviation of the weights' truncated normal initialiser.
    weight_decay: L2 factor of the weights; see losses.l2_regularizer.
    is_training: training mode of batch norm.
    batch_norm_params: settings of batch norm; None uses biases instead.
    trainable: whether the variables are trainable.
    restore: restore mark of the variables.
    scope: name of the layer's scope; None numbers 'Conv'.

  Returns:
    [batch, height', width', num_filters], in the dtype of inputs.
  """
  with variables.scope(scope, default='Conv'):
    weights = variables.variable(
      'weights',
      shape=[*kernel_size, inputs.shape[-1], num_filters],
      initializer=variables.truncated_normal(stddev=stddev),
      regularizer=losses.l2_regularizer(weight_decay) if weight_decay else None,
      trainable=trainable,
      restore=restore,
    )
    convolve = convolutions.conv2d if is_training else tf.nn.conv2d
    outputs = convolve(
      inputs, tf.cast(weights, inputs.dtype), strides=stride, padding=padding
    )
    if batch_norm_params is not None:
      outputs = batch_norm(
        outputs,
        is_training=is_training,
        params=batch_norm_params,
        trainable=trainable,
        restore=restore,
      )
    else:
      biases = variables.variable(
        'biases',
        shape=[num_filters],
        initializer=variables.zeros(),
        trainable=trainable,
        restore=restore,
      )
      outputs = tf.nn.bias_add(outputs, tf.cast(biases, outputs.dtype))
    return outputs if activation is None else activation(outputs)


@scopes.add_arg_scope
def fc(
  inputs: tf.Tensor,
  num_units: int,
  *,
  activation: Activation | None = tf.nn.relu,
  stddev: float = 0.01,
  weight_decay: float = 0.0,
  trainable: bool = True,
  restore: bool = True,
  scope: str | None = None,
) -> tf.Tensor:
  """Fully connected layer: inputs x weights + biases.

  Args:
    inputs: float [batch, units].
    num_units: number of output units.
    activation: function applied last, or None.
    stddev: standard deviation of the weights' truncated normal initialiser.
    weight_decay: L2 factor of the weights; see losses.l2_regularizer.
    trainable: whether the variables are trainable.
    restore: restore mark of the variables.
    scope: name of the layer's scope; None numbers 'FC'.

  Returns:
    [batch, num_units], in the dtype of inputs.
  """
  with variables.scope(scope, default='FC'):
    weights = variables.variable(
      'weights',
      shape=[inputs.shape[-1], num_units],
      initializer=variables.truncated_normal(stddev=stddev),
      regularizer=losses.l2_regularizer(weight_decay) if weight_decay else None,
      trainable=trainable,
      restore=restore,
    )
    biases = variables.variable(
      'biases',
      shape=[num_units],
      initializer=variables.zeros(),
      trainable=trainable,
      restore=restore,
    )
    outputs = tf.nn.bias_add(
      tf.matmul(inputs, tf.cast(weights, inputs.dtype)),
      tf.cast(biases, inputs.dtype),
    )
    return outputs if activation is None else activation(outputs)


@scopes.add_arg_scope
def max_pool(
  inputs: tf.Tensor,
  kernel_size: Sequence[int],
  *,
  stride: int = 2,
  padding: str = 'VALID',
) -> tf.Tensor:
  """Maximum over windows of kernel_size [height, width]."""
  return tf.nn.max_pool2d(inputs, kernel_size, stride, padding)


@scopes.add_arg_scope
def avg_pool(
  inputs: tf.Tensor,
  kernel_size: Sequence[int],
  *,
  stride: int = 2,
  padding: str = 'VALID',
) -> tf.Tensor:
  """Mean over windows of kernel_size [height, width], excluding padding."""
  return tf.nn.avg_pool2d(inputs, kernel_size, stride, padding)


def global_avg_pool(inputs: tf.Tensor) -> tf.Tensor:
  """Mean over height and width: [batch, h, w, c] -> [batch, 1, 1, c]."""
  return tf.reduce_mean(inputs, axis=[1, 2], keepdims=True)


def pad_to(inputs: tf.Tensor, size: Sequence[int]) -> tf.Tensor:
  """Pads height and width with 0 on both sides up to size [height, width]."""

  def margins(length: int, target: int) -> list[int]:
    missing = max(0, target - length)
    return [missing // 2, missing - missing // 2]

  paddings = [
    [0, 0],
    margins(inputs.shape[1], size[0]),
    margins(inputs.shape[2], size[1]),
    [0, 0],
  ]
  return tf.pad(inputs, paddings) if any(map(any, paddings)) else inputs


def flatten(inputs: tf.Tensor) -> tf.Tensor:
  """Reshapes [batch, ...] to [batch, product of the other dimensions]."""
  return tf.reshape(inputs, [-1, inputs.shape[1:].num_elements()])


@scopes.add_arg_scope
def dropout(
  inputs: tf.Tensor,
  *,
  keep_prob: float = 0.5,
  is_training: bool = True,
  seed: tf.Tensor | None = None,
) -> tf.Tensor:
  """Keeps each value with probability keep_prob and scales it by 1/keep_prob.

  Args:
    inputs: float tensor.
    keep_prob: probability of keeping a value, in (0, 1].
    is_training: whether to apply dropout; False returns inputs unchanged.
    seed: int [2]; equal seeds drop the same values. None draws a new one for
      each call.

  Raises:
    ValueError: keep_prob is not in (0, 1].
  """
  if not 0 < keep_prob <= 1:
    raise ValueError(f'keep_prob must be in (0, 1], got {keep_prob}')
  if not is_training or keep_prob == 1:
    return inputs
  if seed is None:
    return tf.nn.dropout(inputs, rate=1 - keep_prob)
  # Sixteen random bits for each value. tf.nn.experimental.stateless_dropout
  # draws a number in the dtype of the inputs: in bfloat16 it has 7 bits, so
  # that 0.797 of the values are kept instead of 0.8, and takes 1.5 times as
  # long.
  count = tf.size(inputs)
  bits = tf.random.stateless_uniform(
    [(count + 1) // 2], seed, minval=None, maxval=None, dtype=tf.int32
  )
  draws = tf.reshape(tf.bitcast(bits, tf.uint16), [-1])[:count]
  threshold = min(max(1, round(keep_prob * 2**16)), 2**16 - 1)
  is_kept = tf.reshape(draws, tf.shape(inputs)) < threshold
  scale = tf.constant(1 / keep_prob, inputs.dtype)
  return tf.where(is_kept, inputs * scale, tf.zeros_like(inputs))
