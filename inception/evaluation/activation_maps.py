"""Shows which parts of an image speak for a class.

class_activation_maps   of a batch, for one class of each image

Inception v3 ends in a mean over the positions of its last feature map and one
linear layer, and the two can be swapped: the logit of a class is the mean of
its map here, plus the class's bias. So the maps are exact, without gradients
(B. Zhou et al., arXiv 1512.04150).
"""

import tensorflow as tf

# The end point whose mean the last layer sees.
FEATURE_MAP = 'mixed_8x8x2048b'
WEIGHTS = 'logits/logits/weights'


def class_activation_maps(
  feature_map: tf.Tensor, weights: tf.Tensor, labels: tf.Tensor
) -> tf.Tensor:
  """Returns what each position adds to the logit of a class.

  Args:
    feature_map: float [batch, height, width, channels].
    weights: float32 [channels, outputs], of the last layer.
    labels: int [batch], the class of each image.

  Returns:
    float32 [batch, height, width]; the mean over the positions is the logit
    less its bias.
  """
  return tf.einsum(
    'bhwc,bc->bhw',
    tf.cast(feature_map, tf.float32),
    tf.gather(tf.transpose(weights), labels),
  )
