"""Tests of the command predict, run as a user runs it."""

import csv
import io
import json
import os
import re
import signal

import numpy as np
import pytest
import tensorflow as tf

from inception import image_processing
from inception.images import image_coder
from inception.testing import checkpoints
from inception.testing import command_batches
from inception.testing import commands
from inception.testing import golden_model
from inception.testing import image_folders
from inception.testing import trained_models


@pytest.fixture(name='model_dir', scope='module')
def _train(tmp_path_factory):
  folder = tmp_path_factory.mktemp('a training')
  trained_models.write(folder)
  return folder


@pytest.fixture(name='photos', scope='module')
def _photos(tmp_path_factory):
  """Ten pictures of several formats, and a broken one."""
  folder = tmp_path_factory.mktemp('my photos')
  formats = ('JPEG', 'PNG', 'GIF', 'BMP', 'WEBP')
  for index in range(10):
    path = folder / f'{index} \u00fc.{formats[index % 5].lower()}'
    path.write_bytes(
      image_folders.image_file(
        index,
        file_format=formats[index % 5],
        height=90,
        width=120,
        orientation=6 if index == 5 else None,
      )
    )
  (folder / 'broken.jpg').write_bytes(b'<html>')
  return folder


def predict(model_dir, *arguments, cwd=None):
  return commands.run(
    'predict', [f'--checkpoint_dir={model_dir}', *arguments], cwd=cwd
  )


def test_answers_are_those_of_evaluation_on_the_records(model_dir, photos):
  done = predict(model_dir, photos.name, '--format=jsonl', cwd=photos.parent)
  assert done.returncode == 1, done.stderr
  assert '1 of 11 files could not be used' in done.stderr
  rows = [json.loads(line) for line in done.stdout.splitlines()]
  assert [os.path.basename(row['file']) for row in rows] == sorted(
    path.name for path in photos.iterdir()
  )
  network = golden_model.make()
  for row in rows:
    data = (photos.parent / row['file']).read_bytes()
    if 'error' in row:
      assert row['answer'] is None and 'a web page' in row['error']
      continue
    image = image_processing.eval_image(image_coder.encode(data).jpeg, size=75)
    logits = network.inference(image[None], is_training=False).logits
    expected = tf.nn.softmax(logits)[0, 1:].numpy()
    order = np.argsort(-expected)[:3]
    names = [trained_models.CLASS_NAMES[label] for label in order]
    assert [found['name'] for found in row['classes']] == names
    assert row['answer'] == names[0]
    np.testing.assert_allclose(
      [found['probability'] for found in row['classes']],
      expected[order],
      atol=1e-4,
    )


def test_table_threshold_and_extras(model_dir, photos, tmp_path):
  done = predict(
    model_dir,
    photos / '0 \u00fc.jpeg',
    '--top_k=1',
    '--min_probability=1',
    '--views=2',
    f'--sort_into={tmp_path / "sorted"}',
    f'--explain={tmp_path / "maps"}',
  )
  assert done.returncode == 0, done.stderr
  title, row = done.stdout.splitlines()
  assert title.split() == ['file', 'answer', 'probability', 'next']
  assert re.search(r'0 \u00fc.jpeg  none of these +[\d.]+ %  ', row)
  copies = [path.name for path in (tmp_path / 'sorted' / 'unsure').iterdir()]
  assert copies == ['0 \u00fc.jpeg']
  maps = [path.name for path in (tmp_path / 'maps').iterdir()]
  assert maps == ['0 \u00fc.explained.jpg']


def test_shards_together_answer_every_file(model_dir, photos, tmp_path):
  rows = []
  for index in range(2):
    output = tmp_path / f'{index}.csv'
    done = predict(
      model_dir,
      photos,
      f'--output={output}',
      '--num_shards=2',
      f'--shard_index={index}',
    )
    assert done.stdout == ''
    rows += csv.DictReader(io.StringIO(output.read_text('utf-8')))
  assert sorted(row['file'] for row in rows) == sorted(
    str(path) for path in photos.iterdir()
  )
  # The same command again has nothing to do, and the same exit code.
  before = output.read_bytes()
  again = predict(
    model_dir, photos, f'--output={output}', '--num_shards=2', '--shard_index=1'
  )
  assert 'is complete: there is nothing to do' in again.stderr
  assert again.returncode == done.returncode
  assert output.read_bytes() == before


def test_list_on_standard_input(model_dir, photos, tmp_path):
  path = tmp_path / 'list.txt'
  path.write_text('1 \u00fc.png\nmissing.jpg\n', 'utf-8')
  with path.open('rb') as names:
    done = commands.run(
      'predict',
      [f'--checkpoint_dir={model_dir}', '-', '--format=csv'],
      cwd=photos,
      stdin=names,
    )
  rows = list(csv.DictReader(io.StringIO(done.stdout)))
  assert done.returncode == 1
  assert [row['file'] for row in rows] == ['1 \u00fc.png', 'missing.jpg']
  assert rows[1]['error'] == 'No such file or directory'


def test_mistakes_end_with_one_sentence(model_dir, photos, tmp_path):
  old = tmp_path / '2016'
  trained_models.write(old, with_info=False)
  (tmp_path / 'empty').mkdir()
  (tmp_path / 'other.csv').write_text('precious', 'utf-8')
  (tmp_path / 'three.txt').write_text('a\nb\nc\n', 'utf-8')
  damaged = tmp_path / 'damaged'
  checkpoints.fake_v2(damaged / 'model.ckpt-1')
  (damaged / 'threshold.json').write_text('{', 'utf-8')
  photo = photos / '0 \u00fc.jpeg'
  model = f'--checkpoint_dir={model_dir}'
  cases = [
    ([model], 1, 'give what to classify'),
    ([f'--checkpoint_dir={tmp_path / "empty"}', photo], 1, 'no complete'),
    ([f'--checkpoint_dir={tmp_path / "no"}', photo], 1, '--checkpoint_dir'),
    ([f'--checkpoint_dir={damaged}', photo], 1, 'threshold.json.*is not JSON'),
    ([model, tmp_path / 'empty'], 1, 'holds no image'),
    ([model, tmp_path / '*.jpg'], 1, 'matches no image'),
    ([model, tmp_path / 'no.jpg'], 1, 'there is no file or folder'),
    ([model, photo, '--format=xml'], 2, '--format'),
    ([model, photo, '--views=3'], 2, '--views'),
    ([model, photo, '--top_k=0'], 2, '--top_k'),
    ([model, photo, '--min_probability=2'], 2, '--min_probability'),
    ([model, photo, '--shard_index=1'], 1, '--shard_index=1'),
    (
      [model, photo, f'--output={tmp_path / "no" / "a.csv"}'],
      1,
      '--output: there is no folder',
    ),
    (
      [model, photo, f'--output={tmp_path / "other.csv"}'],
      1,
      '--output: .*exists, and no run that can be resumed',
    ),
    ([model, photos, f'--explain={photos / "maps"}'], 1, '--explain: .*is in'),
    (
      [model, photo, f'--sort_into={tmp_path / "other.csv"}'],
      1,
      '--sort_into: cannot write',
    ),
    (
      [model, photo, f'--labels_file={tmp_path / "no.txt"}'],
      1,
      '--labels_file: .*cannot be read',
    ),
    (
      [model, photo, f'--labels_file={tmp_path / "three.txt"}'],
      1,
      'has 5 classes, and --labels_file names 3',
    ),
    ([f'--checkpoint_dir={old}', photo], 1, 'give --labels_file'),
    ([model, f'--model={old}', photo], 1, 'leave one out'),
    ([f'--model={old}', photo], 1, '--model: .*holds no SavedModel'),
    ([f'--model={old}', '--precision=bfloat16', photo], 1, '--precision is'),
  ]
  ends = command_batches.run_all('predict', [case[0] for case in cases])
  for (arguments, code, reason), done in zip(cases, ends, strict=True):
    assert done.returncode == code, (arguments, done.stderr)
    assert re.search(reason, done.stderr), (arguments, done.stderr)
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert done.stdout == ''
  assert (tmp_path / 'other.csv').read_text('utf-8') == 'precious'


@pytest.mark.skipif(os.name == 'nt', reason='Windows has another Ctrl-C')
def test_interrupted_run_says_how_to_resume(model_dir, photos, tmp_path):
  many = tmp_path / 'list.txt'
  photo = photos / '0 \u00fc.jpeg'
  many.write_text(f'{photo}\n' * 3000, 'utf-8')
  output = tmp_path / 'out.jsonl'

  def run(stop):
    with many.open('rb') as names:
      process = commands.start(
        'predict',
        [f'--checkpoint_dir={model_dir}', f'--output={output}', '-'],
        stdin=names,
      )
    while stop and process.poll() is None:
      if output.exists() and output.stat().st_size:
        process.send_signal(signal.SIGINT)
        break
    _, stderr = process.communicate(timeout=300)
    return process.returncode, stderr

  code, stderr = run(stop=True)
  assert code == 130, stderr
  assert re.search(r'has [\d,]+ of 3,000 answers: .* to resume', stderr)
  assert len(output.read_text('utf-8').splitlines()) < 3000
  code, stderr = run(stop=False)
  assert 'answers: resuming' in stderr
  assert code == 0, stderr
  assert len(output.read_text('utf-8').splitlines()) == 3000


@pytest.mark.skipif(os.name == 'nt', reason='there is no head')
def test_closed_pipe_ends_the_command_quietly(model_dir, photos):
  process = commands.start(
    'predict', [f'--checkpoint_dir={model_dir}', '--format=jsonl', str(photos)]
  )
  process.stdout.close()
  stderr = process.stderr.read()
  process.wait(timeout=300)
  assert 'Traceback' not in stderr
  assert process.returncode == 1
