"""Tests of the cached features of Inception v3."""

import pathlib

import numpy as np
import pytest
import tensorflow as tf

from inception.inference import evaluation_network
from inception.input import feature_cache
from inception.input import network_features
from inception.settings import config
from inception.testing import mean_colour
from inception.testing import records


@pytest.fixture(name='data')
def _data(tmp_path, monkeypatch):
  for patch in mean_colour.PATCHES:
    monkeypatch.setattr(*patch)
  return records.flat_dataset(tmp_path, num_examples=5)


def _settings(data):
  return config.InputConfig(data_dir=data.data_dir, image_size=75)


def test_features_are_computed_once_and_found(data, tmp_path):
  model, progress = mean_colour.MeanColour(2.0), []
  folder = tmp_path / 'cache'
  assert network_features.find(model, data, _settings(data), folder=folder) is (
    None
  )
  features = network_features.load(
    model,
    data,
    _settings(data),
    folder=folder,
    on_progress=lambda *report: progress.append(report),
  )
  assert progress == [(0, 5), (5, 5)]
  # The picture with index i has the level 8 i + 4.
  levels = (8 * np.arange(5) + 4) / 127.5 - 1
  np.testing.assert_allclose(
    features.values[0], np.tile(2 * levels[:, None], 3), atol=0.02
  )
  found = network_features.find(model, data, _settings(data), folder=folder)
  np.testing.assert_array_equal(found.values[0], features.values[0])
  model.feature_variables['w'].assign(1)
  assert network_features.find(model, data, _settings(data), folder=folder) is (
    None
  )


class _CountedNetwork:
  """An EvaluationNetwork with a variable of its own, as the real one has."""

  def __init__(self, counts, model):
    counts['made'] += 1
    self._counts = counts
    self._weight = tf.Variable(model.feature_variables['w'])

  def features(self, images):
    self._counts['traced'] += 1
    return tf.reduce_mean(images, [1, 2]) * self._weight


def test_network_is_made_once_and_only_for_missing_features(
  data, tmp_path, monkeypatch
):
  counts = {'made': 0, 'traced': 0}
  monkeypatch.setattr(
    evaluation_network,
    'EvaluationNetwork',
    lambda model: _CountedNetwork(counts, model),
  )
  for _ in range(2):
    features = network_features.load(
      mean_colour.MeanColour(2.0),
      data,
      _settings(data),
      folder=tmp_path / 'cache',
      on_progress=lambda done, total: None,
    )
    assert counts == {'made': 1, 'traced': 1}
  levels = (8 * np.arange(5) + 4) / 127.5 - 1
  np.testing.assert_allclose(
    features.values[0], np.tile(2 * levels[:, None], 3), atol=0.02
  )


def test_folder_is_in_that_of_the_records(data):
  folder = network_features.cache_dir(data.data_dir, 'unused')
  assert pathlib.Path(folder) == pathlib.Path(data.data_dir, 'features')
  assert pathlib.Path(folder).is_dir()


def test_features_of_read_only_data_are_kept_elsewhere(
  data, tmp_path, monkeypatch
):
  def refuse(*args, **kwargs):
    raise PermissionError(13, 'Permission denied')

  # A folder's mode cannot keep out the user root.
  monkeypatch.setattr(network_features.tempfile, 'TemporaryFile', refuse)
  found = network_features.cache_dir(data.data_dir, tmp_path / 'run')
  assert pathlib.Path(found) == tmp_path / 'run' / 'features'


def test_folder_that_cannot_be_created_is_reported(data, tmp_path):
  (tmp_path / 'file').write_bytes(b'')
  with pytest.raises(feature_cache.FeatureError, match='cannot be kept'):
    network_features.load(
      mean_colour.MeanColour(2.0),
      data,
      _settings(data),
      folder=tmp_path / 'file' / 'cache',
      on_progress=lambda done, total: None,
    )
