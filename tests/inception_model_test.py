"""Tests of inception.inception_model against the original's numbers."""

import numpy as np
import pytest
import tensorflow as tf

from inception import inception_model
from inception.testing import golden_model
from inception.testing import goldens
from inception.testing import processors


@pytest.fixture(scope='module')
def model():
  return golden_model.make()


def test_variables_match_the_2016_checkpoint(model):
  def with_six_logits(name, shape):
    head = name.startswith(('logits/', 'aux_logits/FC/'))
    return (*shape[:-1], 6) if head else shape

  expected = {
    name: with_six_logits(name, shape) for name, _, shape in goldens.variables()
  }
  assert {name: tuple(v.shape) for name, v in model.variables.items()} == (
    expected
  )
  assert len(model.trainable_variables) == 196
  assert not any('moving' in name for name in model.trainable_variables)


def test_classifier_variables_are_the_two_classifiers(model):
  assert sorted(model.classifier_variables) == [
    'aux_logits/FC/biases',
    'aux_logits/FC/weights',
    'logits/logits/biases',
    'logits/logits/weights',
  ]


def test_features_depend_on_neither_head(model):
  names = model.feature_variables.keys()
  # The auxiliary head has two convolutions, of four variables each.
  assert len(names) == 388 - 4 - 2 * 4
  assert {name.split('/')[0] for name in model.variables.keys() - names} == {
    'logits',
    'aux_logits',
  }


@pytest.mark.parametrize('name', ['logits', 'aux_logits'])
def test_evaluation_logits_in_float64_are_exact(name):
  exact = golden_model.make(compute_dtype=tf.float64, fused_batch_norm=False)
  outputs = exact.inference(golden_model.images(1000, 2), is_training=False)
  assert getattr(outputs, name).dtype == tf.float64
  np.testing.assert_allclose(
    getattr(outputs, name),
    goldens.load_exact()['eval_forward'][name],
    rtol=1e-6,
  )


@pytest.mark.parametrize('name', ['logits', 'aux_logits'])
def test_evaluation_logits_equal_the_originals(model, name):
  outputs = model.inference(golden_model.images(1000, 2), is_training=False)
  expected = np.array(goldens.load()['eval_forward'][name])
  # Evaluation amplifies rounding less than training: goldens.json is within
  # 1.4e-6 of the exact values, and other processors' kernels are as close.
  np.testing.assert_allclose(
    getattr(outputs, name), expected, rtol=0, atol=1e-5 * np.abs(expected).max()
  )
  assert outputs.updates == []


@pytest.mark.skipif(
  not processors.can_use_bfloat16(), reason=processors.NO_BFLOAT16
)
def test_bfloat16_logits_are_close_and_float32(model):
  small = inception_model.InceptionModel(
    num_classes=5, compute_dtype=tf.bfloat16
  )
  golden_model.assign(small)
  images = golden_model.images(1000, 2)[:, :75, :75]
  outputs = small.inference(images, is_training=False)
  expected = model.inference(images, is_training=False).logits
  assert outputs.logits.dtype == tf.float32
  # bfloat16 rounds by up to 2^-9 = 0.2 %. The kernels of three processor
  # settings were within 0.9 %.
  np.testing.assert_allclose(
    outputs.logits, expected, rtol=0, atol=0.05 * np.abs(expected).max()
  )


def test_loss_is_the_sum_of_its_parts_by_numpy(model):
  logits = np.array([[1.0, 2.0, 3.0, 0.0, 0.0, 0.0]], np.float32)
  aux = np.array([[0.0, 0.0, 0.0, 4.0, 0.0, 0.0]], np.float32)
  outputs = inception_model.Outputs(
    logits=tf.constant(logits),
    aux_logits=tf.constant(aux),
    end_points={},
    updates=[],
  )

  def cross_entropy(values, label):
    log_softmax = values - np.log(np.exp(values).sum())
    targets = np.full(6, 0.1 / 6)
    targets[label] += 0.9
    return -(targets * log_softmax).sum()

  decayed = sum(
    (v.numpy().astype(np.float64) ** 2).sum() / 2
    for name, v in model.variables.items()
    if name.endswith('/weights')
  )
  losses = model.loss(outputs, tf.constant([3]))
  assert float(losses.main) == pytest.approx(cross_entropy(logits, 3), rel=1e-6)
  assert float(losses.aux) == pytest.approx(
    0.4 * cross_entropy(aux, 3), rel=1e-6
  )
  assert float(losses.regularization) == pytest.approx(
    0.00004 * decayed, rel=1e-5
  )
  assert float(losses.total) == pytest.approx(
    float(losses.main + losses.aux + losses.regularization)
  )


def test_zero_classes_are_refused():
  with pytest.raises(ValueError, match='num_classes must be >= 1, got 0'):
    inception_model.InceptionModel(num_classes=0)
