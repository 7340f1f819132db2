"""Tests of folded_network against the numbers of the original."""

import numpy as np
import pytest
import tensorflow as tf

from inception.inference import folded_network
from inception.testing import golden_model
from inception.testing import goldens


@pytest.fixture(scope='module')
def values():
  golden = goldens.load()
  return goldens.seeded_weights(golden['seed'], golden['num_classes'])


def test_fold_is_the_formula_of_batch_norm():
  folded = folded_network.fold({
    'conv/weights': np.full([1, 1, 1, 2], 3.0, np.float32),
    'conv/BatchNorm/beta': np.float32([10, 20]),
    'conv/BatchNorm/moving_mean': np.float32([2, 0]),
    'conv/BatchNorm/moving_variance': np.float32([0.249, 3.999]),
    'logits/logits/weights': np.ones([2, 3], np.float32),
    'logits/logits/biases': np.zeros([3], np.float32),
  })
  # The square roots of 0.25 and 4: factors of 2 and 1/2.
  assert sorted(folded) == [
    'conv/biases',
    'conv/weights',
    'logits/logits/biases',
    'logits/logits/weights',
  ]
  np.testing.assert_allclose(folded['conv/weights'].ravel(), [6, 1.5], 1e-6)
  np.testing.assert_allclose(folded['conv/biases'], [10 - 2 * 2, 20], 1e-6)
  np.testing.assert_array_equal(folded['logits/logits/weights'], 1)
  assert {value.dtype for value in folded.values()} == {np.dtype(np.float32)}


def test_logits_equal_the_originals(values):
  network = folded_network.FoldedNetwork(values, image_size=299)
  results = network(golden_model.images(1000, 2))
  expected = np.array(goldens.load()['eval_forward']['logits'])
  np.testing.assert_allclose(
    results.logits, expected, rtol=0, atol=1e-5 * np.abs(expected).max()
  )
  assert network.num_classes == 5


def test_maps_give_the_features_and_these_the_logits(values):
  network = folded_network.FoldedNetwork(values, image_size=139)
  results = network(golden_model.images(1000, 1)[:, :139, :139])
  assert results.maps.shape == (1, 3, 3, 2048)
  features = results.maps.numpy().mean(axis=(1, 2))
  np.testing.assert_allclose(results.features, features, rtol=1e-4, atol=1e-6)
  weights, biases = network.classifier
  np.testing.assert_allclose(
    results.logits, features @ weights + biases, rtol=1e-4, atol=1e-4
  )


def test_auxiliary_head_may_be_left_out(values):
  images = golden_model.images(1000, 1)[:, :75, :75]
  without = {n: v for n, v in values.items() if not n.startswith('aux_logits/')}
  logits = [
    folded_network.FoldedNetwork(given, image_size=75)(images).logits
    for given in (values, without)
  ]
  np.testing.assert_array_equal(*logits)


def test_weights_as_inputs_give_the_same_logits(values):
  images = golden_model.images(1000, 2)[:, :75, :75]
  constant, variable = (
    folded_network.FoldedNetwork(values, image_size=75, as_constants=choice)
    for choice in (True, False)
  )
  expected = constant(images).logits.numpy()
  np.testing.assert_allclose(
    variable(images).logits,
    expected,
    rtol=0,
    atol=1e-6 * np.abs(expected).max(),
  )


def test_bfloat16_logits_are_near_and_float32(values):
  images = golden_model.images(1000, 2)[:, :75, :75]
  exact, rounded = (
    folded_network.FoldedNetwork(values, image_size=75, compute_dtype=dtype)(
      images
    ).logits
    for dtype in (tf.float32, tf.bfloat16)
  )
  assert rounded.dtype == tf.float32
  np.testing.assert_allclose(
    rounded, exact, rtol=0, atol=0.05 * np.abs(exact).max()
  )
