"""Tests that facts about the mistakes are gathered and written as JSON."""

import dataclasses
import json

import numpy as np
import pytest

from inception import dataset
from inception.evaluation import eval_history
from inception.evaluation import insights
from inception.evaluation import training_features
from inception.testing import answers


@pytest.fixture
def predictions():
  """Answers of which the second and the fourth are wrong."""
  made = answers.make(
    [[0, 3, 0], [0, 0, 1], [0, 0, 2], [0, 5, 0], [0, 1, 0]], [1, 1, 2, 2, 1]
  )
  return dataclasses.replace(
    made,
    features=np.eye(5, dtype=np.float32),
    maps=np.ones([5, 3, 3], np.float32),
  )


def gather(folder, predictions, **kwargs):
  return insights.gather(
    predictions,
    folder,
    eval_history.Evaluation(
      step=7,
      train_dir=str(folder),
      data_dir=str(folder),
      subset='validation',
      views=1,
      num_examples=len(predictions),
      num_correct=int(predictions.is_correct.sum()),
    ),
    **kwargs,
  )


def training_set(predictions, features, *, shard='train-00000-of-00001'):
  return training_features.TrainingFeatures(
    features=np.array(features, np.float32),
    labels=np.arange(len(features)) % 2 + 1,
    sources=[
      dataclasses.replace(predictions.sources[0], shard=shard, record=i)
      for i in range(len(features))
    ],
  )


def test_confident_mistakes_come_first(tmp_path, predictions):
  found = gather(tmp_path, predictions)
  assert found.mistakes.tolist() == [3, 1]
  assert found.slices == [] and found.neighbours == {}
  assert found.audit is None and found.num_training == {}
  assert [point.step for point in found.history] == [7]
  assert [point.step for point in gather(tmp_path, predictions).history] == [7]


def test_facts_are_plain_json(tmp_path, predictions):
  (tmp_path / 'audit.json').write_text(
    '{"num_images": 5, "small_images": [{"path": "b/3.jpg"}]}', encoding='utf-8'
  )
  training = training_set(predictions, np.eye(5)[[3, 1, 1, 3, 0]])
  found = gather(tmp_path, predictions, training=training)
  written = json.loads(json.dumps(found.to_json(predictions), allow_nan=False))
  assert written['audit'] == [
    {'finding': 'small', 'num_examples': 1, 'num_mistakes': 1}
  ]
  assert written['activation_at_border'] == {
    'even': pytest.approx(8 / 9),
    'a': pytest.approx(8 / 9),
    'b': pytest.approx(8 / 9),
  }
  first, second = written['mistakes']
  assert (first['file'], first['class'], first['predicted']) == (
    '3.jpg',
    'b',
    'a',
  )
  assert (first['audit'], second['audit']) == (['small'], [])
  assert [
    (entry['record'], entry['class'], entry['similarity'])
    for entry in first['nearest']
  ] == [
    ('train-00000-of-00001:0', 'a', 1),
    ('train-00000-of-00001:3', 'b', 1),
    ('train-00000-of-00001:1', 'b', 0),
  ]


def test_class_without_a_correct_example_has_no_border_share(tmp_path):
  made = answers.make([[0, 1, 0]], [1])
  made = dataclasses.replace(made, maps=np.ones([1, 3, 3], np.float32))
  found = gather(tmp_path, made).to_json(made)
  assert found['activation_at_border']['b'] is None


def test_a_picture_is_not_its_own_neighbour(tmp_path, predictions):
  training = training_set(
    predictions, predictions.features, shard=predictions.sources[0].shard
  )
  found = gather(tmp_path, predictions, training=training)
  for index, neighbours in found.neighbours.items():
    assert all(entry.source.record != index for entry in neighbours)
    assert len(neighbours) == 3


def test_few_training_pictures_give_no_neighbours(tmp_path, predictions):
  training = training_set(predictions, np.eye(5)[:3])
  assert gather(tmp_path, predictions, training=training).neighbours == {}
  training = training_set(predictions, np.eye(5))
  bare = dataclasses.replace(predictions, features=None)
  assert gather(tmp_path, bare, training=training).neighbours == {}


def test_training_examples_of_each_class(tmp_path, predictions):
  dataset.write_info(
    dataset.Dataset(
      name='x',
      data_dir=str(tmp_path),
      class_names=('a', 'b'),
      num_examples_of={'train': 5},
      examples_per_class={'train': {'a': 2, 'b': 3}},
    )
  )
  assert gather(tmp_path, predictions).num_training == {'a': 2, 'b': 3}
