"""Tests of the SavedModel, loaded as its user loads it."""

import base64
import json

import numpy as np
import pytest
import tensorflow as tf

from inception import image_processing
from inception.exporting import export_files
from inception.exporting import export_model
from inception.exporting import export_reader
from inception.exporting import saved_model_runner
from inception.images import image_coder
from inception.inference import folded_network
from inception.testing import exported_models
from inception.testing import image_folders

_FILES = [
  image_folders.image_file(0, height=90, width=121),
  image_folders.image_file(1, height=90, width=120, orientation=6),
  image_folders.image_file(2, file_format='PNG', mode='LA'),
]


@pytest.fixture(name='folder', scope='module')
def _folder():
  return exported_models.saved_model()


@pytest.fixture(name='loaded', scope='module')
def _loaded(folder):
  return saved_model_runner.Runner(folder)


@pytest.fixture(name='expected', scope='module')
def _expected():
  """Returns the pictures as predict sees them, and the network's results."""
  images = tf.stack([
    image_processing.eval_image(
      image_coder.encode(data).jpeg, size=exported_models.IMAGE_SIZE
    )
    for data in _FILES
  ])
  network = folded_network.FoldedNetwork(
    exported_models.model().values, image_size=exported_models.IMAGE_SIZE
  )
  return images, network(images)


def test_signatures_have_the_names_of_tensorflow_serving(loaded):
  assert set(loaded.signatures) == {
    'serving_default',
    'classify',
    'predict',
    'explain',
    'describe',
  }
  _, inputs = loaded.signatures['serving_default'].structured_input_signature
  # Serving decodes {"b64": ...} for names that end so.
  assert list(inputs) == ['image_bytes']
  assert inputs['image_bytes'].shape.as_list() == [None]


@pytest.mark.parametrize('name', ['serving_default', 'classify'])
def test_files_give_the_answers_of_the_network(loaded, expected, name):
  outputs = loaded.signatures[name](image_bytes=tf.constant(_FILES))
  _, results = expected
  probabilities = tf.nn.softmax(results.logits).numpy()[:, 1:]
  np.testing.assert_allclose(outputs['probabilities'], probabilities, atol=1e-5)
  np.testing.assert_allclose(
    outputs['features'], results.features, rtol=1e-3, atol=1e-5
  )
  assert outputs['note'].numpy().tolist() == [b''] * 3
  names = exported_models.model().info.class_names
  for i, label in enumerate(probabilities.argmax(axis=1)):
    assert outputs['classes'][i, 0].numpy().decode() == names[label]


def test_pixels_give_the_same_answers(loaded, expected):
  images, results = expected
  outputs = loaded.signatures['predict'](images=images)
  np.testing.assert_allclose(outputs['logits'], results.logits, atol=1e-4)
  assert 'note' not in outputs


def test_description_is_inside(loaded, folder):
  text = loaded.signatures['describe']()['description'].numpy().decode()
  model = exported_models.model(rule=exported_models.RULE)
  assert json.loads(text) == export_model.description(model)
  assert json.loads(text)['none_of_these'] == {
    'temperature': 1.5,
    'threshold': 0.2,
  }
  assert export_reader.read_description(folder) == json.loads(text)
  labels = folder / export_files.EXTRA / export_files.LABELS
  assert labels.read_text('utf-8').splitlines() == list(model.info.class_names)


def test_runner_takes_files_and_pixels(loaded, expected):
  images, results = expected
  encoded = [base64.b64decode(base64.b64encode(data)) for data in _FILES]
  np.testing.assert_allclose(
    loaded.of_files(encoded), tf.nn.softmax(results.logits)[:, 1:], atol=1e-5
  )
  np.testing.assert_allclose(loaded.logits(images), results.logits, atol=1e-4)
  with pytest.raises(tf.errors.InvalidArgumentError):
    loaded.of_files([b'<html>'])
