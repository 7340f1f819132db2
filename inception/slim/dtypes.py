"""Number formats of results that need more precision than the layers.

Layers compute in the dtype of their input, which may be bfloat16. Statistics,
losses and logits are then float32; for float64 inputs they are float64.

  at_least_float32  converts bfloat16 and float16 to float32, keeps float64
"""

import tensorflow as tf


def at_least_float32(tensor: tf.Tensor) -> tf.Tensor:
  """Returns a float tensor as float32, or unchanged if it is float64."""
  return tensor if tensor.dtype == tf.float64 else tf.cast(tensor, tf.float32)
