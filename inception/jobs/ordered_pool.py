"""Jobs that run side by side and come back in order.

run   the results, as the items come
"""

import collections
import concurrent.futures
import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

# Items under way, or waiting for their turn, for each thread.
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

  However many items there are, a few a thread are all that is in memory. Where
  the caller stops early, or a job raises, the jobs not yet begun are dropped.

  Args:
    job: called in several threads at a time; what it raises, this raises, after
      the results before it.
    items: taken a few at a time.
    num_threads: how many jobs run at a time.
    batch_size: how many items a thread takes at a time. To hand one over costs
      as much as a tenth of the work on a small image, and keeps the other
      threads from theirs.
    window: batches under way or waiting for their turn; None is a few a
      thread. One that takes many results at a time, and lets the threads work
      on meanwhile, needs as many.
  """
  window = window or num_threads * max(1, _WINDOW_PER_THREAD // batch_size)
  waiting = collections.deque()
  pool = concurrent.futures.ThreadPoolExecutor(num_threads)
  items = iter(items)
  try:
    while batch := tuple(itertools.islice(items, batch_size)):
      results = []
      future = pool.submit(_work, job, batch, results)
      waiting.append((batch, results, future))
      if len(waiting) >= window:
        yield from _taken(*waiting.popleft())
    while waiting:
      yield from _taken(*waiting.popleft())
  finally:
    pool.shutdown(cancel_futures=True)


def _work(job, batch, results) -> None:
  for item in batch:
    results.append(job(item))


def _taken(batch, results, future):
  """Yields (item, result) of a batch as far as it came, then raises."""
  error = future.exception()
  yield from zip(batch, results)
  if error is not None:
    raise error
