"""Tests that each example counts exactly once."""

import dataclasses
import json
import types

import numpy as np
import pytest
import tensorflow as tf

from inception import dataset
from inception.evaluation import evaluator
from inception.input import input_pipeline
from inception.settings import config
from inception.testing import commands
from inception.testing import records

# Of each example, how many logits are above its label's.
PLACES = (0, 1, 4, 5, 6, 7, 0, 0, 2, 5)


def test_count_hits_leaves_padding_out():
  logits = tf.constant([
    [0.0, 3.0, 2.0, 1.0],
    [0.0, 1.0, 2.0, 3.0],
    [9.0, 0.0, 0.0, 0.0],
  ])
  labels = tf.constant([1, 2, 0])
  for mask, expected in (
    ([True, True, False], (1, 2)),
    ([True, True, True], (2, 3)),
    ([False, False, False], (0, 0)),
  ):
    hits = evaluator.count_hits(logits, labels, tf.constant(mask), k=2)
    assert tuple(map(int, hits)) == expected


def test_count_hits_equals_a_sort_by_numpy():
  rng = np.random.default_rng(1)
  logits = rng.permuted(np.arange(40 * 9.0).reshape(40, 9), axis=1)
  labels = rng.integers(0, 9, 40)
  mask = rng.random(40) < 0.7
  order = np.argsort(-logits, axis=1)
  for k in (1, 4, 9):
    hits = evaluator.count_hits(
      tf.constant(logits, tf.float32),
      tf.constant(labels, tf.int32),
      tf.constant(mask),
      k=k,
    )
    assert [int(hit) for hit in hits] == [
      np.sum(mask & (order[:, 0] == labels)),
      np.sum(mask & (order[:, :k] == labels[:, None]).any(axis=1)),
    ]


def test_a_network_that_answers_nan_is_never_right():
  hits = evaluator.count_hits(
    tf.fill([2, 4], np.float32(np.nan)),
    tf.constant([1, 2]),
    tf.constant([True, True]),
    k=4,
  )
  assert tuple(map(int, hits)) == (0, 0)


class Network:
  """Answers by a table: row i for records.flat_dataset's image i.

  To padding, and to what is no image of the data, it answers 'background':
  that would be right if padding, which has label 0, were counted.
  """

  def __init__(self, places, *, num_classes):
    self._num_classes = num_classes
    self.table = tf.Variable(self.rows(places))
    self.traced = 0

  def rows(self, places):
    """Returns logits where `places` others are above the label's."""
    rows = np.zeros([31, self._num_classes + 1], np.float32)
    rows[:, 0] = 1
    for number, place in enumerate(places):
      label = number % self._num_classes + 1
      others = [c for c in range(self._num_classes + 1) if c != label]
      order = others[:place] + [label] + others[place:]
      rows[number, order] = -np.arange(len(order))
    return rows

  def classify(self, images):
    self.traced += 1
    level = (tf.reduce_mean(images, axis=[1, 2, 3]) + 1) * 127.5
    return tf.gather(self.table, tf.cast(tf.round((level - 4) / 8), tf.int32))


@pytest.fixture(scope='module')
def data(tmp_path_factory):
  return records.flat_dataset(
    tmp_path_factory.mktemp('data'), subset='validation', num_classes=7
  )


def make_evaluator(data, network, *, batch_size=3, **kwargs):
  return evaluator.Evaluator(
    network.classify,
    data,
    config.InputConfig(
      data_dir=data.data_dir,
      subset='validation',
      batch_size=batch_size,
      image_size=75,
    ),
    **kwargs,
  )


@pytest.mark.parametrize('batch_size', [1, 3, 10, 16])
def test_each_example_counts_once_at_any_batch_size(data, batch_size):
  found = make_evaluator(
    data, Network(PLACES, num_classes=7), batch_size=batch_size
  ).run()
  assert found == evaluator.Result(
    num_examples=10, num_correct=3, num_in_top_k=6, k=5
  )
  assert (found.precision_at_1, found.recall_at_k) == (0.3, 0.6)


@pytest.mark.parametrize('batch_size', [1, 3, 10, 16])
def test_each_batch_is_passed_on_without_padding(data, batch_size):
  network = Network(PLACES, num_classes=7)
  logits, labels = [], []
  make_evaluator(data, network, batch_size=batch_size).run(
    on_batch=lambda *batch: (logits.append(batch[0]), labels.append(batch[1]))
  )
  np.testing.assert_array_equal(
    np.concatenate(logits), network.table.numpy()[:10]
  )
  assert np.concatenate(labels).tolist() == [i % 7 + 1 for i in range(10)]


def test_features_are_passed_on_with_the_logits(data):
  network = Network(PLACES, num_classes=7)

  def classify(images):
    logits = network.classify(images)
    return logits, 2 * logits

  batches = []
  ours = evaluator.Evaluator(
    classify,
    data,
    config.InputConfig(
      data_dir=data.data_dir, subset='validation', batch_size=3, image_size=75
    ),
  )
  found = ours.run(on_batch=lambda *batch: batches.append(batch))
  assert found.num_correct == 3
  for logits, labels, features in batches:
    np.testing.assert_array_equal(features, 2 * logits)
    assert len(features) == len(labels)


@pytest.mark.parametrize(
  ('limit', 'expected'),
  [(2, (2, 1, 2)), (7, (7, 2, 4)), (100, (10, 3, 6)), (None, (10, 3, 6))],
)
def test_num_examples_is_a_limit(data, limit, expected):
  progress = []
  found = make_evaluator(
    data, Network(PLACES, num_classes=7), num_examples=limit
  ).run(progress.append)
  assert (found.num_examples, found.num_correct, found.num_in_top_k) == expected
  batches = -(-expected[0] // 3)
  assert [(event.batches, event.total_batches) for event in progress] == [
    (batches, batches)
  ]


def test_k_is_the_number_of_classes_below_five(tmp_path):
  data = records.flat_dataset(
    tmp_path, subset='validation', num_examples=4, num_classes=3
  )
  # With the background there are four logits: the last place is no hit.
  found = make_evaluator(data, Network((0, 2, 3, 1), num_classes=3)).run()
  assert found == evaluator.Result(
    num_examples=4, num_correct=1, num_in_top_k=3, k=3
  )


def test_second_run_uses_new_weights_without_retracing(data):
  network = Network(PLACES, num_classes=7)
  ours = make_evaluator(data, network)
  assert ours.run().num_correct == 3
  network.table.assign(network.rows([0] * 10))
  assert ours.run() == evaluator.Result(
    num_examples=10, num_correct=10, num_in_top_k=10, k=5
  )
  assert network.traced == 1


def test_progress_is_reported_every_20_batches_and_at_the_end(
  tmp_path, monkeypatch
):
  data = records.flat_dataset(tmp_path, subset='validation', num_examples=26)
  clock = [0.0]

  def perf_counter():
    clock[0] += 2
    return clock[0]

  monkeypatch.setattr(
    evaluator, 'time', types.SimpleNamespace(perf_counter=perf_counter)
  )
  progress = []

  def on_progress(event):
    clock[0] += 1000  # Whoever is told takes time, which is not a batch's.
    progress.append(event)

  make_evaluator(data, Network([0] * 26, num_classes=5), batch_size=1).run(
    on_progress
  )
  assert progress == [
    evaluator.Progress(20, 26, 10.0, 0.1),
    evaluator.Progress(26, 26, 3.0, 1 / 3),
  ]


def test_rates_count_examples_without_padding(data, monkeypatch):
  clock = iter([0.0, 5.0, 5.0])
  monkeypatch.setattr(
    evaluator, 'time', types.SimpleNamespace(perf_counter=lambda: next(clock))
  )
  progress = []
  make_evaluator(data, Network(PLACES, num_classes=7), batch_size=16).run(
    progress.append
  )
  assert progress == [evaluator.Progress(1, 1, 2.0, 5.0)]


def counted(data, number, *, tool):
  return dataclasses.replace(
    data, num_examples_of={'validation': number}, tool=tool
  )


def test_shard_truncated_between_two_records_is_detected(data):
  ours = make_evaluator(
    counted(data, 12, tool='a test'), Network(PLACES, num_classes=7)
  )
  with pytest.raises(
    dataset.DatasetError, match='holds 10 of the 12 validation examples'
  ):
    ours.run()


def test_records_beyond_the_limit_may_be_missing(data):
  found = make_evaluator(
    counted(data, 12, tool='a test'),
    Network(PLACES, num_classes=7),
    num_examples=10,
  ).run()
  assert found.num_examples == 10


def test_example_count_without_a_tool_is_not_enforced(data):
  found = make_evaluator(
    counted(data, 12, tool=''), Network(PLACES, num_classes=7)
  ).run()
  assert found.num_examples == 10


def test_records_beyond_the_example_count_are_evaluated(tmp_path):
  data = records.flat_dataset(tmp_path, subset='validation', num_examples=21)
  progress = []
  found = make_evaluator(
    counted(data, 4, tool='a test'),
    Network([0] * 21, num_classes=5),
    batch_size=1,
  ).run(progress.append)
  assert (found.num_examples, found.num_correct) == (21, 21)
  # Nobody is told that 20 of 4 batches are done.
  assert [(event.batches, event.total_batches) for event in progress] == [
    (4, 4),
    (20, 20),
  ]


def test_subset_without_records_is_refused(data, monkeypatch):
  monkeypatch.setattr(
    input_pipeline, 'eval_batches', lambda *args, **kwargs: []
  )
  with pytest.raises(
    dataset.DatasetError, match='has no record in its validation shards'
  ):
    make_evaluator(data, Network(PLACES, num_classes=7)).run()


def test_a_damaged_record_is_named(tmp_path):
  good = records.example(records.jpeg(records.picture(16, 16)), 1)
  records.write_shards(
    tmp_path, 'validation', [[good], [good, records.example(b'no picture', 1)]]
  )
  data = dataset.Dataset(
    name='x',
    data_dir=str(tmp_path),
    class_names=('a',),
    num_examples_of={'validation': 3},
  )
  network = Network([0], num_classes=1)
  with pytest.raises(dataset.DatasetError, match='validation-00001-of-00002'):
    make_evaluator(data, network).run()


def test_missing_subset_is_refused(data):
  ours = make_evaluator(
    dataclasses.replace(data, num_examples_of={'train': 1}),
    Network(PLACES, num_classes=7),
  )
  with pytest.raises(dataset.DatasetError, match="no subset 'validation'"):
    ours.run()


_TWO_DEVICES = """
import json
import sys
import tensorflow as tf
from inception.evaluation import evaluator
from inception.hardware import replicas as replicas_lib
from inception.settings import config
from inception.testing import records

tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices('CPU')[0],
    [tf.config.LogicalDeviceConfiguration()] * 2)
replicas = replicas_lib.make(devices=('CPU:0', 'CPU:1'), environment={})
data = records.flat_dataset(DATA_DIR, subset='validation', num_classes=7)
with replicas.strategy.scope():
  table = tf.Variable(tf.random.stateless_uniform([31, 8], [1, 2]))


def classify(images):
  level = (tf.reduce_mean(images, axis=[1, 2, 3]) + 1) * 127.5
  logits = tf.gather(table, tf.cast(tf.round((level - 4) / 8), tf.int32))
  return logits, 2 * logits


def run(batch_size, replicas):
  batches = []
  result = evaluator.Evaluator(
      classify, data,
      config.InputConfig(data_dir=data.data_dir, subset='validation',
                         batch_size=batch_size, image_size=75),
      replicas=replicas,
  ).run(on_batch=lambda *batch: batches.append(batch))
  answers = [[part.tolist() for batch in batches for part in batch[i]]
             for i in range(3)]
  return [result.num_examples, result.num_correct, result.num_in_top_k, answers]


found = [run(3, None), run(2, replicas), run(6, replicas), run(16, replicas)]
try:
  run(3, replicas)
except replicas_lib.ReplicaError as error:
  found.append(str(error))
print(json.dumps(found))
"""


def test_two_devices_give_the_same_counts_and_answers(tmp_path):
  program = _TWO_DEVICES.replace('DATA_DIR', repr(str(tmp_path)))
  done = commands.python(program, {'CUDA_VISIBLE_DEVICES': ''})
  assert done.returncode == 0, done.stderr
  one, *several, error = json.loads(done.stdout.splitlines()[-1])
  assert one[0] == 10
  for found in several:
    assert found == one
  assert '--batch_size=3 cannot be split evenly over 2 devices' in error
