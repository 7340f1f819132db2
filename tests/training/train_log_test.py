"""Tests of inception.training.train_log: reports, files and rates."""

import json

import numpy as np
import pytest
import tensorflow as tf
from tensorboard.backend.event_processing import event_accumulator

from inception.settings import config
from inception.settings import training_config
from inception.training import train_events
from inception.training import train_log

EVALUATED = train_events.TrainingEvaluated(
  step=9,
  num_examples=8,
  precision_at_1=0.75,
  recall_at_k=1.0,
  k=3,
  is_best=True,
)


class Clock:
  """Stands in for the module `time`; tests set its time."""

  def __init__(self):
    self.now = 100.0

  def perf_counter(self):
    return self.now


@pytest.fixture
def clock(monkeypatch):
  made = Clock()
  monkeypatch.setattr(train_log, 'time', made)
  return made


class Training:
  """A training loop without a network, and the events it reported."""

  def __init__(self, folder, clock=None, *, writes=True, **settings):
    self.folder = folder
    self.events = []
    self._clock = clock
    self.log = train_log.TrainLog(
      training_config.TrainConfig(train_dir=str(folder), **settings),
      config.InputConfig(data_dir='d', batch_size=4),
      writes=writes,
      on_event=self.events.append,
    )

  def step(
    self,
    step,
    *,
    seconds=1.0,
    loss=2.0,
    inputs=None,
    weights=None,
    gradients=None,
  ):
    if self._clock:
      self._clock.now += seconds
    results = {'total_loss': loss, 'main_loss': loss - 0.5, 'stop': 0.0}
    if gradients is not None:
      results['gradients'] = gradients
    self.log.step(
      step,
      results,
      tf.zeros([4, 5, 5, 3]) if inputs is None else inputs,
      0.1,
      weights or {},
    )

  def reported(self, kind):
    return [event for event in self.events if isinstance(event, kind)]

  def lines(self):
    text = (self.folder / 'metrics.jsonl').read_text(encoding='utf-8')
    return [json.loads(line) for line in text.splitlines()]

  def summaries(self):
    """Returns {tag: [(step, value), ...]} as TensorBoard reads them."""
    accumulator = event_accumulator.EventAccumulator(str(self.folder))
    accumulator.Reload()
    return {
      tag: [
        (event.step, tf.make_ndarray(event.tensor_proto))
        for event in accumulator.Tensors(tag)
      ]
      for tag in accumulator.Tags()['tensors']
    }


def without_time(line):
  return {name: value for name, value in line.items() if name != 'time'}


def test_steps_of_a_head_are_logged_a_tenth_as_often(tmp_path, clock):
  training = Training(
    tmp_path, clock, log_interval_steps=2, trainable_scopes='head'
  )
  for step in range(41):
    training.step(step, loss=1.0)
  training.log.close()
  assert [event.step for event in training.reported(train_events.StepDone)] == [
    0,
    20,
    40,
  ]


def test_every_step_is_reported_and_some_are_logged(tmp_path, clock):
  training = Training(tmp_path, clock, log_interval_steps=2)
  for step in range(4):
    training.step(step, loss=4.0 - step)
  training.log.close()
  assert training.events == [
    train_events.Stepped(0, 4.0),
    train_events.StepDone(
      0, 4.0, 4.0, 1.0, 0.1, {'total_loss': 4.0, 'main_loss': 3.5}
    ),
    train_events.Stepped(1, 3.0),
    train_events.Stepped(2, 2.0),
    train_events.StepDone(
      2, 2.0, 4.0, 1.0, 0.1, {'total_loss': 2.0, 'main_loss': 1.5}
    ),
    train_events.Stepped(3, 1.0),
  ]
  assert [without_time(line) for line in training.lines()] == [
    {
      'kind': 'train',
      'step': 0,
      'learning_rate': 0.1,
      'examples_per_sec': 4.0,
      'total_loss': 4.0,
      'main_loss': 3.5,
    },
    {
      'kind': 'train',
      'step': 2,
      'learning_rate': 0.1,
      'examples_per_sec': 4.0,
      'total_loss': 2.0,
      'main_loss': 1.5,
    },
  ]


def test_rates_are_averaged_since_the_previous_line(tmp_path, clock):
  training = Training(tmp_path, clock, log_interval_steps=3, writes=False)
  training.step(6, seconds=8.0)
  for step, seconds in enumerate((1.0, 0.5, 4.5), start=7):
    training.step(step, seconds=seconds)
  first, second = training.reported(train_events.StepDone)
  assert (first.sec_per_batch, first.examples_per_sec) == (8.0, 0.5)
  assert (second.sec_per_batch, second.examples_per_sec) == (2.0, 2.0)


@pytest.mark.parametrize(
  'pause',
  [lambda log: log.restart_clock(), lambda log: log.evaluated(EVALUATED)],
)
def test_time_between_two_steps_is_not_counted(tmp_path, clock, pause):
  training = Training(tmp_path, clock, log_interval_steps=4, writes=False)
  training.step(0)
  training.step(1, seconds=50.0)
  clock.now += 1000
  pause(training.log)
  training.step(2, seconds=3.0)
  training.step(3, seconds=1.0)
  training.step(4, seconds=2.0)
  done = training.reported(train_events.StepDone)[-1]
  # The lap started over: steps 2, 3 and 4.
  assert (done.sec_per_batch, done.examples_per_sec) == (2.0, 2.0)


def test_summaries_have_raw_and_smoothed_losses_rates_and_images(
  tmp_path, clock
):
  training = Training(
    tmp_path, clock, log_interval_steps=1, summary_interval_steps=2
  )
  for step, loss in enumerate((4.0, 2.0, 1.0)):
    training.step(step, loss=loss, seconds=0.5)
  training.log.close()
  tensors = training.summaries()
  assert tensors['total_loss (raw)'] == [(0, 4.0), (2, 1.0)]
  # Step 1 is part of the moving average, although it is not written.
  smoothed = 0.9 * (0.9 * 4 + 0.1 * 2) + 0.1 * 1
  assert [step for step, _ in tensors['total_loss']] == [0, 2]
  assert float(tensors['total_loss'][1][1]) == pytest.approx(smoothed)
  assert float(tensors['main_loss'][1][1]) == pytest.approx(smoothed - 0.5)
  assert [
    (step, pytest.approx(float(value)))
    for step, value in tensors['learning_rate']
  ] == [(0, 0.1), (2, 0.1)]
  assert tensors['examples_per_sec'] == [(0, 8.0), (2, 8.0)]
  assert [step for step, _ in tensors['images']] == [0, 2]
  assert 'stop' not in tensors


def test_features_are_not_written_as_images(tmp_path):
  training = Training(tmp_path)
  training.step(0, inputs=tf.zeros([4, 2048]))
  training.log.close()
  tensors = training.summaries()
  assert 'images' not in tensors
  assert tensors['total_loss (raw)'] == [(0, 2.0)]


def test_histograms_are_written_when_there_are_gradients(tmp_path):
  training = Training(tmp_path)
  weights = {'logits/biases': tf.Variable([0.0, 1.0, 5.0])}
  training.step(0, weights=weights)
  training.step(
    1,
    weights=weights,
    gradients={'logits/biases': tf.constant([-2.0, 0.0, 3.0])},
  )
  training.log.close()
  tensors = training.summaries()
  for tag, low, high in (
    ('logits/biases', 0, 5),
    ('logits/biases/gradients', -2, 3),
  ):
    ((step, buckets),) = tensors[tag]
    assert step == 1
    assert (buckets[0, 0], buckets[-1, 1], buckets[:, 2].sum()) == (
      low,
      high,
      3,
    )


def test_hyperparameters_of_run_and_batches_are_written_as_text(tmp_path):
  training = Training(tmp_path, optimizer='sgd')
  training.log.close()
  ((step, text),) = training.summaries()['hyperparameters']
  assert step == 0
  lines = text.item().decode().splitlines()
  assert '| optimizer | sgd |' in lines
  assert '| batch_size | 4 |' in lines


def test_evaluation_is_reported_and_written(tmp_path):
  training = Training(tmp_path)
  training.log.evaluated(EVALUATED)
  training.log.close()
  assert training.events == [EVALUATED]
  assert [without_time(line) for line in training.lines()] == [
    {
      'kind': 'eval',
      'step': 9,
      'precision_at_1': 0.75,
      'recall_at_k': 1.0,
      'k': 3,
      'num_examples': 8,
      'views': 1,
    }
  ]
  tensors = training.summaries()
  assert tensors['validation/Precision @ 1'] == [(9, 0.75)]
  assert tensors['validation/Recall @ 3'] == [(9, 1.0)]


def test_resumed_run_is_recorded_in_the_same_file(tmp_path):
  for first in (0, 10):
    training = Training(tmp_path)
    if first:
      training.log.resumed(first)
    training.step(first)
    training.log.close()
  assert [(line['kind'], line['step']) for line in training.lines()] == [
    ('train', 0),
    ('resumed', 10),
    ('train', 10),
  ]


def test_host_that_does_not_write_creates_no_files(tmp_path):
  folder = tmp_path / 'not made'
  training = Training(folder, writes=False)
  training.log.resumed(3)
  training.step(
    10, gradients={'w': tf.ones([2])}, weights={'w': tf.Variable([1.0, 2.0])}
  )
  training.log.evaluated(EVALUATED)
  training.log.restart_clock()
  training.log.close()
  assert [type(event) for event in training.events] == [
    train_events.Stepped,
    train_events.StepDone,
    train_events.TrainingEvaluated,
  ]
  assert not folder.exists()


def test_nan_loss_is_valid_json(tmp_path):
  training = Training(tmp_path)
  training.step(0, loss=float(np.nan))
  training.log.close()
  assert training.lines()[0]['total_loss'] is None


def test_unwritable_file_is_reported_once_and_ends_nothing(tmp_path):
  (tmp_path / 'metrics.jsonl').mkdir()
  training = Training(tmp_path)
  training.step(0)
  training.step(1)
  training.log.evaluated(EVALUATED)
  training.log.close()
  (problem,) = training.reported(train_events.RunWarning)
  assert 'metrics.jsonl' in problem.text
  assert training.summaries()['total_loss (raw)'] == [(0, 2.0)]


def test_each_problem_is_reported(tmp_path):
  (tmp_path / 'file').write_bytes(b'')
  training = Training(tmp_path / 'file')
  training.step(0)
  training.log.close()
  texts = [event.text for event in training.reported(train_events.RunWarning)]
  assert len(texts) == 2
  assert texts[0].startswith('summaries cannot be written')
  assert 'metrics.jsonl' in texts[1]


def break_summaries(training, monkeypatch, method):
  """Makes the disk full for the event file's flush or close."""

  def full(self):
    raise OSError('No space left')

  writer = training.log._summaries._writer
  monkeypatch.setattr(type(writer), method, full)


def test_full_disk_at_an_evaluation_is_reported_then(tmp_path, monkeypatch):
  training = Training(tmp_path)
  break_summaries(training, monkeypatch, 'flush')
  training.log.evaluated(EVALUATED)
  evaluated, problem = training.events
  assert evaluated is EVALUATED
  assert 'No space left' in problem.text
  training.log.close()
  assert len(training.events) == 2


def test_full_disk_at_the_end_is_reported(tmp_path, monkeypatch):
  training = Training(tmp_path)
  break_summaries(training, monkeypatch, 'close')
  training.log.close()
  (problem,) = training.events
  assert 'No space left' in problem.text
