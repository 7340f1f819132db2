"""Computes the evidence for a class at each position of an image.

class_activation_maps   computes the maps of a batch, for one class per image

Inception v3 ends in a mean over the positions of its last feature map and one
linear layer, and the two can be swapped: the logit of a class is the mean of
its map here, plus the class's bias. So the maps are exact, without gradients
(B. Zhou et al., arXiv 1512.04150).
"""

import tensorflow as tf

# End point whose mean over the positions is the input of the last layer.
FEATURE_MAP = 'mixed_8x8x2048b'
WEIGHTS = 'logits/logits/weights'


def class_activation_maps(
  feature_map: tf.Tensor, weights: tf.Tensor, labels: tf.Tensor
) -> tf.Tensor:
  """Returns the contribution of each position to the logit of a class.

  Args:
    feature_map: float [batch, height, width, channels].
    weights: weights of the last layer, float32 [channels, outputs].
    labels: class of each image, int [batch].

  Returns:
    float32 [batch, height, width]; the mean over the positions is the logit
    less its bias.
  """
  return tf.einsum(
    'bhwc,bc->bhw',
    tf.cast(feature_map, tf.float32),
    tf.gather(tf.transpose(weights), labels),
  )
