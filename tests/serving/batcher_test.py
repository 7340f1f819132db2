"""Tests that concurrent items share calls."""

import asyncio
import threading

import pytest

from inception.serving import batcher


class Recorder:
  """Doubles numbers; the first call waits for `go`."""

  def __init__(self):
    self.batches = []
    self.go = threading.Event()

  def __call__(self, items):
    self.batches.append(list(items))
    assert self.go.wait(10)
    if 13 in items:
      raise ValueError('unlucky')
    return [2 * item for item in items]


async def _first_runs(run):
  while not run.batches:
    await asyncio.sleep(0.001)


def test_items_that_wait_share_the_next_calls():
  run = Recorder()

  async def main():
    double = batcher.Batcher(run, max_batch=3)
    tasks = [asyncio.create_task(double(0))]
    await _first_runs(run)
    tasks += [asyncio.create_task(double(item)) for item in range(1, 6)]
    await asyncio.sleep(0)
    run.go.set()
    return await asyncio.gather(*tasks)

  assert asyncio.run(main()) == [0, 2, 4, 6, 8, 10]
  assert run.batches == [[0], [1, 2, 3], [4, 5]]


def test_items_of_ended_requests_are_left_out():
  run = Recorder()

  async def main():
    double = batcher.Batcher(run, max_batch=3)
    tasks = [asyncio.create_task(double(item)) for item in range(4)]
    await _first_runs(run)
    tasks[1].cancel()  # In the batch that runs.
    tasks[3].cancel()  # Waits.
    last = asyncio.create_task(double(4))
    await asyncio.sleep(0)
    run.go.set()
    return await asyncio.gather(tasks[0], tasks[2], last)

  assert asyncio.run(main()) == [0, 4, 8]
  assert run.batches == [[0, 1, 2], [4]]


def test_error_reaches_its_batch_only():
  run = Recorder()
  run.go.set()

  async def main():
    double = batcher.Batcher(run, max_batch=2)
    found = await asyncio.gather(
      double(13), double(1), double(2), return_exceptions=True
    )
    with pytest.raises(ValueError, match='unlucky'):
      await double(13)
    return found, await double(3)

  found, last = asyncio.run(main())
  assert [str(item) for item in found] == ['unlucky', 'unlucky', '4']
  assert last == 6
