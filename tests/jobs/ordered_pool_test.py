"""Tests of running jobs in parallel with results in order."""

import threading
import time

import pytest

from inception.jobs import ordered_pool


def run(job, items, num_threads=4):
  return list(ordered_pool.run(job, items, num_threads=num_threads))


@pytest.mark.parametrize('num_threads', [1, 2, 7])
def test_results_come_with_their_items_in_order(num_threads):
  def job(item):
    time.sleep(0.005 if item % 5 == 0 else 0)  # The first are not the fastest.
    return item * item

  assert run(job, range(100), num_threads) == [(i, i * i) for i in range(100)]


def test_no_items_give_no_results():
  assert run(str, []) == []


def test_num_threads_jobs_run_at_a_time():
  barrier = threading.Barrier(3, timeout=10)
  # Each job waits for two others; with fewer threads the barrier would break.
  assert len(run(lambda _: barrier.wait(), range(9), num_threads=3)) == 9


def test_few_items_are_read_before_the_first_result():
  taken = []

  def items():
    for i in range(10_000):
      taken.append(i)
      yield i

  results = ordered_pool.run(str, items(), num_threads=3)
  assert not taken
  assert next(results) == (0, '0')
  assert len(taken) <= 3 * 8
  for _ in range(50):
    next(results)
  assert len(taken) <= 3 * 8 + 50
  results.close()


def test_error_is_raised_after_the_earlier_results():
  seen, begun = [], []

  def job(item):
    begun.append(item)
    if item == 5:
      raise ZeroDivisionError(item)
    return item

  with pytest.raises(ZeroDivisionError):
    for item, _ in ordered_pool.run(job, range(1000), num_threads=2):
      seen.append(item)
  assert seen == [0, 1, 2, 3, 4]
  assert len(begun) < 50


def test_caller_that_stops_early_waits_only_for_running_jobs():
  release, begun = threading.Event(), []

  def job(item):
    begun.append(item)
    if item:
      release.wait(10)
    return item

  results = ordered_pool.run(job, range(1000), num_threads=2)
  assert next(results) == (0, 0)
  threading.Timer(0.05, release.set).start()
  results.close()
  assert len(begun) <= 4
  assert not [
    thread
    for thread in threading.enumerate()
    if thread.name.startswith('ThreadPoolExecutor')
  ]


def test_error_of_the_items_is_raised():
  def items():
    yield 1
    raise OSError('gone')

  with pytest.raises(OSError, match='gone'):
    run(str, items())


def test_window_is_what_runs_ahead_of_the_caller():
  begun = []
  results = ordered_pool.run(
    lambda item: begun.append(item) or item, range(100), num_threads=2, window=7
  )
  assert next(results) == (0, 0)
  # The window was full before the first was handed out.
  assert len(begun) <= 7
  assert list(results)[-1] == (99, 99)
