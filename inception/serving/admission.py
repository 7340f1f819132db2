"""Admits requests within the limits.

Admission    turns a function of (request, body) into a limited endpoint
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from starlette import exceptions
from starlette import requests
from starlette import responses

from inception.serving import limits as limits_lib

_T = TypeVar('_T')
Endpoint = Callable[[requests.Request], Awaitable[responses.Response]]
Answering = Callable[[requests.Request, bytes], Awaitable[responses.Response]]


class Admission:
  """Counts the requests in progress, reads their bodies and limits their time.

  A request counts before its body is read, because bodies are in memory.
  """

  def __init__(self, limits: limits_lib.Limits):
    self._limits = limits
    self._max_bytes = int(limits.max_body_mb * 1e6)
    self._num_requests = 0

  def __call__(self, answer: Answering) -> Endpoint:
    """Returns an endpoint, which raises the HTTPExceptions of the limits."""

    async def endpoint(request: requests.Request) -> responses.Response:
      if self._num_requests >= self._limits.max_requests:
        raise exceptions.HTTPException(
          429,
          f'{self._num_requests} requests are in progress: try again',
          {'Retry-After': '1'},
        )
      self._num_requests += 1
      try:
        body = await _within(
          self._limits.body_timeout_s,
          self._read(request),
          exceptions.HTTPException(
            408,
            'the body did not arrive within '
            f'{self._limits.body_timeout_s:g} seconds',
            {'Connection': 'close'},
          ),
        )
        return await _within(
          self._limits.answer_timeout_s,
          answer(request, body),
          exceptions.HTTPException(
            504, f'no answer within {self._limits.answer_timeout_s:g} seconds'
          ),
        )
      finally:
        self._num_requests -= 1

    return endpoint

  async def _read(self, request: requests.Request) -> bytes:
    """Returns the body.

    Raises:
      HTTPException: the body is too large, which its header may say before it
        arrives; or the client has disconnected.
    """
    refusal = exceptions.HTTPException(
      413, f'the body has more than {self._limits.max_body_mb:g} MB'
    )
    # The HTTP parser has checked that the header is a number.
    if int(request.headers.get('content-length', 0)) > self._max_bytes:
      raise refusal
    body = bytearray()
    try:
      async for part in request.stream():
        body += part
        if len(body) > self._max_bytes:
          raise refusal
    except requests.ClientDisconnect as error:
      raise exceptions.HTTPException(
        400, 'the client has disconnected'
      ) from error
    return bytes(body)


async def _within(
  seconds: float, coroutine: Awaitable[_T], refusal: exceptions.HTTPException
) -> _T:
  """Awaits a coroutine; raises the refusal if that takes longer."""
  try:
    return await asyncio.wait_for(coroutine, seconds)
  except asyncio.TimeoutError as error:
    raise refusal from error
