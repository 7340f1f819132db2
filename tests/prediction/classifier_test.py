"""Tests that a checkpoint's network answers as evaluation does."""

import types

import numpy as np
import pytest
import tensorflow as tf

from inception.checkpoints import checkpoint_files
from inception.inference import openvino_network
from inception.prediction import checkpoint_choice
from inception.prediction import classifier
from inception.prediction import engines
from inception.testing import checkpoints
from inception.testing import golden_model
from inception.testing import trained_models


@pytest.fixture(name='prefix', scope='module')
def _prefix(tmp_path_factory):
  return trained_models.write(tmp_path_factory.mktemp('train'))


def images():
  return golden_model.images(1000, 2)[:, :75, :75]


def test_probabilities_are_those_of_the_averaged_weights(prefix):
  found, maps = classifier.load(prefix)([images()[:1], images()[1:]])
  logits = golden_model.make().inference(images(), is_training=False).logits
  np.testing.assert_allclose(found, tf.nn.softmax(logits), rtol=0, atol=1e-4)
  assert maps.shape == (2, 1, 1, 2048)


def test_classes_and_size_are_the_checkpoints(prefix):
  loaded = classifier.load(prefix)
  assert loaded.class_names == trained_models.CLASS_NAMES
  assert loaded.image_size == 75
  assert loaded.compute_dtype == tf.float32
  assert loaded.class_weights.shape == (2048, 6)


def test_number_of_views_is_the_checkpoints(prefix, tmp_path):
  assert classifier.load(prefix).views == 1
  averaged = trained_models.write(tmp_path, views=2)
  assert classifier.load(averaged).views == 2


def test_precision_and_labels_of_the_user_win(prefix):
  loaded = classifier.load(prefix, labels=tuple('abcde'), precision='bfloat16')
  assert loaded.class_names == tuple('abcde')
  assert loaded.compute_dtype == tf.bfloat16


def test_checkpoint_of_2016_needs_labels(tmp_path):
  prefix = trained_models.write(tmp_path, with_info=False)
  with pytest.raises(
    checkpoint_choice.ModelError, match='its 5 classes, .* give --labels_file'
  ):
    classifier.load(prefix)
  loaded = classifier.load(prefix, labels=tuple('abcde'))
  assert loaded.class_names == tuple('abcde')
  assert loaded.image_size == 299


def test_wrong_number_of_labels_is_refused(prefix):
  with pytest.raises(
    checkpoint_choice.ModelError, match='has 5 classes, and --labels_file .* 3:'
  ):
    classifier.load(prefix, labels=tuple('abc'))


def test_other_networks_are_refused(tmp_path):
  values = checkpoints.model_values(outputs=6)
  del values['conv0/weights']
  prefix = checkpoints.write_tensorflow(tmp_path, 'model.ckpt', values, step=1)
  with pytest.raises(
    checkpoint_choice.ModelError, match=r'lacks 1 of \d+ .*conv0/weights'
  ):
    classifier.load(prefix, labels=tuple('abcde'))


def test_other_preprocessing_is_refused(tmp_path):
  prefix = trained_models.write(tmp_path, preprocessing={'crop': 1})
  with pytest.raises(
    checkpoint_choice.ModelError, match='prepared differently'
  ):
    classifier.load(prefix)


def test_damaged_information_is_refused(tmp_path):
  values = checkpoints.model_values(outputs=6)
  values = {**values, 'run_info': np.array(b'{')}
  prefix = checkpoints.write_tensorflow(tmp_path, 'model.ckpt', values, step=1)
  with pytest.raises(checkpoint_choice.ModelError, match='run_info is damaged'):
    classifier.load(prefix)


def test_damaged_checkpoint_is_refused(tmp_path):
  prefix = checkpoints.fake_v2(tmp_path / 'model.ckpt-1')
  with pytest.raises(checkpoint_files.DamagedError):
    classifier.load(prefix)


def test_precision_that_openvino_lacks_is_refused(prefix):
  with pytest.raises(
    engines.EngineError,
    match='float16: give --engine=tensorflow, or .*bfloat16',
  ):
    classifier.load(prefix, precision='float16', engine='openvino')


def test_openvino_gets_float32_images(prefix, monkeypatch):
  made = []

  class Network:
    """Stands in for OpenVINO's network."""

    classifier = (np.ones([2048, 6], np.float32), np.zeros([6], np.float32))

    def __init__(self, values, *, image_size, compute_dtype):
      made.append((image_size, compute_dtype))

    def __call__(self, images):
      return types.SimpleNamespace(
        logits=tf.zeros([len(images), 6]), maps=tf.ones([len(images), 1, 1, 2])
      )

  monkeypatch.setattr(openvino_network, 'OpenVinoNetwork', Network)
  loaded = classifier.load(prefix, precision='bfloat16', engine='openvino')
  assert made == [(75, tf.bfloat16)]
  assert loaded.input_dtype == tf.float32
  probabilities, maps = loaded([images()])
  np.testing.assert_allclose(probabilities, 1 / 6)
  assert maps.shape == (2, 1, 1, 2)
