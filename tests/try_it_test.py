"""Tests of the command try_it, run as a user runs it."""

import base64
import json
import re
import signal
import sys

import numpy as np
import pytest

from inception.serving import web_server
from inception.testing import checkpoints
from inception.testing import command_batches
from inception.testing import commands
from inception.testing import image_folders
from inception.testing import served_model
from inception.testing import trained_models


@pytest.fixture(name='model_dir', scope='module')
def _train(tmp_path_factory):
  folder = tmp_path_factory.mktemp('a training')
  trained_models.write(folder)
  return folder


_KINDS = (
  {},
  {'orientation': 6},
  {'mode': 'L'},
  {'mode': 'CMYK'},
  {'file_format': 'PNG', 'mode': 'RGBA'},
  {'file_format': 'WEBP'},
  {'file_format': 'TIFF'},
)


def test_page_and_programs_get_the_answers_of_predict(model_dir, tmp_path):
  photos = []
  for index, options in enumerate(_KINDS):
    photos.append(tmp_path / f'{index}.jpg')
    photos[-1].write_bytes(
      image_folders.image_file(3, height=91 + index, width=120, **options)
    )
  (tmp_path / 'empty').mkdir()
  process = commands.start(
    'try_it',
    [
      f'--checkpoint_dir={model_dir}',
      '--port=0',
      '--top_k=5',
      '--allow_host=garden.local',
      '--allow_origin=https://site.example',
    ],
    cwd=tmp_path / 'empty',
  )
  before = sorted(model_dir.iterdir())
  try:
    described, named, address = (process.stdout.readline() for _ in range(3))
    assert '5 classes' in described and 'Ctrl-C' in described
    port = re.fullmatch(r'http://localhost:(\d+)/\n', address)[1]
    assert named == f'http://garden.local:{port}/\n'
    client = served_model.Client(int(port))
    assert 'R\u00f6schen' in client.get('/').body.decode()
    files = [photo.read_bytes() for photo in photos]
    shown = [client.post('/classify', content).json for content in files]
    encoded = [base64.b64encode(content).decode() for content in files]
    asked = client.post(
      '/v1/models/flowers:predict',
      {'instances': [{'image_bytes': {'b64': text}} for text in encoded]},
    ).json['predictions']
    status = client.get('/v1/models/flowers').json['model_version_status']
    assert status[0]['version'] == '7'
    assert client.get('/', Host=f'garden.local:{port}').status == 200
    assert client.get('/', Origin='https://site.example').status == 200
    assert client.get('/', Host='evil.example').status == 403
    if sys.platform != 'win32':
      process.send_signal(signal.SIGINT)
      out, err = process.communicate(timeout=300)
      assert process.returncode == 0
      assert out == ''
      assert err == (
        'SIGINT: stopping after the requests in progress; once more ends at '
        'once.\n'
      )
  finally:
    process.kill()
    process.communicate()
  # No file is written.
  assert not list((tmp_path / 'empty').iterdir())
  assert sorted(model_dir.iterdir()) == before
  done = commands.run(
    'predict',
    [f'--checkpoint_dir={model_dir}', '--format=jsonl', '--top_k=5', *photos],
  )
  rows = [json.loads(line) for line in done.stdout.splitlines()]
  for row, found, prediction in zip(rows, shown, asked, strict=True):
    names = [item['name'] for item in row['classes']]
    probabilities = [item['probability'] for item in row['classes']]
    assert found['answer'] == prediction['answer'] == row['answer']
    assert [item['name'] for item in found['classes']] == names
    assert prediction['classes'] == names
    for scores in (
      [item['probability'] for item in found['classes']],
      prediction['scores'],
    ):
      np.testing.assert_allclose(scores, probabilities, atol=1e-5)


def test_mistakes_end_with_one_line(tmp_path):
  checkpoints.fake_v2(tmp_path / 'model.ckpt-7')
  with web_server.bind('127.0.0.1', 0) as listener:
    port = listener.getsockname()[1]
    cases = [
      (['x.jpg'], 1, "unexpected argument 'x.jpg'"),
      ([f'--checkpoint_dir={tmp_path}/no'], 1, '--checkpoint_dir: '),
      ([f'--port={port}'], 1, f'cannot listen on port {port} of .*--port'),
      (['--host=no.such.host.invalid'], 1, 'another --host'),
      (['--port=70000'], 2, '--port'),
      (['--name=a/b'], 2, '--name'),
      (['--max_requests=0'], 1, '--max_requests must be >= 1'),
      (['--answer_timeout_s=0'], 1, '--answer_timeout_s must be'),
    ]
    ends = command_batches.run_all(
      'try_it', [[f'--checkpoint_dir={tmp_path}', *case[0]] for case in cases]
    )
  for (_, code, reason), done in zip(cases, ends, strict=True):
    assert done.returncode == code, done.stderr
    assert done.stderr.count('\n') == 1 and done.stdout == ''
    assert re.search(reason, done.stderr), done.stderr
