"""Tests that real checkpoints survive kills, full disks and damage.

checkpoint_publisher_test covers kills between any two renames, which kills at
random moments seldom hit.
"""

import contextlib
import json
import os
import pathlib
import random
import subprocess
import sys
import time

import numpy as np
import pytest
import tensorflow as tf

from inception.checkpoints import checkpoint

NUM_KILLS = 22
# Processes are started early, since importing TensorFlow takes two seconds.
NUM_STARTED = 3
TEXT = 'of_the_run'
DATA = '.data-00000-of-00001'


def values(number):
  """Returns the state of a small training, filled with `number`."""
  return {
    'conv0/weights': np.full([100, 50], number, np.float32),
    'logits/logits/biases': np.full([7], -number, np.float64),
    'global_step': np.int64(number),
    TEXT: f'number {number}',
  }


def number_of(prefix):
  """Restores a checkpoint; returns the number that fills it."""
  variables = {
    name: tf.Variable(tf.zeros_like(value))
    for name, value in values(0).items()
    if name != TEXT
  }
  checkpoint.restore(prefix, variables)
  number = int(variables['global_step'])
  assert checkpoint.read_text(prefix, TEXT) == values(number)[TEXT]
  for name, variable in variables.items():
    np.testing.assert_array_equal(variable, values(number)[name])
  return number


def start(program, *arguments):
  """Starts a program given as text, with `values` of this file."""
  path = os.pathsep.join([str(pathlib.Path(__file__).parent), *sys.path])
  return subprocess.Popen(
    [sys.executable, '-c', program, *map(str, arguments)],
    env={
      **os.environ,
      'PYTHONPATH': path,
      'PYTHONUTF8': '1',
      'TF_CPP_MIN_LOG_LEVEL': '2',
    },
    stdin=subprocess.PIPE,
    stdout=subprocess.PIPE,
    stderr=subprocess.PIPE,
    encoding='utf-8',
  )


# The best checkpoint stays at one step for three saves.
SAVER = """
import os, sys
import checkpoint_faults_test as test
train, best = sys.argv[1:]
test.checkpoint.save(f'{train}-{os.getpid()}', 0, test.values(0))
print('ready', flush=True)
number = int(sys.stdin.readline())
while True:
  number += 1
  test.checkpoint.save(train, number, test.values(number), keep=2)
  print(number, flush=True)
  test.checkpoint.save(best, number // 3, test.values(number), keep=1)
  print(-number, flush=True)
"""


def kill_after(process, last, seconds):
  """Resumes a SAVER from `last` and kills it after some seconds.

  Returns:
    (last number reported for train, last number reported for best).
  """
  assert process.stdout.readline() == 'ready\n', process.stderr.read()
  process.stdin.write(f'{last}\n')
  process.stdin.flush()
  first = process.stdout.readline()  # The kills begin after a first save.
  time.sleep(seconds)
  process.kill()
  rest, _ = process.communicate()
  reported = [
    int(line)
    for line in (first + rest).splitlines(keepends=True)
    if line.endswith('\n')
  ]
  return (
    max(number for number in reported if number > 0),
    max((-number for number in reported if number < 0), default=0),
  )


def test_repeated_kills_while_saving(tmp_path):
  train, best = tmp_path / 'tr\u00e4in', tmp_path / 'best'
  rng = random.Random(0)
  waiting, num_unfinished, last, last_best = [], 0, 0, 0
  with contextlib.ExitStack() as stack:
    for kill in range(NUM_KILLS):
      while len(waiting) < min(NUM_STARTED, NUM_KILLS - kill):
        waiting.append(start(SAVER, train, best))
        stack.callback(waiting[-1].kill)
      reported, reported_best = kill_after(
        waiting.pop(0), last, rng.random() * 0.15
      )
      # The reported checkpoint exists; the next one may exist, too.
      last = number_of(checkpoint.latest(train))
      assert last in (reported, reported + 1)
      for step, prefix in checkpoint.list_checkpoints(train):
        assert number_of(prefix) == step
      last_best = max(last_best, reported_best)
      newest = checkpoint.latest(best)
      if newest is None:
        assert not last_best
        continue
      number = number_of(newest)
      assert last_best <= number <= last
      assert checkpoint.step_of(newest) == number // 3
      last_best = number
      num_unfinished += any(
        '.tmp-' in name
        for folder in (train, best)
        for name in os.listdir(folder)
      )
  # Two more saves remove the remains of the kills, and nothing else.
  for number in (last + 4, last + 8):
    checkpoint.save(train, number, values(number), keep=2)
    checkpoint.save(best, number // 3, values(number), keep=1)
  assert sorted(os.listdir(best)) == sorted([
    'checkpoint',
    f'model.ckpt-{number // 3}.index',
    f'model.ckpt-{number // 3}{DATA}',
  ])
  assert len(os.listdir(train)) == 5
  assert last > NUM_KILLS
  # Writing the data takes most of the time.
  assert num_unfinished >= NUM_KILLS // 4


FULL_DISK = """
import json, os, resource, signal, sys
import checkpoint_faults_test as test
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
folder = sys.argv[1]
_, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
for number in (1, 2):
  test.checkpoint.save(folder, number, test.values(number))
before = sorted(os.listdir(folder))
state = open(os.path.join(folder, 'checkpoint'), 'rb').read()
results = []
for size, step in ((0, 3), (1, 3), (100, 3), (8192, 3), (20_000, 3), (100, 2)):
  resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
  try:
    test.checkpoint.save(folder, step, test.values(3), keep=1)
    text = 'saved'
  except test.checkpoint.CheckpointError as error:
    text = str(error)
  resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
  is_as_before = (
      sorted(os.listdir(folder)) == before and
      open(os.path.join(folder, 'checkpoint'), 'rb').read() == state)
  results.append([text, is_as_before, [
      test.number_of(prefix) for _, prefix in
      test.checkpoint.list_checkpoints(folder)]])
test.checkpoint.save(folder, 3, test.values(3))
print(json.dumps(results))
"""


@pytest.mark.skipif(
  sys.platform == 'win32', reason='Windows cannot limit the size of a file'
)
def test_full_disk(tmp_path):
  folder = tmp_path / 'train'
  process = start(FULL_DISK, folder)
  out, errors = process.communicate(timeout=300)
  assert process.returncode == 0, errors
  results = json.loads(out)
  assert len(results) == 6
  for text, is_as_before, numbers in results:
    assert text.startswith(f"could not save '{folder}")
    assert '(File too large); earlier checkpoints are untouched' in text
    assert text.count('\n') == 0
    assert is_as_before
    assert numbers == [1, 2]
  assert number_of(checkpoint.latest(folder)) == 3
  assert len(os.listdir(folder)) == 7


def _flip(share):
  """Returns a function that flips one bit at this fraction of a file."""

  def flip(path):
    content = bytearray(path.read_bytes())
    content[int(share * (len(content) - 1))] ^= 1
    path.write_bytes(content)

  return flip


def _cut(share, less=0):
  """Returns a function that truncates a file to a fraction less some bytes."""
  return lambda path: os.truncate(path, int(share * path.stat().st_size) - less)


def _garble(path):
  path.write_bytes(os.urandom(200))


@pytest.mark.parametrize('suffix', [DATA, '.index'])
@pytest.mark.parametrize(
  'damage',
  [
    _flip(0),
    _flip(0.3),
    _flip(0.5),
    _flip(1),
    _cut(0),
    _cut(0.01),
    _cut(0.5),
    _cut(1, less=1),
    _garble,
    os.unlink,
  ],
  ids=[
    'first',
    'early',
    'middle',
    'last',
    'empty',
    'short',
    'half',
    'cut',
    'garbled',
    'gone',
  ],
)
def test_damage_falls_back_to_the_previous_checkpoint(damage, suffix, tmp_path):
  before, newest = (
    checkpoint.save(tmp_path, number, values(number)) for number in (10, 20)
  )
  damage(pathlib.Path(newest + suffix))
  parts = len(list(tmp_path.glob('model.ckpt-20.*')))
  calls = []
  assert checkpoint.restore_newest(
    tmp_path, number_of, on_damaged=lambda *damaged: calls.append(damaged)
  ) == (before, 10)
  [(prefix, reason)] = calls
  assert prefix == newest
  assert reason.startswith(f'{newest!r} is ')
  # The run continues, over the same steps.
  for number in (15, 20):
    prefix = checkpoint.save(tmp_path, number, values(number), keep=1)
    assert checkpoint.latest(tmp_path) == prefix
    assert number_of(prefix) == number
  assert len(list(tmp_path.glob('model.ckpt-20.damaged.*'))) == parts
  assert len(os.listdir(tmp_path)) == 3 + parts
