"""Tests of predicting with an export and with a checkpoint alike."""

import numpy as np
import pytest
import tensorflow as tf

from inception.exporting import any_classifier
from inception.exporting import export_files
from inception.exporting import export_reader
from inception.exporting import saved_classifier
from inception.prediction import classifier
from inception.testing import exported_models
from inception.testing import thresholds

_IMAGES = tf.constant(
  np.random.default_rng(0).uniform(-1, 1, [3, 75, 75, 3]).astype(np.float32)
)


@pytest.fixture(name='folder', scope='module')
def _folder():
  return exported_models.saved_model()


@pytest.fixture(name='network', scope='module')
def _network(folder):
  description = export_reader.read_description(folder)
  network, rule, why_not = any_classifier.load(
    str(folder / export_files.NETWORK),
    description=description,
    stored=None,
    labels=(),
    precision=None,
    starts_fast=True,
  )
  assert rule == exported_models.RULE
  assert why_not == ''
  return network


def test_results_are_those_of_the_checkpoint(network):
  model = exported_models.model()
  expected = classifier.Classifier(
    dict(model.values), model.info, precision='float32'
  )
  probabilities, maps = network([_IMAGES[:1], _IMAGES[1:]])
  theirs, their_maps = expected([_IMAGES])
  np.testing.assert_allclose(probabilities, theirs, atol=1e-6)
  np.testing.assert_allclose(maps, their_maps, rtol=1e-3, atol=1e-4)
  np.testing.assert_array_equal(network.class_weights, expected.class_weights)
  for name in (
    'class_names',
    'class_texts',
    'trained_class_names',
    'image_size',
    'compute_dtype',
  ):
    assert getattr(network, name) == getattr(expected, name), name


def test_views_are_those_of_the_description(folder, network):
  assert network.views == 1
  description = dict(export_reader.read_description(folder), views=2)
  assert saved_classifier.SavedClassifier(folder, description).views == 2
  del description['views']
  assert saved_classifier.SavedClassifier(folder, description).views == 1


def test_labels_replace_the_names(folder, network, monkeypatch):
  monkeypatch.setattr(
    saved_classifier, '_Network', lambda folder: network._network
  )
  description = export_reader.read_description(folder)
  named = saved_classifier.SavedClassifier(
    folder, description, labels=tuple('abcde')
  )
  assert named.class_names == tuple('abcde')
  names = exported_models.model().info.class_names
  assert named.trained_class_names == names


def test_other_labels_need_the_same_number(folder):
  description = export_reader.read_description(folder)
  with pytest.raises(export_files.ExportError, match='--labels_file names 2'):
    saved_classifier.SavedClassifier(folder, description, labels=('a', 'b'))


def test_damaged_graph_is_refused(folder, tmp_path):
  description = export_reader.read_description(folder)
  (tmp_path / export_files.NETWORK).write_bytes(b'damaged')
  with pytest.raises(export_files.ExportError, match='cannot be loaded'):
    saved_classifier.SavedClassifier(tmp_path, description)


def test_checkpoint_is_loaded_with_its_rule(monkeypatch):
  model = exported_models.model()
  network = classifier.Classifier(
    dict(model.values), model.info, precision='float32'
  )
  monkeypatch.setattr(classifier, 'load', lambda prefix, **options: network)
  stored = thresholds.make(
    'model.ckpt-7',
    class_names=model.info.class_names,
    rule=exported_models.RULE,
  )
  for prefix, expected in (
    ('a/model.ckpt-7', exported_models.RULE),
    ('a/model.ckpt-8', None),
  ):
    loaded, rule, why_not = any_classifier.load(
      prefix,
      description=None,
      stored=stored,
      labels=(),
      precision=None,
      starts_fast=False,
    )
    assert loaded is network
    assert rule == expected
    assert bool(why_not) == (expected is None)
