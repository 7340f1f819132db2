"""Tests of views and their mean, against NumPy."""

import numpy as np
import pytest
import tensorflow as tf

from inception.evaluation import views


def test_one_crop_and_its_mirror_image():
  images = np.random.default_rng(0).normal(size=(3, 4, 4, 3))
  found = views.arrange(tf.constant(images))
  assert found.shape == (2, 3, 4, 4, 3)
  np.testing.assert_array_equal(found[0], images)
  np.testing.assert_array_equal(found[1], images[:, :, ::-1])


def test_five_crops_and_their_mirror_images():
  crops = np.random.default_rng(0).normal(size=(2, 5, 4, 4, 3))
  found = views.arrange(tf.constant(crops))
  assert found.shape == (10, 2, 4, 4, 3)
  for i in range(5):
    np.testing.assert_array_equal(found[i], crops[:, i])
    np.testing.assert_array_equal(found[5 + i], crops[:, i, :, ::-1])


def test_probabilities_are_averaged():
  rng = np.random.default_rng(1)
  weights = rng.normal(size=(3, 4)).astype(np.float32)
  arranged = rng.normal(size=(10, 6, 2, 2, 3)).astype(np.float32)

  def classify(images):
    return tf.reduce_mean(images, [1, 2]) @ weights

  found = tf.nn.softmax(
    views.average(classify(arranged[0]), tf.constant(arranged[1:]), classify)
  )
  logits = arranged.mean(axis=(2, 3)) @ weights
  powers = np.exp(logits)
  expected = (powers / powers.sum(axis=2, keepdims=True)).mean(axis=0)
  np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_classifier_averages_the_views():
  rng = np.random.default_rng(2)
  weights = rng.normal(size=(12, 4)).astype(np.float32)
  images = tf.constant(rng.normal(size=(6, 2, 2, 3)).astype(np.float32))

  def classify(images):
    return tf.reshape(images, [-1, 12]) @ weights

  def probabilities(num_views):
    logits = views.classifier(classify, num_views=num_views)(images)
    return tf.nn.softmax(logits)

  plain = tf.nn.softmax(classify(images))
  mirrored = tf.nn.softmax(classify(images[:, :, ::-1]))
  np.testing.assert_array_equal(probabilities(1), plain)
  np.testing.assert_allclose(
    probabilities(2), (plain + mirrored) / 2, rtol=1e-5
  )


def test_a_probability_of_0_has_a_finite_logit():
  found = views.average(
    tf.constant([[0.0, 1000.0]]),
    tf.zeros([1, 1, 1, 1, 3]),
    lambda images: tf.constant([[0.0, 1000.0]]),
  )
  assert np.isfinite(found).all()
  assert float(found[0, 1]) == pytest.approx(0)
