"""Tests of the application's answers other than those of the model."""

import logging

import pytest

from inception.serving import web_app
from inception.testing import served_model

_SITE = 'https://named.example'


class Failing(served_model.ColourClassifier):
  """A model that fails."""

  def __call__(self, images):
    raise RuntimeError('out of memory')


def make(classifier=None):
  service = served_model.service(classifier=classifier)
  return web_app.make(service, origins=[_SITE])


@pytest.fixture(name='client', scope='module')
def _client():
  with served_model.running(make()) as client:
    yield client


@pytest.mark.parametrize(
  'path',
  [
    '/../../etc/passwd',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/..%5c..%5cwindows',
    '//etc/passwd',
    '/v1/models/other',
    '/v1/models/colours/../other',
    '/v1/models/colours:classify',
    '/v2/models/colours/',
    '/templates/try_it.js',
    '/classify/',
    '/%00',
  ],
)
def test_other_addresses_are_not_found(client, path):
  reply = client.get(path)
  assert reply.status == 404
  assert '/v1/models/colours' in reply.json['error']
  assert reply.headers['x-content-type-options'] == 'nosniff'


@pytest.mark.parametrize(
  'method,path',
  [
    ('GET', '/classify'),
    ('POST', '/'),
    ('PUT', '/v2/models/colours/infer'),
    ('DELETE', '/v1/models/colours'),
  ],
)
def test_other_methods_are_not_allowed(client, method, path):
  reply = client.ask(method, path)
  assert reply.status == 405
  assert 'method not allowed' in reply.json['error']


def test_other_sites_and_names_are_refused(client):
  assert client.get('/', Host='evil.example').status == 403
  reply = client.post('/classify', b'', Origin='http://evil.example')
  assert reply.status == 403 and 'origin' in reply.json['error']


def test_named_site_may_ask(client):
  reply = client.post(
    '/classify', served_model.picture('#ff0000'), Origin=_SITE
  )
  assert reply.status == 200
  assert reply.headers['access-control-allow-origin'] == _SITE
  preflight = client.ask(
    'OPTIONS',
    '/v2/models/colours/infer',
    Origin=_SITE,
    Access_Control_Request_Method='POST',
    Access_Control_Request_Headers='content-type',
  )
  assert preflight.status == 200
  assert preflight.headers['access-control-allow-origin'] == _SITE
  # The page's own requests need no such header.
  assert 'access-control-allow-origin' not in client.get('/').headers


def test_failure_of_the_model_is_an_error_and_the_server_keeps_running(caplog):
  with served_model.running(make(Failing())) as client:
    with caplog.at_level(logging.CRITICAL, 'uvicorn.error'):
      for _ in range(2):
        reply = client.post('/classify', served_model.picture('red'))
        assert reply.status == 500
        assert reply.json == {'error': 'the server failed; its log says why'}
    assert client.get('/').status == 200
