"""Tests of routes whose answer never changes."""

import pytest
from starlette import applications
from starlette import middleware
from starlette import responses
from starlette.middleware import cors

from inception.serving import fixed_answers
from inception.testing import served_model


@pytest.fixture(name='client', scope='module')
def _client():
  page = responses.HTMLResponse('<p>ä', headers={'X-Header': 'value'})
  routes = [
    fixed_answers.route('/', page),
    fixed_answers.json_route('/json', {'name': 'ä', 'shape': [-1, 3]}),
  ]
  app = applications.Starlette(
    routes=routes,
    middleware=[
      middleware.Middleware(cors.CORSMiddleware, allow_origins=('http://a',))
    ],
  )
  with served_model.running(app) as client:
    yield client


def test_answer_can_be_requested_again_and_again(client):
  for _ in range(3):
    reply = client.get('/')
    assert (reply.status, reply.body) == (200, '<p>ä'.encode())
    assert reply.headers['content-type'] == 'text/html; charset=utf-8'
    assert reply.headers['x-header'] == 'value'
    reply = client.get('/json')
    assert (reply.status, reply.json) == (200, {'name': 'ä', 'shape': [-1, 3]})
    assert reply.headers['content-type'] == 'application/json'


def test_headers_of_middleware_do_not_add_up(client):
  for _ in range(3):
    reply = client.get('/json', Origin='http://a')
    assert reply.headers.get_all('vary') == ['Origin']


@pytest.mark.parametrize('path', ['/', '/json'])
def test_head_has_no_body_and_other_methods_are_refused(client, path):
  reply = client.ask('HEAD', path)
  assert (reply.status, reply.body) == (200, b'')
  assert reply.headers['content-length'] == str(len(client.get(path).body))
  assert client.post(path, b'').status == 405
