"""Jobs that run side by side and come back in order.

  run   the results, as the items come
"""

import collections
import concurrent.futures
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

# Items under way, or waiting for their turn, for each thread.
_WINDOW_PER_THREAD = 8

_Item = TypeVar('_Item')
_Result = TypeVar('_Result')


def run(job: Callable[[_Item], _Result], items: Iterable[_Item], *,
        num_threads: int) -> Iterator[tuple[_Item, _Result]]:
  """Yields (item, job(item)), in the order of the items.

  However many items there are, a few a thread are all that is in memory. Where
  the caller stops early, or a job raises, the jobs not yet begun are dropped.

  Args:
    job: called in several threads at a time; what it raises, this raises.
    items: taken one by one.
    num_threads: how many jobs run at a time.
  """
  waiting = collections.deque()
  pool = concurrent.futures.ThreadPoolExecutor(num_threads)
  try:
    for item in items:
      waiting.append((item, pool.submit(job, item)))
      if len(waiting) >= num_threads * _WINDOW_PER_THREAD:
        first, future = waiting.popleft()
        yield first, future.result()
    while waiting:
      first, future = waiting.popleft()
      yield first, future.result()
  finally:
    pool.shutdown(cancel_futures=True)
