"""Tests of inception.training.training_data, alone and under a training."""

import contextlib
import pathlib

import numpy as np
import pytest
import tensorflow as tf

from inception import dataset as dataset_lib
from inception import inception_model
from inception import inception_train
from inception.checkpoints import run_info
from inception.hardware import replicas
from inception.input import decoded_images
from inception.input import input_pipeline
from inception.input import network_features
from inception.settings import training_config
from inception.testing import datasets
from inception.training import run_spec
from inception.training import time_limit
from inception.training import train_events
from inception.training import training_data


@pytest.fixture(scope='module')
def data(tmp_path_factory):
  return datasets.write(
    tmp_path_factory.mktemp('data'),
    {'train': 7, 'validation': 4},
    class_names=('a', 'b', 'c'),
  )


def test_images_start_at_the_given_example(data):
  source = training_data.ImageSource(
    data, datasets.input_config(data), replicas.make()
  )
  batches = source.batches(0)
  first = [next(batches) for _ in range(5)]
  later = next(source.batches(6))
  assert first[0][0].shape == source.input_spec.shape == (2, 75, 75, 3)
  np.testing.assert_array_equal(first[3][0], later[0])
  np.testing.assert_array_equal(first[3][1], later[1])


def test_decoded_images_give_the_same_batches(data, monkeypatch):
  plain = training_data.ImageSource(
    data, datasets.input_config(data), replicas.make()
  )
  kept = training_data.ImageSource(
    data, datasets.input_config(data), replicas.make(), keeps_decoded=True
  )
  loaded = []
  load = decoded_images.load
  monkeypatch.setattr(
    decoded_images,
    'load',
    lambda *arguments: loaded.append(load(*arguments)) or loaded[0],
  )
  expected, batches = plain.batches(3), kept.batches(3)
  for _ in range(5):
    for actual, wanted in zip(next(batches), next(expected)):
      np.testing.assert_array_equal(actual, wanted)
  assert loaded[0].examples_of_shard


@pytest.mark.parametrize(
  ('length', 'is_kept'),
  [
    ({'num_epochs': 2.0}, False),
    ({'num_epochs': 3.0}, True),
    ({'max_steps': 10}, False),
    ({'max_steps': 11}, True),
  ],
)
def test_runs_of_three_epochs_keep_the_decoded_images(
  data, model, monkeypatch, length, is_kept
):
  assert keeps_decoded(data, model, monkeypatch, **length) == is_kept


@pytest.mark.parametrize(
  ('epochs', 'max_steps', 'is_kept'),
  [(2.9, 10**6, False), (3.1, 10**6, True), (100.0, 2, False)],
)
def test_runs_limited_by_time_decode_for_the_images_that_fit(
  data, model, monkeypatch, epochs, max_steps, is_kept
):
  monkeypatch.setattr(
    time_limit,
    'images_that_fit',
    lambda *arguments: epochs * data.num_examples('train'),
  )
  length = dict(minutes=1.0, max_steps=max_steps)
  assert keeps_decoded(data, model, monkeypatch, **length) == is_kept


def keeps_decoded(data, model, monkeypatch, **length):
  """Returns whether a run of this length would keep the decoded images."""
  loads = []
  monkeypatch.setattr(
    decoded_images, 'load', lambda *arguments: loads.append(arguments)
  )
  spec = run_spec.RunSpec(
    dataset=data,
    train_config=training_config.TrainConfig(train_dir='none', **length),
    input_config=datasets.input_config(data),
    replicas=replicas.make(),
  )
  with contextlib.closing(
    training_data.make(spec, model).batches(0)
  ) as batches:
    next(batches)
  return bool(loads)


def test_decoded_batches_need_records(tmp_path):
  data = datasets.write(
    tmp_path, {'train': 2, 'validation': 1}, class_names=('a',)
  )
  source = training_data.ImageSource(
    data, datasets.input_config(data), replicas.make(), keeps_decoded=True
  )
  for path in data.shard_files('train'):
    pathlib.Path(path).write_bytes(b'')
  with pytest.raises(dataset_lib.DatasetError, match='no records'):
    source.batches(0)


@pytest.fixture(scope='module')
def model():
  return inception_model.InceptionModel(
    num_classes=3, trained_scopes=('logits/',)
  )


def feature_source(data, model, train_dir, *, num_views=1, **kwargs):
  """Returns (source, list of progress reports)."""
  progress = []
  return training_data.FeatureSource(
    data,
    datasets.input_config(data, **kwargs),
    replicas.make(),
    model,
    num_views=num_views,
    train_dir=str(train_dir),
    on_progress=lambda *report: progress.append(report),
  ), progress


def test_features_are_those_of_the_network_and_computed_once(
  data, model, tmp_path
):
  source, progress = feature_source(data, model, tmp_path)
  assert progress[0] == (0, 7) and progress[-1] == (7, 7)
  assert source.input_spec.shape == (2, 2048)
  values, labels = source.plain(
    datasets.input_config(data, subset='validation')
  )
  images, expected_labels, _ = next(
    iter(
      input_pipeline.eval_batches(
        data, datasets.input_config(data, subset='validation', batch_size=4)
      )
    )
  )
  # eval_batches and features are both in the order of the shards.
  np.testing.assert_array_equal(labels, expected_labels)
  np.testing.assert_allclose(
    values, model.features(images), rtol=1e-4, atol=1e-4 * np.max(values)
  )
  again, progress = feature_source(data, model, tmp_path)
  assert progress == [(7, 7)]
  ours, theirs = next(source.batches(0)), next(again.batches(0))
  np.testing.assert_array_equal(ours[0], theirs[0])
  np.testing.assert_array_equal(ours[1], theirs[1])
  assert pathlib.Path(data.data_dir, 'features').is_dir()


def test_distorted_views_are_computed_separately(data, model, tmp_path):
  _, progress = feature_source(data, model, tmp_path, num_views=2)
  assert progress[-1] == (14, 14)
  # The plain view already exists.
  assert progress[0] == (7, 14)


def test_features_without_a_seed_are_rejected(data, model, tmp_path):
  with pytest.raises(ValueError, match='batches of features need a seed'):
    feature_source(data, model, tmp_path, seed=None)


def test_other_weights_have_other_features(data, model, tmp_path):
  variable = model.variables['conv0/weights']
  before = variable.numpy()
  variable.assign(before * 1.5)
  try:
    _, progress = feature_source(data, model, tmp_path)
  finally:
    variable.assign(before)
  assert progress[0] == (0, 7)


def test_features_do_not_depend_on_the_head(data, model, tmp_path):
  model.variables['logits/logits/biases'].assign_add([1.0, 1.0, 1.0, 1.0])
  _, progress = feature_source(data, model, tmp_path)
  assert progress == [(7, 7)]


def test_features_of_read_only_data_are_kept_in_train_dir(
  data, model, tmp_path, monkeypatch
):
  def refuse(*args, **kwargs):
    raise PermissionError(13, 'Permission denied')

  # Of the user root nothing can be kept out by the folder's mode.
  monkeypatch.setattr(network_features.tempfile, 'TemporaryFile', refuse)
  feature_source(data, model, tmp_path / 'run', image_size=76)
  assert list((tmp_path / 'run' / 'features').glob('features-train-*.npy'))


def values(prefix):
  reader = tf.train.load_checkpoint(prefix)
  return {
    name: reader.get_tensor(name)
    for name in reader.get_variable_to_shape_map()
    if name != run_info.VARIABLE
  }


def train_head(data, train_dir, *, stop_after=None):
  events = []
  result = inception_train.train(
    data,
    training_config.TrainConfig(
      train_dir=str(train_dir),
      trainable_scopes='head',
      max_steps=6,
      optimizer='sgd',
      initial_learning_rate=0.001,
      num_feature_views=2,
      # One call makes the updates up to a step that is saved.
      save_interval_steps=2,
    ),
    datasets.input_config(data),
    on_event=events.append,
    stop_requested=lambda: (
      stop_after is not None
      and sum(isinstance(event, train_events.Stepped) for event in events)
      >= stop_after
    ),
  )
  return result, events


def test_head_is_trained_alone_and_resumed_exactly(data, tmp_path):
  whole, events = train_head(data, tmp_path / 'whole')
  assert any(
    isinstance(event, train_events.CachingFeatures) for event in events
  )
  train_head(data, tmp_path / 'parts', stop_after=2)
  parts, events = train_head(data, tmp_path / 'parts')
  (resumed,) = [
    event for event in events if isinstance(event, train_events.Resumed)
  ]
  assert resumed.step == 2
  ours, expected = values(parts.prefix), values(whole.prefix)
  assert ours.keys() == expected.keys()
  for name, value in expected.items():
    np.testing.assert_allclose(
      ours[name], value, rtol=1e-6, atol=1e-7, err_msg=name
    )
  new = inception_model.InceptionModel(num_classes=3, seed=1)
  for name, variable in new.variables.items():
    assert np.array_equal(variable, ours[name]) != name.startswith(
      'logits/logits/'
    ), name
