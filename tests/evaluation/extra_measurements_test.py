"""Tests of the measurements that run the network again."""

import dataclasses
import types

import pytest
import tensorflow as tf

from inception import inception_model
from inception.evaluation import extra_measurements
from inception.evaluation import record_sources
from inception.evaluation import training_examination
from inception.inference import evaluation_network
from inception.settings import config
from inception.testing import answers
from inception.testing import datasets


class _MeanColour:
  """Stands in for the network: the mean colour decides."""

  compute_dtype = tf.float32

  def __init__(self):
    self.feature_variables = {'w': tf.Variable(1.0)}

  def features(self, images):
    return tf.reduce_mean(images, [1, 2]) + self.feature_variables['w']

  def inference(self, images, *, is_training):
    assert not is_training
    return types.SimpleNamespace(logits=self.features(images))


@pytest.fixture(name='measure')
def _measure(tmp_path, monkeypatch):
  """Function from settings of an evaluation to (Extras, progress)."""
  monkeypatch.setattr(inception_model, 'NUM_FEATURES', 3)
  monkeypatch.setattr(
    evaluation_network, 'EvaluationNetwork', lambda model: model
  )
  data = datasets.write(
    tmp_path, {'train': 8, 'validation': 4, 'test': 0}, class_names=('a', 'b')
  )
  sources = record_sources.index(data.shard_files('validation'))
  made = answers.make([[0, 1, 0]] * 4, [source.label for source in sources])

  def measure(is_head_only=True, views=1, **settings):
    progress = []
    extras = extra_measurements.measure(
      _MeanColour(),
      data,
      dataclasses.replace(made, sources=sources),
      config.EvalConfig(
        eval_dir=str(tmp_path / 'eval'), checkpoint_dir='unused', **settings
      ),
      config.InputConfig(
        data_dir=str(tmp_path), subset='validation', batch_size=4, image_size=75
      ),
      views=views,
      is_head_only=is_head_only,
      on_progress=lambda *report: progress.append(report),
    )
    return extras, progress

  return measure


def test_nothing_is_measured_unless_requested(measure):
  extras, progress = measure()
  assert extras.whole is None and extras.validated is None
  assert not progress


def test_complete_pictures_are_compared_on_request(measure):
  extras, progress = measure(examine_training=True)
  assert extras.whole.num_examples == 4
  assert extras.whole.num_correct == 2
  assert extras.validated is None and not progress


@pytest.mark.parametrize('views', [1, 2, 10])
def test_complete_pictures_have_at_most_two_views(measure, monkeypatch, views):
  made = []
  monkeypatch.setattr(
    extra_measurements.views_lib,
    'classifier',
    lambda classify, *, num_views: made.append(num_views) or classify,
  )
  measure(examine_training=True, views=views)
  assert made == [min(views, 2)]


def test_last_layer_is_validated_on_all_subsets(measure):
  extras, progress = measure(cross_validation=3)
  assert sum(extras.validated.num_examples) == 12
  assert len(extras.validated.num_examples) == 3
  assert not extras.validated.is_biased
  assert progress == [(0, 8), (4, 8), (8, 8), (0, 4), (4, 4)]
  extras, progress = measure(cross_validation=3, is_head_only=False)
  assert extras.validated.is_biased
  assert progress == [(8, 8), (4, 4)]


def test_many_pictures_are_sampled(measure, monkeypatch):
  monkeypatch.setattr(training_examination, 'MOST_PICTURES', 6)
  extras, _ = measure(cross_validation=2)
  assert sum(extras.validated.num_examples) == 6
