"""Tests of auto_batch_size: made-up devices, and one real step."""

import dataclasses
import math

import pytest
import tensorflow as tf

from inception import dataset
from inception.checkpoints import checkpoint
from inception.checkpoints import run_info
from inception.hardware import process_memory
from inception.hardware import replicas
from inception.jobs import errors
from inception.settings import config
from inception.settings import training_config
from inception.training import auto_batch_size

GB = 10**9


@pytest.fixture(autouse=True)
def memory(monkeypatch):
  """A machine with 10 GB available, and a process that uses 1 GB."""
  monkeypatch.setattr(process_memory, 'resident_bytes', lambda: 1 * GB)
  monkeypatch.setattr(process_memory, 'available_bytes', lambda: 10 * GB)


def data(num_examples=100_000):
  return dataset.Dataset(
    name='x',
    data_dir='D',
    class_names=('a', 'b'),
    num_examples_of={'train': num_examples},
  )


def choose(
  tmp_path,
  *,
  num_examples=100_000,
  peak_of=None,
  count=1,
  rate_is_given=False,
  **kwargs,
):
  of_one = replicas.make()
  of_one.count = count
  return auto_batch_size.choose(
    data(num_examples),
    training_config.TrainConfig(train_dir=str(tmp_path), **kwargs),
    config.InputConfig(data_dir='D', image_size=75),
    of_one,
    peak_of=peak_of,
    rate_is_given=rate_is_given,
  )


def of_images(each, fixed=2 * GB):
  return lambda size: fixed + size * each


def test_largest_fitting_batch_is_chosen(tmp_path):
  # 9 GB may be used: 1 GB plus 80 % of 10 GB. 2 GB are fixed, so 70 images of
  # 0.1 GB fit; 64 is the largest multiple of 8.
  choice = choose(
    tmp_path,
    peak_of=of_images(GB // 10),
    optimizer='sgd',
    initial_learning_rate=0.02,
  )
  assert choice.batch_size == 64
  assert choice.learning_rate == pytest.approx(0.04)
  assert '0.10 GB per image plus 2.0 GB, of 9.0 GB' in choice.reason


@pytest.mark.parametrize('optimizer', ['rmsprop', 'adam', 'adamw'])
def test_adaptive_rates_grow_with_the_square_root(tmp_path, optimizer):
  choice = choose(
    tmp_path,
    peak_of=of_images(GB // 10),
    optimizer=optimizer,
    initial_learning_rate=0.02,
  )
  assert choice.learning_rate == pytest.approx(0.02 * math.sqrt(2))


def test_devices_share_the_batch(tmp_path):
  choice = choose(
    tmp_path, peak_of=of_images(GB // 10), optimizer='sgd', count=2
  )
  assert choice.batch_size == 128


@pytest.mark.parametrize(
  'num_examples,size', [(850, 104), (3000, 368), (10, 8), (10**7, 1024)]
)
def test_few_images_and_large_memory_are_limited(tmp_path, num_examples, size):
  choice = choose(tmp_path, num_examples=num_examples, peak_of=of_images(1))
  assert choice.batch_size == size
  assert 'fewer than 8 updates per epoch' in choice.reason


@pytest.mark.parametrize('each,size', [(GB // 2, 8), (2 * GB, 1), (50 * GB, 1)])
def test_little_memory_gives_a_small_batch(tmp_path, each, size):
  choice = choose(tmp_path, peak_of=of_images(each))
  assert choice.batch_size == size


@pytest.mark.parametrize(
  'fits,size',
  [(2000, 1024), (1000, 512), (70, 64), (12, 8), (11, 6), (3, 3), (0, 1)],
)
def test_without_a_known_peak_batches_are_tried(tmp_path, fits, size):
  def peak_of(number):
    if number > fits:
      raise tf.errors.ResourceExhaustedError(None, None, 'no memory')

  choice = choose(tmp_path, peak_of=peak_of)
  assert choice.batch_size == size
  assert 'tried on the device' in choice.reason


def test_features_need_no_measurement(tmp_path):
  def peak_of(size):
    raise AssertionError(size)

  choice = choose(tmp_path, trainable_scopes='head', peak_of=peak_of)
  assert choice.batch_size == 256
  assert (
    choose(
      tmp_path, trainable_scopes='head', num_examples=850, peak_of=peak_of
    ).batch_size
    == 104
  )


def test_resumed_run_keeps_its_batch_size(tmp_path):
  info = run_info.RunInfo(
    class_names=('a', 'b'),
    data_name='x',
    image_size=75,
    preprocessing={},
    settings={'batch_size': 48, 'initial_learning_rate': 0.03},
  )
  checkpoint.save(tmp_path, 4, {run_info.VARIABLE: info.to_json()})
  choice = choose(tmp_path, peak_of=of_images(GB // 10))
  assert (choice.batch_size, choice.learning_rate) == (48, 0.03)
  assert f'as {tmp_path} was' in choice.reason
  lowered = choose(
    tmp_path, rate_is_given=True, initial_learning_rate=0.01, optimizer='sgd'
  )
  assert lowered.batch_size == 48
  assert lowered.learning_rate == pytest.approx(0.01 * 48 / 32)


def test_wrong_scope_of_a_multiplier_is_reported(tmp_path, monkeypatch):
  monkeypatch.undo()
  with pytest.raises(
    errors.UserError, match="^--learning_rate_multipliers: .*'mixed_9'"
  ):
    choose(tmp_path, num_examples=200, learning_rate_multipliers='mixed_9:0.1')


@pytest.mark.parametrize('text', ['no JSON', None])
def test_checkpoint_without_batch_size_is_ignored(tmp_path, text):
  values = {'global_step': 4} | ({run_info.VARIABLE: text} if text else {})
  checkpoint.save(tmp_path, 4, values)
  assert choose(tmp_path, peak_of=of_images(GB // 10)).batch_size == 64


def test_memory_of_a_real_step_is_measured(tmp_path, monkeypatch):
  monkeypatch.undo()
  measured = []
  real = process_memory.peak_bytes

  def peak():
    measured.append(real())
    return measured[-1]

  monkeypatch.setattr(process_memory, 'peak_bytes', peak)
  choice = choose(
    tmp_path, trainable_scopes='logits', optimizer='sgd', num_examples=200
  )
  assert len(measured) == 2 and measured[0] <= measured[1]
  assert choice.batch_size == 24
  assert dataclasses.asdict(choice)['learning_rate'] == pytest.approx(0.075)
