"""Tests of step_profiler, with TensorFlow's profiler and a stand-in."""

import pytest
import tensorflow as tf

from inception.monitoring import step_profiler


@pytest.fixture(name='calls')
def _calls(monkeypatch):
  """The calls of the profiler, in order."""
  calls = []

  class Trace:
    def __init__(self, name, **values):
      self._what = (name, values)

    def __enter__(self):
      calls.append(('enter', *self._what))

    def __exit__(self, *unused):
      calls.append(('exit', self._what[1]['step_num']))

  for name, function in {
    'start': lambda logdir: calls.append(('start', logdir)),
    'stop': lambda save=True: calls.append(('stop', save)),
    'Trace': Trace,
  }.items():
    monkeypatch.setattr(tf.profiler.experimental, name, function)
  return calls


def run(profiler, steps):
  for step in steps:
    profiler.before_step(step)
    profiler.after_step(step)
  profiler.close()
  profiler.close()


def traced(step):
  return [('enter', 'train', {'step_num': step, '_r': 1}), ('exit', step)]


def test_steps_of_the_range_are_profiled_once(calls):
  run(step_profiler.StepProfiler('logs', (2, 3)), range(6))
  assert calls == [('start', 'logs'), *traced(2), *traced(3), ('stop', True)]


def test_run_resumed_inside_the_range_is_profiled_from_there(calls):
  run(step_profiler.StepProfiler('logs', (2, 6)), range(5, 9))
  assert calls == [('start', 'logs'), *traced(5), *traced(6), ('stop', True)]


def test_profile_of_a_run_that_ends_inside_the_range_is_written(calls):
  run(step_profiler.StepProfiler('logs', (2, 6)), range(3))
  assert calls == [('start', 'logs'), *traced(2), ('stop', True)]


def test_trace_of_a_failed_step_is_ended(calls):
  profiler = step_profiler.StepProfiler('logs', (2, 6))
  profiler.before_step(2)
  profiler.close()
  assert calls == [('start', 'logs'), *traced(2), ('stop', True)]


@pytest.mark.parametrize('steps', [None, (7, 8)])
def test_without_a_step_in_the_range_nothing_is_done(calls, steps):
  run(step_profiler.StepProfiler('logs', steps), range(5))
  assert calls == []


def test_tensorflow_writes_the_profile(tmp_path):
  profiler = step_profiler.StepProfiler(tmp_path, (1, 1))
  for step in range(3):
    profiler.before_step(step)
    tf.reduce_sum(tf.ones([20, 20])).numpy()
    profiler.after_step(step)
  profiler.close()
  assert profiler.problem is None
  (profile,) = (tmp_path / 'plugins' / 'profile').glob('*/*.xplane.pb')
  assert profile.stat().st_size > 0


def test_unwritable_folder_is_reported(tmp_path):
  (tmp_path / 'file').write_bytes(b'')
  profiler = step_profiler.StepProfiler(tmp_path / 'file', (0, 1))
  run(profiler, range(3))
  assert 'file' in profiler.problem
  assert profiler.problem.endswith('training continues without it')
  # No profiler is left running.
  run(step_profiler.StepProfiler(tmp_path, (0, 0)), range(1))
  assert list((tmp_path / 'plugins' / 'profile').glob('*/*.xplane.pb'))


def test_another_profiler_keeps_running(tmp_path):
  tf.profiler.experimental.start(str(tmp_path / 'other'))
  profiler = step_profiler.StepProfiler(tmp_path / 'own', (0, 1))
  run(profiler, range(3))
  assert 'Another profiler' in profiler.problem
  tf.profiler.experimental.stop()
  assert list((tmp_path / 'other').rglob('*.xplane.pb'))
