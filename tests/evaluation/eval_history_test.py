"""Tests that comparable results of earlier evaluations are read back."""

import dataclasses
import os

import pytest

from inception.evaluation import eval_history
from inception.evaluation import proportions
from inception.monitoring import metrics_log


@pytest.fixture
def latest(tmp_path):
  (tmp_path / 'train').mkdir()
  (tmp_path / 'eval').mkdir()
  return eval_history.Evaluation(
    step=30,
    train_dir=str(tmp_path / 'train'),
    data_dir='data',
    subset='validation',
    views=1,
    num_examples=10,
    num_correct=8,
  )


def record(folder, evaluation, **changes):
  eval_history.record(folder, dataclasses.replace(evaluation, **changes))


def test_earlier_results_come_in_order_of_their_steps(tmp_path, latest):
  folder = tmp_path / 'eval'
  record(folder, latest, step=20, num_correct=5)
  record(folder, latest, step=10, num_correct=1)
  record(folder, latest, step=20, num_correct=6)
  record(folder, latest)
  assert eval_history.read(folder, latest) == [
    eval_history.Point(
      step, correct / 10, proportions.wilson_interval(correct, 10)
    )
    for step, correct in ((10, 1), (20, 6), (30, 8))
  ]


@pytest.mark.parametrize(
  'change',
  [
    {'train_dir': 'another'},
    {'data_dir': 'another'},
    {'subset': 'test'},
    {'views': 2},
    {'num_examples': 11},
  ],
)
def test_results_of_something_else_are_left_out(tmp_path, latest, change):
  folder = tmp_path / 'eval'
  record(folder, latest, **{'step': 10} | change)
  assert [point.step for point in eval_history.read(folder, latest)] == [30]


def test_results_of_the_training_count(tmp_path, latest):
  with metrics_log.MetricsLog(tmp_path / 'train') as log:
    log.write('train', 5, total_loss=1.0)
    log.write('eval', 10, precision_at_1=0.3, num_examples=10)
    log.write('eval', 20, precision_at_1=0.4, num_examples=99)
    log.write('eval', 30, precision_at_1=0.5, num_examples=10, views=1)
    log.write('eval', 40, precision_at_1=0.6, num_examples=10, views=2)
  assert [
    (point.step, point.precision)
    for point in eval_history.read(tmp_path / 'eval', latest)
  ] == [(10, 0.3), (30, 0.8)]
  for change, steps in (({'subset': 'train'}, [30]), ({'views': 2}, [30, 40])):
    other = dataclasses.replace(latest, **change)
    points = eval_history.read(tmp_path / 'eval', other)
    assert [point.step for point in points] == steps


def test_damaged_lines_are_skipped(tmp_path, latest):
  folder = tmp_path / 'eval'
  record(folder, latest, step=10)
  with open(folder / 'metrics.jsonl', 'ab') as file:
    file.write(b'{"kind": "evalu\n[]\n\xff\n{"kind": "evaluation"}\n')
  record(folder, latest, step=20)
  assert [point.step for point in eval_history.read(folder, latest)] == [
    10,
    20,
    30,
  ]
  assert os.listdir(folder) == ['metrics.jsonl']


def test_best_checkpoint_belongs_to_the_training_above(tmp_path, monkeypatch):
  (tmp_path / 'best').mkdir()
  best = tmp_path / 'best' / 'model.ckpt-7'
  assert eval_history.train_dir(str(best)) == str(tmp_path / 'best')
  (tmp_path / 'metrics.jsonl').touch()
  assert eval_history.train_dir(str(best)) == str(tmp_path)
  monkeypatch.chdir(tmp_path)
  assert eval_history.train_dir('model.ckpt-7') == str(tmp_path)
