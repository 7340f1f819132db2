"""Averages a network's answers over several views of each image.

arrange     returns the views of images, or of their five crops
average     returns logits of the mean probabilities
classifier  makes a function that averages a number of views

With 2 views these are the central crop and its mirror image; with 10 the
central crop and those of the four corners, and their mirror images (A.
Krizhevsky et al., ImageNet Classification, 2012, section 4.1).
"""

from collections.abc import Callable

import tensorflow as tf


def arrange(images: tf.Tensor) -> tf.Tensor:
  """Returns the views, the central crop first.

  Args:
    images: float [batch, size, size, 3], or [batch, crops, size, size, 3] with
      the central crop first.

  Returns:
    float [2 * crops, batch, size, size, 3]: every crop, then their mirror
    images.
  """
  if images.shape.rank == 4:
    images = images[:, tf.newaxis]
  crops = tf.transpose(images, [1, 0, 2, 3, 4])
  return tf.concat([crops, tf.reverse(crops, axis=[3])], axis=0)


def average(
  central_logits: tf.Tensor,
  others: tf.Tensor,
  classify: Callable[[tf.Tensor], tf.Tensor],
) -> tf.Tensor:
  """Returns logits whose softmax is the mean of the views' probabilities.

  Args:
    central_logits: logits of the first view, float32 [batch, outputs].
    others: the other views, float [views - 1, batch, size, size, 3].
    classify: function of images that returns logits; traced once, and called
      for one view at a time, so that it needs the memory of a single view.
  """
  probabilities = tf.map_fn(
    lambda view: tf.nn.softmax(classify(view)),
    others,
    fn_output_signature=tf.float32,
    parallel_iterations=1,
  )
  total = tf.reduce_sum(probabilities, axis=0) + tf.nn.softmax(central_logits)
  count = tf.cast(tf.shape(others)[0] + 1, tf.float32)
  # The logarithm of a probability that underflowed must be finite.
  return tf.math.log(tf.maximum(total / count, 1e-37))


def classifier(
  classify: Callable[[tf.Tensor], tf.Tensor], *, num_views: int
) -> Callable[[tf.Tensor], tf.Tensor]:
  """Returns a function from images, or their crops, to averaged logits.

  Args:
    classify: function from images, float [batch, size, size, 3], to logits.
    num_views: number of views. With 1, `classify` itself is returned; otherwise
      the function averages all views that `arrange` makes of its input: 2 of
      images, 10 of five crops.
  """
  if num_views == 1:
    return classify

  def averaged(images: tf.Tensor) -> tf.Tensor:
    arranged = arrange(images)
    return average(classify(arranged[0]), arranged[1:], classify)

  return averaged
