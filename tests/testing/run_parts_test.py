"""Tests of inception.testing.run_parts."""

from inception.testing import run_parts


def test_spec_has_the_given_settings(tmp_path):
  events = []
  spec = run_parts.spec(tmp_path, on_event=events.append, max_steps=3)
  spec.on_event('event')
  assert events == ['event']
  assert (spec.num_steps, spec.num_examples, spec.replicas.count) == (3, 100, 1)


def test_the_state_begins_at_a_step():
  state = run_parts.State(step=4)
  assert int(state.checkpoint_variables()['global_step']) == 4


def test_log_counts_restarts():
  log = run_parts.Log()
  log.evaluated('event')
  log.restart_clock()
  assert (log.evaluations, log.restarts) == (['event'], 1)
