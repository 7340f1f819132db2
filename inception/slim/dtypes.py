"""Number formats of results that need more digits than the layers.

Layers compute in the dtype of their input, which may be bfloat16. Statistics,
losses and logits are float32 then. Where the input is float64 they are float64.

  at_least_float32  converts bfloat16 and float16, and leaves float64 alone
"""

import tensorflow as tf


def at_least_float32(tensor: tf.Tensor) -> tf.Tensor:
  """Returns a float tensor as float32, or unchanged if it is float64."""
  return tensor if tensor.dtype == tf.float64 else tf.cast(tensor, tf.float32)
