"""Tests of the features of the training pictures."""

import dataclasses
import pathlib

import numpy as np
import pytest
import tensorflow as tf

from inception import dataset
from inception.evaluation import training_features
from inception.settings import config
from inception.testing import datasets
from inception.testing import mean_colour


@pytest.fixture(name='data')
def _data(tmp_path, monkeypatch):
  for patch in mean_colour.PATCHES:
    monkeypatch.setattr(*patch)
  return datasets.write(
    tmp_path, {'train': 6, 'validation': 2}, class_names=('a', 'b')
  )


@pytest.fixture(name='arguments')
def _arguments(data, tmp_path):
  settings = config.InputConfig(
    data_dir=data.data_dir, subset='validation', batch_size=4, image_size=75
  )
  return (mean_colour.MeanColour(), data, settings), tmp_path / 'eval'


def test_features_are_kept_with_labels_and_sources(arguments):
  parts, fallback = arguments
  assert training_features.find(*parts, fallback=fallback) is None
  progress = []
  loaded = training_features.load(
    *parts,
    fallback=fallback,
    on_progress=lambda *report: progress.append(report),
  )
  assert progress == [(0, 6), (4, 6), (6, 6)]
  assert len(loaded) == 6
  assert loaded.features.shape == (6, 3)
  assert loaded.features.dtype == np.float32
  assert loaded.labels.tolist() == [1, 2, 1, 2, 1, 2]
  assert [source.file for source in loaded.sources] == [
    f'train{i}.jpg' for i in range(6)
  ]
  found = training_features.find(*parts, fallback=fallback)
  np.testing.assert_array_equal(found.features, loaded.features)
  np.testing.assert_array_equal(found.labels, loaded.labels)
  assert found.sources == loaded.sources


def test_features_of_other_weights_are_not_found(arguments):
  parts, fallback = arguments
  training_features.load(
    *parts, fallback=fallback, on_progress=lambda *report: None
  )
  parts[0].feature_variables['w'].assign(2)
  assert training_features.find(*parts, fallback=fallback) is None


def test_features_of_read_only_records_are_found(arguments, monkeypatch):
  parts, fallback = arguments
  refused = training_features.network_features.folders(
    parts[1].data_dir, fallback
  )[1]
  monkeypatch.setattr(
    training_features.network_features, 'cache_dir', lambda *unused: refused
  )
  training_features.load(
    *parts, fallback=fallback, on_progress=lambda *report: None
  )
  assert list(fallback.glob('features/*.npy'))
  assert training_features.find(*parts, fallback=fallback) is not None


def test_features_that_cannot_be_read_are_not_used(arguments):
  parts, fallback = arguments
  training_features.load(
    *parts, fallback=fallback, on_progress=lambda *report: None
  )
  (path,) = pathlib.Path(parts[1].data_dir, 'features').glob('*.npy')
  path.unlink()
  path.mkdir()
  assert training_features.find(*parts, fallback=fallback) is None


def test_data_without_training_records_have_none(arguments):
  (model, data, settings), fallback = arguments
  training_features.load(
    model, data, settings, fallback=fallback, on_progress=lambda *report: None
  )
  for path in data.shard_files('train'):
    tf.io.gfile.remove(path)
  data = dataclasses.replace(data, num_examples_of={'validation': 2})
  assert training_features.find(model, data, settings, fallback=fallback) is (
    None
  )
  with pytest.raises(dataset.DatasetError, match='train'):
    training_features.load(
      model, data, settings, fallback=fallback, on_progress=lambda *report: None
    )
