"""Tests the documented workflow, command by command, on generated pictures.

From a folder with spaces and letters beyond ASCII, with relative paths.
"""

import json
import re
import signal
import sys
import tarfile

import numpy as np
import pytest
from PIL import Image

from inception.testing import commands

STAMP = r'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}: '
CLASSES = ('daisy', 'dandelion', 'roses', 'sunflowers', 'tulips')
TRAINING = (
  '--train_dir=run/',
  '--data_dir=data',
  '--batch_size=4',
  '--image_size=75',
  '--input_queue_memory_factor=1',
  '--initial_learning_rate=0.001',
)


@pytest.fixture(scope='module')
def home(tmp_path_factory):
  """The user's folder; the pictures are in it as flower_photos.tgz."""
  folder = tmp_path_factory.mktemp('my photos äöü')
  rng = np.random.default_rng(0)
  photos = folder / 'flower_photos'
  for number, name in enumerate(CLASSES):
    (photos / name).mkdir(parents=True)
    for i in range(6):
      pixels = rng.integers(0, 256, (60 + i, 80, 3), dtype=np.uint8)
      pixels[:, :, number % 3] = 40 * number
      Image.fromarray(pixels).save(photos / name / f'{name} {i}.jpg')
  with tarfile.open(folder / 'flower_photos.tgz', 'w:gz') as archive:
    archive.add(photos, 'flower_photos')
  return folder


def succeed(home, command, *arguments):
  """Returns the lines on stdout of a command that must succeed."""
  done = commands.run(command, arguments, cwd=home)
  assert done.returncode == 0, done.stderr
  return done.stdout.splitlines()


def test_1_prepare(home):
  lines = succeed(
    home,
    'data.download_and_preprocess_flowers',
    'data/',
    '--archive=flower_photos.tgz',
    '--validation_per_class=2',
  )
  assert re.fullmatch(
    STAMP + 'Finished writing all 20 images in data set.', lines[-1]
  )
  names = {path.name for path in (home / 'data').iterdir()}
  assert names >= {
    f'{subset}-0000{i}-of-00002'
    for i in (0, 1)
    for subset in ('train', 'validation')
  }
  labels = (home / 'data' / 'raw-data' / 'labels.txt').read_text(
    encoding='utf-8'
  )
  assert labels.split() == list(CLASSES)


def test_2_own_photographs(home):
  lines = succeed(
    home,
    'data.build_image_data',
    '--train_directory=data/raw-data/train',
    '--validation_directory=data/raw-data/validation/',
    '--output_directory=own data',
    '--labels_file=data/raw-data/labels.txt',
    '--train_shards=3',
    '--validation_shards=1',
  )
  assert 'Finished writing all' in lines[-1]
  info = json.loads(
    (home / 'own data' / 'dataset_info.json').read_text(encoding='utf-8')
  )
  assert info['class_names'] == list(CLASSES)
  assert info['num_examples'] == {'train': 20, 'validation': 10}
  assert len(list((home / 'own data').glob('train-*-of-00003'))) == 3


def test_3_train(home):
  lines = succeed(home, 'flowers_train', *TRAINING, '--max_steps=2')
  step = (
    STAMP + r'step (\d+), loss = \d+\.\d\d '
    r'\(\d+\.\d examples/sec; \d+\.\d{3} sec/batch\)'
  )
  assert [
    match[1] for match in (re.fullmatch(step, line) for line in lines) if match
  ] == ['0']
  assert (home / 'run' / 'model.ckpt-1.index').is_file()


@pytest.mark.skipif(
  sys.platform == 'win32', reason='Windows cannot send one process Ctrl-C'
)
def test_4_interrupt_and_resume(home):
  process = commands.start(
    'flowers_train', [*TRAINING, '--max_steps=1000'], cwd=home
  )
  try:
    lines = []
    for line in process.stdout:
      lines.append(line)
      if 'Training on' in line:
        process.send_signal(signal.SIGINT)
    process.wait(timeout=120)
  finally:
    process.kill()
  assert process.returncode == 130
  text = ''.join(lines)
  assert 'Resuming from' in text and 'after 2 steps' in text
  done = int(re.search(r'Stopped after (\d+) steps', text)[1])
  assert (home / 'run' / f'model.ckpt-{done - 1}.index').is_file()
  lines = succeed(home, 'flowers_train', *TRAINING, f'--max_steps={done + 1}')
  assert any(f'after {done} steps' in line for line in lines)
  assert (home / 'run' / f'model.ckpt-{done}.index').is_file()


def test_5_evaluate(home):
  lines = succeed(
    home,
    'flowers_eval',
    '--eval_dir=eval',
    '--data_dir=data',
    '--checkpoint_dir=run',
    '--subset=validation',
    '--num_examples=500',
    '--batch_size=4',
    '--image_size=75',
    '--input_queue_memory_factor=1',
    '--run_once',
  )
  expected = (
    r'Successfully loaded model from .*model\.ckpt-(\d+) at step=\1\.',
    STAMP + r'starting evaluation on \(validation\)\.',
    STAMP + r'\[3 batches out of 3\] '
    r'\(\d+\.\d examples/sec; \d+\.\d{3}sec/batch\)',
    STAMP + r'precision @ 1 = (\d\.\d{4}) recall @ 5 = (\d\.\d{4}) '
    r'\[10 examples\]',
    STAMP + r'95% interval: precision @ 1 in \d\.\d{4} \.\. \d\.\d{4}, '
    r'recall @ 5 in \d\.\d{4} \.\. \d\.\d{4}',
  )
  documented, more = lines[: len(expected)], lines[len(expected) :]
  for line, pattern in zip(documented, expected, strict=True):
    assert re.fullmatch(pattern, line), line
  # What the original did not print comes after its lines.
  assert re.match(STAMP + r'loss = \d+\.\d{4}, balanced accuracy = ', more[0])
  assert re.match(STAMP + 'lowest recall: ', more[1])
  assert re.fullmatch(
    STAMP + r'wrote .*metrics\.json and predictions\.csv', more[-2]
  )
  assert re.fullmatch(STAMP + r'report: file://.*/report\.html', more[-1])
  for name in ('metrics.json', 'predictions.csv', 'report.html'):
    assert (home / 'eval' / name).is_file()


def test_6_a_second_preparation_changes_nothing(home):
  before = {
    path: path.read_bytes()
    for path in sorted((home / 'data').rglob('*'))
    if path.is_file()
  }
  lines = succeed(
    home,
    'data.download_and_preprocess_flowers',
    'data',
    '--archive=flower_photos.tgz',
    '--validation_per_class=2',
  )
  assert 'Finished writing all 20 images' in lines[-1]
  assert before == {
    path: path.read_bytes()
    for path in sorted((home / 'data').rglob('*'))
    if path.is_file()
  }


def test_7_evaluate_at_the_size_of_the_training(home):
  lines = succeed(
    home,
    'flowers_eval',
    '--eval_dir=eval',
    '--data_dir=data',
    '--checkpoint_dir=run',
    '--batch_size=4',
    '--run_once',
  )
  assert re.fullmatch(
    STAMP
    + 'the images are of 75 pixels, the size that the checkpoint records.',
    lines[0],
  )
  assert re.search(r'precision @ 1 = .* \[10 examples\]', lines[4])
