"""Tests of inception.training.step_plan, with a clock of their own."""

import pytest

from inception.testing import run_parts
from inception.training import step_plan
from inception.training import train_events

MODERN = dict(learning_rate_schedule='cosine', initial_learning_rate=1.0)


class Run:
  """A plan, and steps that take given seconds."""

  def __init__(self, tmp_path, *, first_step=0, start=0.0, **settings):
    self.events = []
    self.shares = []
    self.time = start
    self.plan = step_plan.StepPlan(
      run_parts.spec(
        tmp_path, on_event=self.events.append, **MODERN | settings
      ),
      first_step=first_step,
      started_at=0.0,
      now=lambda: self.time,
    )
    self.step = first_step - 1

  def make(self, seconds, *, steps=None, evaluation=None):
    """Makes some steps, or all that the plan still has.

    Args:
      seconds: Seconds per step.
      steps: Number of steps; None for all.
      evaluation: (steps between evaluations, seconds of each); there is one
        after the last step, too. None for no evaluations.
    """
    while self.step + 1 < self.plan.num_steps and steps != 0:
      self.step += 1
      self.time += seconds
      self.plan.step_done(self.step)
      self.shares.append(self.plan.rate(self.step))
      if evaluation and (
        (self.step + 1) % evaluation[0] == 0
        or self.step + 1 >= self.plan.num_steps
      ):
        self.time += evaluation[1]
        self.plan.evaluation_done()
      self.plan.next_step()
      steps = steps - 1 if steps is not None else None


def test_without_minutes_the_number_of_steps_is_that_of_the_settings(tmp_path):
  run = Run(tmp_path, max_steps=40)
  run.make(1000.0)
  assert run.step == 39
  assert run.plan.rate(20) == pytest.approx(0.5)
  assert not run.events


def test_steps_fill_the_minutes_but_for_the_time_of_saving(tmp_path):
  # 20 seconds of 120 passed before the first step, and 3 are for saving.
  run = Run(tmp_path, minutes=2, start=20.0)
  run.make(0.5)
  assert run.time == pytest.approx(117.0, abs=0.5)


def test_slower_steps_shorten_the_run(tmp_path):
  run = Run(tmp_path, minutes=2)
  run.make(0.5, steps=60)
  assert run.plan.num_steps == pytest.approx(117 / 0.5, abs=1)
  run.make(2.0)
  # No plan is older than 10 steps.
  assert 110 <= run.time <= 117 + 20
  assert run.plan.num_steps < 117 / 0.5


def test_rates_follow_the_plan(tmp_path):
  run = Run(tmp_path, minutes=1)
  run.make(0.19, steps=10)
  # (60 - 3) / 0.19
  assert run.plan.num_steps == 300
  assert run.plan.rate(150) == pytest.approx(0.5)
  run.make(0.19)
  assert run.plan.rate(run.step) < 0.001


def test_recalibration_and_evaluation_get_their_time(tmp_path):
  plain = Run(tmp_path, minutes=1)
  plain.make(0.5)
  recalibrated = Run(tmp_path, minutes=1, batch_norm_recalibration_batches=30)
  recalibrated.plan.tracing_seconds = 10.0
  recalibrated.make(0.5)
  # A forward pass of each batch, a third of a step; and tracing.
  assert plain.time - recalibrated.time == pytest.approx(
    30 * 0.5 / 3 + 4, abs=1
  )


def test_each_view_of_an_evaluation_gets_its_time(tmp_path):
  plain = Run(tmp_path, minutes=1)
  plain.make(0.5)
  for views in (1, 10):
    evaluated = Run(
      tmp_path,
      minutes=1,
      eval_interval_steps=1000,
      eval_subset='train',
      eval_views=views,
    )
    evaluated.make(0.5)
    # The forward pass of each of 10 batches is a third of a step, and 3 s are
    # for saving the best.
    assert plain.time - evaluated.time == pytest.approx(
      3 + views * 10 * 0.5 / 3, abs=0.6
    )


@pytest.mark.parametrize(
  ('minutes', 'interval', 'seconds'),
  [(480, 500, 120.0), (60, 200, 60.0), (60, 100, 300.0), (10, 7, 2.0)],
)
def test_evaluations_neither_delay_the_end_nor_raise_the_rate(
  tmp_path, minutes, interval, seconds
):
  run = Run(
    tmp_path, minutes=minutes, eval_interval_steps=interval, eval_subset='train'
  )
  run.make(1.5, evaluation=(interval, seconds))
  assert -1.5 * 10 <= 60 * minutes - 3 - run.time <= seconds + 1.5 * 10
  assert run.shares[-1] < 0.01
  # The first evaluation takes another time than was estimated.
  later = run.shares[interval + 10 :]
  assert max(b - a for a, b in zip(later, later[1:])) < 0.01


def test_plan_is_reported_when_it_changes(tmp_path):
  run = Run(tmp_path, minutes=1)
  run.make(0.5)
  # 1.5 s of 60 are over after three steps, and 3 s are for saving.
  assert run.events == [train_events.Planned(3 + 111, 0.5)]


def test_max_steps_limits_the_plan(tmp_path):
  run = Run(tmp_path, minutes=1, max_steps=7)
  run.make(0.5)
  assert run.step == 6


def test_resumed_run_has_the_minutes_of_its_own_command(tmp_path):
  run = Run(tmp_path, minutes=1, first_step=500)
  run.make(0.5)
  assert run.step == pytest.approx(500 + 57 / 0.5, abs=2)


def test_time_that_is_over_ends_the_run_after_its_first_plan(tmp_path):
  run = Run(tmp_path, minutes=1, start=100.0)
  run.make(0.5)
  assert run.step == 2
