"""Tests of all figures together, against scikit-learn and by hand."""

import json

import numpy as np
import pytest
import sklearn.metrics

from inception.evaluation import metrics
from inception.testing import answers


def test_figures_equal_scikit_learns():
  made = answers.draw(examples=300, num_classes=4, strength=1.0)
  found = metrics.compute(made, k=2)
  accuracy = sklearn.metrics.accuracy_score(made.labels, made.predicted)
  assert found.num_correct == round(accuracy * 300)
  assert found.num_correct == np.trace(found.matrix[:, 1:])
  assert found.num_in_top_k == round(
    300
    * sklearn.metrics.top_k_accuracy_score(
      made.labels, made.logits, k=2, labels=range(5)
    )
  )
  assert found.loss == pytest.approx(
    sklearn.metrics.log_loss(made.labels, made.probabilities, labels=range(5)),
    rel=1e-6,
  )
  for i in range(4):
    theirs = made.labels == i + 1, made.probabilities[:, i + 1]
    assert found.roc_auc[i] == pytest.approx(
      sklearn.metrics.roc_auc_score(*theirs)
    )
    assert found.average_precision[i] == pytest.approx(
      sklearn.metrics.average_precision_score(*theirs)
    )


def test_json_by_hand():
  made = answers.make(
    [[0, 9, 0, 0], [0, 0, 9, 0], [0, 0, 9, 0], [9, 0, 0, 0]], [1, 1, 2, 2]
  )
  found = metrics.compute(made, k=3).to_json()
  assert found == json.loads(json.dumps(found, allow_nan=False))
  assert found['precision_at_1']['value'] == 0.5
  assert found['precision_at_1']['count'] == 2
  # Wilson's formula by hand: 0.5 -+ 0.35.
  assert found['precision_at_1']['interval'] == pytest.approx(
    [0.15, 0.85], abs=1e-3
  )
  assert found['confusion_matrix'] == [[1, 1, 0], [0, 1, 0], [0, 0, 0]]
  assert found['taken_for_background'] == [0, 1, 0]
  assert found['balanced_accuracy'] == 0.5
  first, second, third = found['classes']
  assert (first['name'], first['support']) == ('a', 2)
  assert (first['precision'], first['recall']) == (1, 0.5)
  assert second['f1'] == 0.5
  assert third['precision'] is None
  assert third['recall_interval'] == [None, None]


def test_interval_of_f1_contains_f1():
  found = metrics.compute(answers.draw(examples=90, num_classes=3), k=3)
  low, high = found.class_intervals()['f1'].T
  assert (low < found.scores.f1).all() and (found.scores.f1 < high).all()
  # 2 j / (1 + j) of Wilson's interval of j = correct / union, for class 1.
  correct = found.matrix[0, 1]
  union = found.matrix[0].sum() + found.matrix[:, 1].sum() - correct
  j, z = correct / union, 1.959964
  centre = (j + z**2 / (2 * union)) / (1 + z**2 / union)
  margin = (
    z
    / (1 + z**2 / union)
    * np.sqrt(j * (1 - j) / union + z**2 / (4 * union**2))
  )
  j = centre - margin
  assert low[0] == pytest.approx(2 * j / (1 + j), rel=1e-6)


def test_the_most_frequent_mistakes_come_first():
  made = answers.make(
    [[0, 0, 9], [0, 0, 9], [9, 0, 0], [0, 9, 0]], [1, 1, 2, 1]
  )
  found = metrics.compute(made, k=2)
  assert found.confusions(5) == [(2, 1, 2), (1, 2, 0)]
  assert found.confusions(1) == [(2, 1, 2)]


def test_scaling_corrects_an_overconfident_network():
  made = answers.draw(examples=4000, num_classes=3, strength=1.0)
  sure = answers.make(5 * made.logits, made.labels)
  found = metrics.compute(sure, k=1)
  assert found.temperature > 3
  assert found.scaled_calibration_error < found.calibration_error / 3


@pytest.mark.parametrize('count', [1, 2])
def test_few_examples_still_have_figures(count):
  found = metrics.compute(answers.draw(examples=count, num_classes=3), k=3)
  json.dumps(found.to_json(), allow_nan=False)
