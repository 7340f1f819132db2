"""Tests that the mean of a class's map is its logit minus the bias."""

import numpy as np
import tensorflow as tf

from inception import inception_model
from inception.evaluation import activation_maps


def test_maps_equal_hand_computed_ones():
  feature_map = tf.constant([[[[1.0, 2], [3, 4]]]])  # One row of two positions.
  weights = tf.constant([[1.0, 10], [0, 100]])
  found = activation_maps.class_activation_maps(
    tf.tile(feature_map, [2, 1, 1, 1]), weights, tf.constant([0, 1])
  )
  np.testing.assert_array_equal(found, [[[1, 3]], [[210, 430]]])


def test_the_maps_of_inception_add_up_to_its_logits():
  model = inception_model.InceptionModel(num_classes=3, seed=1)
  biases = model.variables['logits/logits/biases']
  biases.assign([1.0, 2, 3, 4])
  images = tf.random.stateless_uniform([2, 107, 107, 3], [1, 2], -1, 1)
  outputs = model.inference(images, is_training=False)
  for label in range(4):
    maps = activation_maps.class_activation_maps(
      outputs.end_points[activation_maps.FEATURE_MAP],
      model.variables[activation_maps.WEIGHTS],
      tf.fill([2], label),
    )
    assert maps.shape[1] > 1
    np.testing.assert_allclose(
      tf.reduce_mean(maps, [1, 2]) + biases[label],
      outputs.logits[:, label],
      rtol=1e-4,
      atol=1e-5,
    )
