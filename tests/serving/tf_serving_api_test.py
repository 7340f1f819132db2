"""Tests of TensorFlow Serving's REST API, against its documentation."""

import base64
import json

import pytest

from inception.serving import limits
from inception.serving import web_app
from inception.testing import served_model

_MODEL = '/v1/models/colours'
_PREDICT = f'{_MODEL}:predict'


@pytest.fixture(name='client', scope='module')
def _client():
  service = served_model.service(limits=limits.Limits(max_requests=4))
  app = web_app.make(service)
  with served_model.running(app) as client:
    yield client


def b64(content):
  return {'b64': base64.b64encode(content).decode()}


RED, BLUE = (b64(served_model.picture(c)) for c in ('#ff0000', '#0000ff'))


def test_rows(client):
  reply = client.post(
    _PREDICT,
    {
      'signature_name': 'classify',
      'instances': [{'image_bytes': RED}, {'image_bytes': BLUE}],
    },
  )
  assert reply.status == 200
  assert reply.headers['content-type'] == 'application/json'
  red, blue = reply.json['predictions']
  assert list(red) == [
    'answer',
    'classes',
    'scores',
    'class_names',
    'probabilities',
  ]
  assert red['classes'][0] == 'red' and blue['classes'][0] == 'blue'
  assert red['answer'] == 'red'
  assert red['scores'] == sorted(red['probabilities'], reverse=True)


def test_columns(client):
  reply = client.post(_PREDICT, {'inputs': {'image_bytes': [RED, BLUE]}})
  assert reply.status == 200
  outputs = reply.json['outputs']
  assert [row[0] for row in outputs['classes']] == ['red', 'blue']


@pytest.mark.parametrize(
  'request_body',
  [
    {'instances': [RED]},
    {'inputs': [RED]},
    {'inputs': RED},
    {'inputs': {'image_bytes': RED}},
  ],
)
def test_name_of_the_only_input_may_be_left_out(client, request_body):
  reply = client.post(_PREDICT, request_body)
  assert reply.status == 200, reply.body
  assert b'"red"' in reply.body


def test_version_may_be_named(client):
  body = {'instances': [RED]}
  assert client.post(f'{_MODEL}/versions/7:predict', body).status == 200
  assert client.post(f'{_MODEL}/versions/8:predict', body).status == 404


@pytest.mark.parametrize('path', [_MODEL, f'{_MODEL}/versions/7'])
def test_status(client, path):
  assert client.get(path).json == {
    'model_version_status': [
      {
        'version': '7',
        'state': 'AVAILABLE',
        'status': {'error_code': 'OK', 'error_message': ''},
      }
    ]
  }


def test_metadata(client):
  metadata = client.get(f'{_MODEL}/metadata').json
  assert metadata['model_spec']['name'] == 'colours'
  definition = metadata['metadata']['signature_def']['signature_def']
  signature = definition['serving_default']
  assert signature['inputs']['image_bytes']['dtype'] == 'DT_STRING'
  assert signature['outputs']['probabilities'] == {
    'dtype': 'DT_FLOAT',
    'tensor_shape': {
      'dim': [{'size': '-1', 'name': ''}, {'size': '3', 'name': ''}],
      'unknown_rank': False,
    },
    'name': 'probabilities:0',
  }


@pytest.mark.parametrize(
  'body,status,reason',
  [
    (b'', 400, 'the body is not JSON'),
    (b'\xff', 400, 'the body is not JSON'),
    (b'[' * 100_000, 400, 'the body is not JSON'),
    (b'[]', 400, 'give either "instances" or "inputs"'),
    (b'{}', 400, 'give either "instances" or "inputs"'),
    ({'instances': [RED], 'inputs': [RED]}, 400, 'give either'),
    ({'instances': []}, 400, 'no picture'),
    ({'instances': 5 * [RED]}, 413, '5 pictures in a request, more than 4'),
    ({'instances': ['text']}, 400, 'each picture must be'),
    ({'instances': [None]}, 400, 'each picture must be'),
    ({'instances': [{'b64': '?'}]}, 400, 'each picture must be'),
    ({'instances': [{'b64': 7}]}, 400, 'each picture must be'),
    ({'inputs': {'other': [RED]}}, 400, 'each picture must be'),
    ({'signature_name': 'x', 'instances': [RED]}, 400, "no signature 'x'"),
    ({'instances': [RED, b64(b'<html>')]}, 415, 'picture 1: not an image'),
  ],
)
def test_errors_have_the_form_of_the_protocol(client, body, status, reason):
  reply = client.post(_PREDICT, body)
  assert reply.status == status, reply.body
  assert list(reply.json) == ['error'] and reason in reply.json['error']
  assert reply.headers['content-type'] == 'application/json'
  assert json.loads(reply.body)
