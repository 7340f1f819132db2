"""Tests of inception.training.periodic_evaluation, with stand-ins."""

import pytest

from inception.checkpoints import checkpoint
from inception.evaluation import evaluator
from inception.testing import run_parts
from inception.training import periodic_evaluation


class Validation:
  """Returns the given precisions one after the other."""

  def __init__(self, *num_correct):
    self._num_correct = list(num_correct)

  def run(self):
    return evaluator.Result(
      num_examples=10, num_correct=self._num_correct.pop(0), num_in_top_k=9, k=2
    )


class Saver:
  """Records the steps of the best models."""

  def __init__(self):
    self.best = []

  def save_best(self, step):
    self.best.append(step)


class FullDisk:
  """A saver that fails."""

  def save_best(self, step):
    raise checkpoint.CheckpointError('no room')


class Made:
  """A PeriodicEvaluation and everything that it uses."""

  def __init__(self, tmp_path, validation, *, saver=None, **settings):
    self.state, self.log = run_parts.State(), run_parts.Log()
    self.saver = saver or Saver()
    self.evaluation = periodic_evaluation.PeriodicEvaluation(
      run_parts.spec(tmp_path, **settings),
      self.state,
      validation,
      saver=self.saver,
      log=self.log,
    )

  def run(self, steps):
    return [self.evaluation.run_if_due(step) for step in steps]


def test_last_step_of_each_interval_and_of_the_run_is_evaluated(tmp_path):
  made = Made(tmp_path, Validation(1, 2, 3), eval_interval_steps=3, max_steps=8)
  was_due = made.run(range(8))
  assert [step for step in range(8) if was_due[step]] == [2, 5, 7]
  assert [event.step for event in made.log.evaluations] == [2, 5, 7]


def test_best_is_saved_and_patience_counts_the_others(tmp_path):
  made = Made(
    tmp_path,
    Validation(5, 4, 5, 6, 6, 1, 2),
    eval_interval_steps=1,
    early_stopping_patience=3,
  )
  over = []
  for step in range(7):
    made.run([step])
    over.append(made.evaluation.patience_is_over)
  assert made.saver.best == [0, 3]
  assert [event.is_best for event in made.log.evaluations] == ([
    True,
    False,
    False,
    True,
    False,
    False,
    False,
  ])
  assert over == 6 * [False] + [True]
  assert float(made.state.best_precision) == pytest.approx(0.6)
  assert made.log.restarts == 7


def test_event_has_the_results_of_the_evaluation(tmp_path):
  made = Made(tmp_path, Validation(4), eval_interval_steps=1)
  made.run([0])
  (event,) = made.log.evaluations
  assert (event.num_examples, event.k) == (10, 2)
  assert (event.precision_at_1, event.recall_at_k) == (0.4, 0.9)


def test_without_patience_nothing_stops(tmp_path):
  made = Made(tmp_path, Validation(5, 1, 1), eval_interval_steps=1)
  made.run(range(3))
  assert not made.evaluation.patience_is_over


@pytest.mark.parametrize('validation,interval', [(None, 1), (Validation(), 0)])
def test_hosts_and_runs_without_validation_evaluate_nothing(
  tmp_path, validation, interval
):
  made = Made(tmp_path, validation, eval_interval_steps=interval, max_steps=2)
  made.run(range(2))
  assert made.log.evaluations == []


def test_failure_to_save_the_best_model_is_an_error(tmp_path):
  made = Made(tmp_path, Validation(1), saver=FullDisk(), eval_interval_steps=1)
  with pytest.raises(checkpoint.CheckpointError, match='no room'):
    made.run([0])
