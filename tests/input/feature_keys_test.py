"""Tests of the keys of cached features; feature_cache_test has more."""

import dataclasses

import pytest
import tensorflow as tf

from inception import image_processing
from inception.input import feature_keys
from inception.input import input_pipeline
from inception.settings import config
from inception.testing import records


@pytest.fixture(name='data')
def _data(tmp_path):
  return records.flat_dataset(tmp_path, num_examples=6)


def _settings(data, **changes):
  return config.InputConfig(data_dir=data.data_dir, seed=7, **changes)


def _network(**changes):
  arguments = {'image_size': 75, 'num_features': 3, 'compute_dtype': 'float32'}
  weights = {'w': tf.Variable([1.0, 2.0])}
  return feature_keys.network(weights, [__file__], **(arguments | changes))


def test_records_have_their_labels(data):
  read = feature_keys.read_records(data, _settings(data))
  assert read.labels.tolist() == [1, 2, 3, 4, 5, 1]
  assert len(read.digest) == 128


def test_network_depends_on_its_settings():
  assert _network() == _network()
  others = [
    _network(image_size=80),
    _network(num_features=4),
    _network(compute_dtype='bfloat16'),
  ]
  assert len({_network(), *others}) == 4


def test_network_depends_on_the_sources_that_make_the_images(monkeypatch):
  assert {image_processing.__file__, input_pipeline.__file__} < set(
    feature_keys._SOURCES
  )
  before = _network()
  monkeypatch.setattr(feature_keys, '_SOURCES', ())
  assert _network() != before


def test_only_distorted_views_depend_on_the_augmentation(data):
  settings = _settings(data)
  keys = feature_keys.of_views(data, settings, 'records', 'network')
  assert [len(key) for key in keys] == [16, 16]
  for change in ({'augmentation': 'light'}, {'seed': 8}):
    plain, distorted = feature_keys.of_views(
      data, dataclasses.replace(settings, **change), 'records', 'network'
    )
    assert plain == keys[0] and distorted != keys[1]
