"""Runs a function on batches of the items that are waiting.

Items that arrive while the function runs are its next batch. A single item
therefore never waits for others, and many items need few calls.
"""

import asyncio
import collections
from collections.abc import Callable, Sequence
from concurrent import futures
from typing import Generic, TypeVar

_Item = TypeVar('_Item')
_Result = TypeVar('_Result')


class Batcher(Generic[_Item, _Result]):
  """Calls a function in a thread of its own, for one event loop."""

  def __init__(
    self, run: Callable[[Sequence[_Item]], Sequence[_Result]], *, max_batch: int
  ):
    """Prepares the thread, which starts with the first item.

    Args:
      run: function that returns one result per item; never called
        concurrently.
      max_batch: maximum number of items in a call.
    """
    self._run = run
    self._max_batch = max_batch
    self._thread = futures.ThreadPoolExecutor(1, 'network')
    self._waiting: collections.deque[tuple[_Item, asyncio.Future[_Result]]] = (
      collections.deque()
    )
    self._runner: asyncio.Task[None] | None = None

  async def __call__(self, item: _Item) -> _Result:
    """Returns the result for an item; an error of the function is raised."""
    future: asyncio.Future[_Result] = asyncio.get_running_loop().create_future()
    self._waiting.append((item, future))
    if self._runner is None or self._runner.done():
      self._runner = asyncio.create_task(self._run_batches())
    return await future

  async def _run_batches(self) -> None:
    """Runs batches until nothing waits."""
    loop = asyncio.get_running_loop()
    while batch := self._next_batch():
      done = loop.run_in_executor(
        self._thread, self._run, [item for item, _ in batch]
      )
      await asyncio.wait([done])
      error = done.exception()
      for index, (_, future) in enumerate(batch):
        if future.done():  # Its request has timed out.
          continue
        if error:
          future.set_exception(error)
        else:
          future.set_result(done.result()[index])

  def _next_batch(self) -> list[tuple[_Item, asyncio.Future[_Result]]]:
    batch: list[tuple[_Item, asyncio.Future[_Result]]] = []
    while self._waiting and len(batch) < self._max_batch:
      item, future = self._waiting.popleft()
      if not future.done():
        batch.append((item, future))
    return batch
