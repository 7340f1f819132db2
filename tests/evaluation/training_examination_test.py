"""Tests of the figures from features of the training pictures."""

import dataclasses

import numpy as np
import pytest

from inception.evaluation import training_examination
from inception.evaluation import training_features
from inception.testing import answers


def draw(count, *, seed, num_classes=3):
  rng = np.random.default_rng(seed)
  labels = np.arange(count) % num_classes + 1
  features = np.abs(rng.normal(size=(count, 8))).astype(np.float32)
  features[np.arange(count), labels] += 6
  return features, labels


def training(count, *, wrong=()):
  features, labels = draw(count, seed=0)
  labels[list(wrong)] = labels[list(wrong)] % 3 + 1
  made = answers.make(np.zeros([count, 4]), labels)
  return training_features.TrainingFeatures(
    features=features, labels=labels.astype(np.int32), sources=made.sources
  )


def predictions(count):
  features, labels = draw(count, seed=1)
  made = answers.make(np.eye(4)[labels], labels)
  return dataclasses.replace(made, features=features)


def test_all_figures_are_computed():
  wrong = (5, 40)
  found = training_examination.examine(
    training(90, wrong=wrong),
    predictions(30),
    is_new=True,
    target_precision=None,
  )
  assert {suspect.index for suspect in found.suspects[:2]} == set(wrong)
  assert found.curve.num_pictures[-1] == 90
  assert found.curve.accuracy[-1] > 0.9
  assert found.open_set.target_precision == 0.9
  assert len(found.open_set.rows) == 3
  values = training_examination.to_json(found, training(90), ('a', 'b', 'c'))
  assert values['num_training_pictures'] == 90
  assert values['open_set']['left_out'][2]['classes'] == ['c']


def test_evaluated_training_pictures_have_suspects_only():
  found = training_examination.examine(
    training(30), predictions(30), is_new=False, target_precision=0.5
  )
  assert found.curve is None and found.open_set is None
  values = training_examination.to_json(found, training(30), ('a', 'b', 'c'))
  assert values['learning_curve'] is None and values['open_set'] is None


def test_many_pictures_are_judged_in_parts(monkeypatch):
  monkeypatch.setattr(training_examination, 'MOST_PICTURES', 100)
  wrong = (4, 150, 288)
  found = training_examination.examine(
    training(300, wrong=wrong),
    predictions(15),
    is_new=True,
    target_precision=0.8,
  )
  assert {suspect.index for suspect in found.suspects[:3]} == set(wrong)
  assert found.curve.num_pictures[-1] == 100
  # The classes are counted in all of the pictures.
  assert found.curve.class_counts.sum() == 300


def test_planted_wrong_labels_come_first():
  planted = np.random.default_rng(2).permutation(400)[:20]  # 5 %.
  found = training_examination.find_suspects(
    training(400, wrong=planted), num_classes=3
  )
  first = [suspect.index for suspect in found[:20]]
  assert len(set(first) & set(planted.tolist())) >= 18


def test_predictions_without_features_are_refused():
  with pytest.raises(ValueError, match='need features'):
    training_examination.examine(
      training(9),
      dataclasses.replace(predictions(6), features=None),
      is_new=True,
      target_precision=None,
    )
