"""Runs jobs in parallel and returns their results in order.

run   yields the results in the order of the items
"""

import collections
import concurrent.futures
import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

# Items in progress, or waiting to be yielded, per thread.
_WINDOW_PER_THREAD = 8

_Item = TypeVar('_Item')
_Result = TypeVar('_Result')


def run(
  job: Callable[[_Item], _Result],
  items: Iterable[_Item],
  *,
  num_threads: int,
  batch_size: int = 1,
  window: int | None = None,
) -> Iterator[tuple[_Item, _Result]]:
  """Yields (item, job(item)), in the order of the items.

  Only a few items per thread are in memory, however many there are. If the
  caller stops early or a job raises, the jobs not yet begun are dropped.

  Args:
    job: a function called in several threads at a time.
    items: the items, read a few at a time.
    num_threads: the number of jobs that run at a time.
    batch_size: the number of items that a thread takes at a time. Handing one
      over costs as much as a tenth of the work on a small image, and delays the
      other threads.
    window: the number of batches in progress or waiting to be yielded; None
      allows a few per thread. A caller that takes many results at a time, while
      the threads continue, needs a window of as many.

  Raises:
    Exception: an error of a job, after the results before it, or of `items`.
  """
  window = window or num_threads * max(1, _WINDOW_PER_THREAD // batch_size)
  waiting: collections.deque[
    tuple[tuple[_Item, ...], list[_Result], concurrent.futures.Future[None]]
  ] = collections.deque()
  pool = concurrent.futures.ThreadPoolExecutor(num_threads)
  items = iter(items)
  try:
    while batch := tuple(itertools.islice(items, batch_size)):
      results: list[_Result] = []
      future = pool.submit(_work, job, batch, results)
      waiting.append((batch, results, future))
      if len(waiting) >= window:
        yield from _finished(*waiting.popleft())
    while waiting:
      yield from _finished(*waiting.popleft())
  finally:
    pool.shutdown(cancel_futures=True)


def _work(
  job: Callable[[_Item], _Result],
  batch: Iterable[_Item],
  results: list[_Result],
) -> None:
  for item in batch:
    results.append(job(item))


def _finished(
  batch: Iterable[_Item],
  results: list[_Result],
  future: concurrent.futures.Future[None],
) -> Iterator[tuple[_Item, _Result]]:
  """Yields (item, result) of the finished items, then raises the error."""
  error = future.exception()
  yield from zip(batch, results)
  if error is not None:
    raise error
