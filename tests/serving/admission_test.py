"""Tests of the limits on requests, over real connections."""

import asyncio
import concurrent.futures
import http.client
import socket
import time

import pytest
from starlette import applications
from starlette import exceptions
from starlette import responses
from starlette import routing

from inception.serving import admission
from inception.serving import limits
from inception.testing import served_model


async def _error(request, failure):
  return responses.JSONResponse(
    {'error': failure.detail}, failure.status_code, failure.headers
  )


def _app(**limits_kwargs):
  """Returns an application that waits for as many seconds as the body says."""

  async def answer(request, body):
    await asyncio.sleep(float(body or 0))
    return responses.JSONResponse(len(body))

  admit = admission.Admission(limits.Limits(**limits_kwargs))
  return applications.Starlette(
    routes=[routing.Route('/', admit(answer), methods=['POST'])],
    exception_handlers={exceptions.HTTPException: _error},
  )


@pytest.fixture(name='client', scope='module')
def _client():
  app = _app(max_requests=3, max_body_mb=0.1)
  with served_model.running(app) as client:
    yield client


@pytest.fixture(name='hasty', scope='module')
def _hasty():
  """Returns a client of a server with short times."""
  with served_model.running(
    _app(body_timeout_s=0.3, answer_timeout_s=0.3)
  ) as client:
    yield client


def send(client, text, wait_s=60):
  """Sends bytes; returns (status line, headers and body) of the response."""
  with socket.create_connection(('127.0.0.1', client.port), wait_s) as sender:
    sender.sendall(text)
    answer = http.client.HTTPResponse(sender)
    answer.begin()
    return answer.status, answer.headers, answer.read()


def test_body_arrives(client):
  assert client.post('/', b'0.00').json == 4
  assert client.post('/', b'0' * 100_000).json == 100_000


def test_claimed_size_is_refused_before_the_body_is_sent(client):
  begun = time.monotonic()
  status, _, body = send(
    client,
    b'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50000000\r\n\r\n',
  )
  assert status == 413 and b'more than 0.1 MB' in body
  assert time.monotonic() - begun < 10


def test_large_body_without_a_size_is_refused(client):
  chunk = b'4000\r\n' + bytes(0x4000) + b'\r\n'
  status, _, _ = send(
    client,
    b'POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n'
    + 8 * chunk,
  )
  assert status == 413


@pytest.mark.parametrize('part', [b'', b'12'])
def test_slow_body_is_given_up(hasty, part):
  status, headers, body = send(
    hasty,
    b'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n' + part,
  )
  assert status == 408 and b'did not arrive within 0.3 seconds' in body
  assert headers['connection'] == 'close'


def test_slow_answer_is_given_up(hasty):
  reply = hasty.post('/', b'30')
  assert reply.status == 504
  assert reply.json == {'error': 'no answer within 0.3 seconds'}


def test_further_requests_are_refused_and_none_hangs(client):
  with concurrent.futures.ThreadPoolExecutor(40) as pool:
    replies = list(pool.map(lambda _: client.post('/', b'0.2'), range(40)))
  statuses = [reply.status for reply in replies]
  assert set(statuses) == {200, 429}
  assert statuses.count(200) >= 3
  refused = replies[statuses.index(429)]
  assert refused.headers['retry-after'] == '1'
  assert refused.json == {'error': '3 requests are in progress: try again'}
  # They no longer count afterwards.
  assert client.post('/', b'0').status == 200


def test_broken_connections_no_longer_count(client, caplog):
  for _ in range(5):
    with socket.create_connection(('127.0.0.1', client.port)) as sender:
      sender.sendall(
        b'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n1'
      )
  end = time.monotonic() + 30
  while client.post('/', b'0').status != 200:
    assert time.monotonic() < end
  assert not caplog.records


def test_body_in_many_small_parts_takes_no_time(client):
  begun = time.monotonic()
  chunks = 20_000 * b'1\r\n0\r\n' + b'0\r\n\r\n'
  status, _, body = send(
    client,
    b'POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n'
    + chunks,
  )
  assert (status, body) == (200, b'20000')
  assert time.monotonic() - begun < 10
