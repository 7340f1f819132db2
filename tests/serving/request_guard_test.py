"""Tests of the requests that are refused for their host or origin."""

import asyncio

import pytest
from starlette import responses

from inception.serving import request_guard


def ask(headers, **options):
  """Returns (status, headers) of a response to a request with these headers."""
  sent = []

  async def send(message):
    sent.append(message)

  async def main():
    guard = request_guard.RequestGuard(
      responses.PlainTextResponse('the page'), **options
    )
    scope = {
      'type': 'http',
      'method': 'GET',
      'path': '/',
      'headers': [(k.encode(), v.encode()) for k, v in headers.items()],
    }
    await guard(scope, None, send)

  asyncio.run(main())
  return sent[0]['status'], {
    name.decode(): value.decode() for name, value in sent[0]['headers']
  }


@pytest.mark.parametrize(
  'host',
  ['localhost', 'localhost:8000', '127.0.0.1:1', '[::1]:8000', 'LocalHost:80'],
)
def test_loopback_is_allowed(host):
  assert ask({'host': host})[0] == 200


@pytest.mark.parametrize(
  'host',
  [
    '',
    'evil.example',
    'evil.example:8000',
    'localhost.evil.example',
    'localhost@evil.example',
    '127.0.0.1.evil.example',
    '127.0.0.2',
    '0.0.0.0:8000',
    '[::1',
    '[::2]:8000',
  ],
)
def test_other_hosts_are_refused(host):
  assert ask({'host': host})[0] == 403


def test_missing_host_is_refused():
  assert ask({})[0] == 403


def test_hosts_may_be_named():
  assert ask({'host': 'Garden.local:80'}, hosts=['garden.local'])[0] == 200
  assert ask({'host': 'other.local:80'}, hosts=['garden.local'])[0] == 403


@pytest.mark.parametrize(
  'origin,status',
  [
    ('http://localhost:8000', 200),
    ('https://localhost:8000', 200),
    ('http://localhost:8001', 403),
    ('http://127.0.0.1:8000', 403),
    ('http://evil.example', 403),
    ('null', 403),
    ('', 403),
    ('https://named.example', 200),
    ('https://named.example.evil', 403),
  ],
)
def test_other_origins_are_refused(origin, status):
  headers = {'host': 'localhost:8000', 'origin': origin}
  assert ask(headers, origins=['https://named.example'])[0] == status


@pytest.mark.parametrize('host', ['localhost', 'evil.example'])
def test_every_response_has_the_headers(host):
  headers = ask({'host': host})[1]
  assert headers['x-content-type-options'] == 'nosniff'
  assert headers['cache-control'] == 'no-store'
  assert headers['referrer-policy'] == 'no-referrer'
