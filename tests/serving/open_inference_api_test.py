"""Tests of the Open Inference Protocol, against its specification."""

import base64
import json
import struct

import numpy as np
import pytest

from inception.serving import limits
from inception.serving import web_app
from inception.testing import served_model

_MODEL = '/v2/models/colours'
_INFER = f'{_MODEL}/infer'


@pytest.fixture(name='client', scope='module')
def _client():
  service = served_model.service(top_k=1, limits=limits.Limits(max_requests=4))
  app = web_app.make(service)
  with served_model.running(app) as client:
    yield client


FILES = [served_model.picture(colour) for colour in ('#ff0000', '#0000ff')]


def given(*files, **changes):
  """Returns a request's input with files in base64."""
  return {
    'name': 'image_bytes',
    'shape': [len(files)],
    'datatype': 'BYTES',
    'data': [base64.b64encode(content).decode() for content in files],
  } | changes


def pixels(*, size=75, **changes):
  """Returns a request's input with a view that is green."""
  view = np.full((1, size, size, 3), -1.0)
  view[..., 1] = 1
  return {
    'name': 'images',
    'shape': [1, size, size, 3],
    'datatype': 'FP32',
    'data': view.tolist(),
  } | changes


def test_files_in_base64(client):
  reply = client.post(_INFER, {'id': 'mine', 'inputs': [given(*FILES)]})
  assert reply.status == 200, reply.body
  answer = reply.json
  assert answer['model_name'] == 'colours' and answer['model_version'] == '7'
  assert answer['id'] == 'mine'
  best, classes, scores, names, probabilities = answer['outputs']
  assert best == {
    'name': 'answer',
    'datatype': 'BYTES',
    'shape': [2],
    'data': ['red', 'blue'],
  }
  assert names['data'] == 2 * ['red', 'green', 'blue']
  assert classes == {
    'name': 'classes',
    'datatype': 'BYTES',
    'shape': [2, 1],
    'data': ['red', 'blue'],
  }
  assert scores['datatype'] == 'FP32' and scores['shape'] == [2, 1]
  assert probabilities['shape'] == [2, 3]
  assert len(probabilities['data']) == 6
  np.testing.assert_allclose(scores['data'][0], probabilities['data'][0])


def test_files_in_the_binary_extension(client):
  raw = b''.join(struct.pack('<I', len(item)) + item for item in FILES)
  tensor = given(*FILES, parameters={'binary_data_size': len(raw)})
  del tensor['data']
  head = json.dumps({'inputs': [tensor]}).encode()
  reply = client.post(
    _INFER, head + raw, Inference_Header_Content_Length=str(len(head))
  )
  assert reply.status == 200, reply.body
  assert reply.json['outputs'][0]['data'] == ['red', 'blue']
  assert 'id' not in reply.json


def test_pixels(client):
  for data in (pixels(), pixels(data=np.ravel(pixels()['data']).tolist())):
    reply = client.post(_INFER, {'inputs': [data]})
    assert reply.status == 200, reply.body
    assert reply.json['outputs'][0]['data'] == ['green']


def test_pixels_in_the_binary_extension(client):
  tensor = pixels()
  raw = np.array(tensor.pop('data'), '<f4').tobytes()
  tensor['parameters'] = {'binary_data_size': len(raw)}
  head = json.dumps({'inputs': [tensor]}).encode()
  reply = client.post(
    _INFER, head + raw, Inference_Header_Content_Length=str(len(head))
  )
  assert reply.json['outputs'][0]['data'] == ['green']


def test_id_that_is_not_text_is_left_out(client):
  body = {'inputs': [given(FILES[0])], 'id': float('nan')}
  reply = client.post(_INFER, body)
  assert reply.status == 200 and 'id' not in reply.json


@pytest.mark.parametrize('length', ['x', '-3', '99999999'])
def test_wrong_length_of_the_json_part_is_refused(client, length):
  body = {'inputs': [given(FILES[0], parameters={'binary_data_size': 4})]}
  reply = client.post(_INFER, body, Inference_Header_Content_Length=length)
  assert reply.status == 400, reply.body


def test_outputs_may_be_chosen(client):
  reply = client.post(
    f'{_MODEL}/versions/7/infer',
    {'inputs': [given(FILES[0])], 'outputs': [{'name': 'scores'}]},
  )
  assert [output['name'] for output in reply.json['outputs']] == ['scores']


@pytest.mark.parametrize(
  'path,answer',
  [
    ('/v2/health/live', {'live': True}),
    ('/v2/health/ready', {'ready': True}),
    (f'{_MODEL}/ready', {'name': 'colours', 'ready': True}),
    (
      '/v2',
      {
        'name': 'inception',
        'version': '7',
        'extensions': ['binary_tensor_data'],
      },
    ),
  ],
)
def test_health(client, path, answer):
  reply = client.get(path)
  assert reply.status == 200 and reply.json == answer


@pytest.mark.parametrize('path', [_MODEL, f'{_MODEL}/versions/7'])
def test_metadata(client, path):
  assert client.get(path).json == {
    'name': 'colours',
    'versions': ['7'],
    'platform': 'tensorflow_savedmodel',
    'inputs': [{'name': 'image_bytes', 'datatype': 'BYTES', 'shape': [-1]}],
    'outputs': [
      {'name': 'answer', 'datatype': 'BYTES', 'shape': [-1]},
      {'name': 'classes', 'datatype': 'BYTES', 'shape': [-1, 1]},
      {'name': 'scores', 'datatype': 'FP32', 'shape': [-1, 1]},
      {'name': 'class_names', 'datatype': 'BYTES', 'shape': [-1, 3]},
      {'name': 'probabilities', 'datatype': 'FP32', 'shape': [-1, 3]},
    ],
  }


@pytest.mark.parametrize(
  'body',
  [
    b'not JSON',
    b'[' * 100_000,
    {},
    [],
    {'inputs': []},
    {'inputs': [given(FILES[0]), given(FILES[0])]},
    {'inputs': [given(FILES[0], shape=[2])]},
    {'inputs': [given(FILES[0], shape='x')]},
    {'inputs': [given(FILES[0], name='other')]},
    {'inputs': [given(FILES[0], datatype='FP32')]},
    {'inputs': [given(FILES[0], data=['?'])]},
    {'inputs': [given(FILES[0], data=[7])]},
    {'inputs': [given(FILES[0], parameters={'binary_data_size': 4})]},
    {'inputs': [given(FILES[0], parameters=[])]},
    {'inputs': [pixels(size=74)]},
    {'inputs': [pixels(shape=[2, 75, 75, 3])]},
    {'inputs': [pixels(data=[[0.0]])]},
    {'inputs': [pixels(data=75 * 75 * 3 * [float('nan')])]},
    {'inputs': [pixels(data='text')]},
    {'inputs': [pixels(data=75 * 75 * 3 * [1e300])]},
    {'inputs': [pixels(data=75 * 75 * 3 * [1.01])]},
    {'inputs': [pixels(data=[10**400])]},
    {'inputs': [given(FILES[0], shape=[float('inf')])]},
    {'inputs': [given(FILES[0], shape=[10**400])]},
    {'inputs': [given(FILES[0])], 'id': '\ud800'},
  ],
)
def test_malformed_inputs_are_refused(client, body):
  reply = client.post(
    _INFER, json.dumps(body) if isinstance(body, list) else body
  )
  assert reply.status == 400, reply.body
  assert reply.json['error'].startswith('give one input: "image_bytes"')


@pytest.mark.parametrize(
  'changes,status,reason',
  [
    ({'outputs': [{'name': 'other'}]}, 400, "there is no output 'other'"),
    ({'outputs': [{'name': []}]}, 400, 'there is no output []'),
    ({'outputs': ['scores']}, 400, '"outputs" must have names'),
    ({'inputs': [given()]}, 400, 'no picture'),
    ({'inputs': [given(*5 * FILES[:1])]}, 413, '5 pictures in a request'),
    ({'inputs': [given(b'<html>')]}, 415, 'not an image'),
  ],
)
def test_errors_have_the_form_of_the_protocol(client, changes, status, reason):
  reply = client.post(_INFER, {'inputs': [given(FILES[0])]} | changes)
  assert reply.status == status, reply.body
  assert list(reply.json) == ['error'] and reason in reply.json['error']
