"""Tests that a checkpoint's network answers as evaluation does."""

import numpy as np
import pytest
import tensorflow as tf

from inception.checkpoints import checkpoint_files
from inception.prediction import checkpoint_choice
from inception.prediction import classifier
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
  with pytest.raises(checkpoint_choice.ModelError, match='in another way'):
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
