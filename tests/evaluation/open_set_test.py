"""Tests of the comparison of two rules for "none of these"."""

import dataclasses

import numpy as np
import pytest

from inception.evaluation import open_set


def row(number, probability, distance, coverage=(0.5, 0.5)):
  return open_set.LeftOut(
    classes=(number,),
    num_known=10,
    num_unknown=5,
    roc_auc={'probability': probability, 'distance': distance},
    coverage=dict(zip(open_set.RULES, coverage)),
  )


def made(*rows):
  return open_set.OpenSet(target_precision=0.9, rows=rows)


def test_distance_is_better_only_where_that_is_clear():
  clear = made(row(0, 0.7, 0.8), row(1, 0.6, 0.72), row(2, 0.8, 0.9))
  assert clear.better == 'distance'
  assert clear.mean('roc_auc', 'probability') == pytest.approx(0.7)
  # The mean gain of 0.1 is less than two of its standard errors.
  unclear = made(row(0, 0.7, 1.0), row(1, 0.6, 0.7), row(2, 0.8, 0.7))
  assert unclear.better == 'probability'
  costly = made(row(0, 0.7, 0.8), row(1, 0.7, 0.81, coverage=(0.5, 0.3)))
  assert costly.better == 'probability'
  assert made(row(0, 0.1, 0.9)).better == 'probability'


def test_json_names_the_classes():
  values = made(row(1, 0.7, 0.8)).to_json(('a', 'b'))
  assert values['left_out'][0]['classes'] == ['b']
  assert values['roc_auc'] == {'probability': 0.7, 'distance': 0.8}
  assert values['better'] == 'probability'


def test_similarity_equals_the_mean_cosine_of_the_roots():
  features = np.array([[1, 0], [4, 9]], np.float32)
  training = np.array([[2, 0], [0, 3], [9, 16]], np.float32)
  # Roots of unit length: (1, 0), (2, 3) / 13 ** 0.5; (1, 0), (0, 1), (0.6, 0.8)
  norm = 13**0.5
  found = open_set.nearest_similarity(features, training, count=2)
  np.testing.assert_allclose(
    found, [(1 + 0.6) / 2, (3 / norm + 3.6 / norm) / 2], rtol=1e-6
  )
  np.testing.assert_allclose(
    open_set.nearest_similarity(features, training, count=9)[0], 1.6 / 3
  )


def draw(count, *, seed):
  """Four classes in directions of their own."""
  rng = np.random.default_rng(seed)
  labels = np.arange(count) % 4
  features = np.abs(rng.normal(size=(count, 12))).astype(np.float32)
  features[np.arange(count), labels] += 12
  return open_set.Features(raw=features, projected=features, labels=labels)


def test_both_rules_reject_a_class_far_from_the_others():
  scores = open_set.compare(
    draw(80, seed=0), draw(60, seed=1), num_classes=4, target_precision=0.9
  )
  assert [one.classes for one in scores.rows] == [(0,), (1,), (2,), (3,)]
  assert (scores.rows[0].num_known, scores.rows[0].num_unknown) == (45, 15)
  for rule in open_set.RULES:
    assert scores.mean('roc_auc', rule) > 0.9
    assert scores.mean('coverage', rule) > 0.8


def test_many_classes_are_left_out_in_groups(monkeypatch):
  monkeypatch.setattr(open_set, '_MOST_GROUPS', 2)
  scores = open_set.compare(
    draw(40, seed=0), draw(20, seed=1), num_classes=4, target_precision=0.5
  )
  assert [one.classes for one in scores.rows] == [(0, 2), (1, 3)]


def test_two_classes_cannot_be_compared():
  one = draw(8, seed=0)
  two = dataclasses.replace(one, labels=one.labels % 2)
  assert open_set.compare(two, two, num_classes=2, target_precision=0.9) is None
  # Only one class has evaluated examples: nothing would be known or unknown.
  same = dataclasses.replace(one, labels=0 * one.labels)
  assert (
    open_set.compare(one, same, num_classes=4, target_precision=0.9) is None
  )
