"""Tests of inception.inception_eval."""

import numpy as np
import pytest
import tensorflow as tf
from tensorboard.backend.event_processing import event_accumulator

from inception import checkpoint
from inception import config
from inception import dataset
from inception import inception_eval
from inception import inception_model
from inception.testing import datasets
from inception.testing import records


@pytest.mark.parametrize('successes,trials,expected', [
    # Wilson's formula, computed by hand with z = 1.96.
    (0, 10, (0.0, 0.27753)), (10, 10, (0.72247, 1.0)),
    (5, 10, (0.23659, 0.76341)),
    (467, 500, (0.90881, 0.95258))])
def test_wilson_interval(successes, trials, expected):
  assert inception_eval.wilson_interval(successes, trials) == pytest.approx(
      expected, abs=2e-4)


@pytest.mark.parametrize('successes,trials', [(1, 0), (-1, 3), (4, 3)])
def test_wilson_interval_refuses_other_numbers(successes, trials):
  with pytest.raises(ValueError, match='need 0 <= successes <= trials'):
    inception_eval.wilson_interval(successes, trials)


def test_count_hits_leaves_padding_out():
  logits = tf.constant([[0., 3., 2., 1.], [0., 1., 2., 3.], [9., 0., 0., 0.]])
  labels = tf.constant([1, 2, 0])
  for mask, expected in (([True, True, False], (1, 2)),
                         ([True, True, True], (2, 3)),
                         ([False, False, False], (0, 0))):
    hits = inception_eval.count_hits(logits, labels, tf.constant(mask), k=2)
    assert tuple(map(int, hits)) == expected


@pytest.fixture(scope='module')
def data(tmp_path_factory):
  return datasets.write(tmp_path_factory.mktemp('data'), {'validation': 7},
                        class_names=('a', 'b', 'c'))


@pytest.fixture(scope='module')
def trained(tmp_path_factory):
  """A folder whose checkpoint says 'b' for every picture."""
  folder = tmp_path_factory.mktemp('trained')
  save(folder, step=4, favourite=2)
  return folder


def save(folder, *, step, favourite):
  model = inception_model.InceptionModel(num_classes=3)
  values = {f'{name}/ExponentialMovingAverage': v.numpy()
            for name, v in model.variables.items()}
  # Whatever the picture, the biases decide.
  values['logits/logits/weights/ExponentialMovingAverage'][:] = 0
  values['logits/logits/biases/ExponentialMovingAverage'][favourite] = 1
  return checkpoint.save(folder, step, values)


def settings(data, folder, tmp_path, batch_size=3, **kwargs):
  return (config.EvalConfig(checkpoint_dir=str(folder),
                            eval_dir=str(tmp_path / 'eval'), **kwargs),
          config.InputConfig(data_dir=data.data_dir, subset='validation',
                             batch_size=batch_size, image_size=75))


# Seven pictures of the classes a, b, c in turn: two are b.
@pytest.mark.parametrize('batch_size', [1, 3, 7, 16])
def test_each_example_counts_once_at_any_batch_size(data, trained, tmp_path,
                                                    batch_size):
  result = inception_eval.evaluate(
      data, *settings(data, trained, tmp_path, batch_size))
  assert result == inception_eval.Evaluated(
      step=4, num_examples=7, num_correct=2, num_in_top_k=result.num_in_top_k,
      k=3)
  assert result.precision_at_1 == pytest.approx(2 / 7)


def test_events_come_in_the_originals_order(data, trained, tmp_path):
  events = []
  inception_eval.evaluate(data, *settings(data, trained, tmp_path),
                          on_event=events.append)
  assert [type(event).__name__ for event in events] == [
      'Loaded', 'Progress', 'Evaluated']
  assert events[0].prefix == str(trained / 'model.ckpt-4')
  assert (events[1].batches, events[1].total_batches) == (3, 3)


@pytest.mark.parametrize('num_examples,expected', [(2, 2), (100, 7)])
def test_num_examples_is_a_limit(data, trained, tmp_path, num_examples,
                                 expected):
  result = inception_eval.evaluate(
      data, *settings(data, trained, tmp_path, num_examples=num_examples))
  assert result.num_examples == expected


def test_a_shard_cut_between_two_records_is_noticed(trained, tmp_path):
  data = datasets.write(tmp_path, {'validation': 4},
                        class_names=('a', 'b', 'c'))
  records.write_shards(tmp_path, 'validation', [
      [records.example(records.jpeg(records.picture(32, 32)), 1)], []])
  with pytest.raises(dataset.DatasetError, match='holds 1 of the 4 validation'):
    inception_eval.evaluate(data, *settings(data, trained, tmp_path))


def test_results_are_written_for_tensorboard(data, trained, tmp_path):
  inception_eval.evaluate(data, *settings(data, trained, tmp_path))
  accumulator = event_accumulator.EventAccumulator(str(tmp_path / 'eval'))
  accumulator.Reload()
  event, = accumulator.Tensors('Precision @ 1')
  assert event.step == 4
  assert tf.make_ndarray(event.tensor_proto) == pytest.approx(2 / 7)
  assert 'Recall @ 3' in accumulator.Tags()['tensors']


def test_no_checkpoint_is_refused(data, tmp_path):
  (tmp_path / 'empty').mkdir()
  with pytest.raises(inception_eval.EvalError, match='no checkpoint in'):
    inception_eval.evaluate(data, *settings(data, tmp_path / 'empty', tmp_path))


def test_a_checkpoint_without_averaged_weights_is_refused(data, tmp_path):
  checkpoint.save(tmp_path / 'plain', 1, {'conv0/weights': np.zeros(3)})
  with pytest.raises(checkpoint.CheckpointError,
                     match='conv0/weights/ExponentialMovingAverage'):
    inception_eval.evaluate(data, *settings(data, tmp_path / 'plain', tmp_path))


def test_watch_waits_then_evaluates_each_new_checkpoint_once(data, tmp_path):
  folder = tmp_path / 'run'
  events = []

  class Enough(Exception):
    pass

  looks = iter(['nothing', 'save 1', 'nothing', 'save 2', 'nothing', 'stop'])

  def sleep(seconds):
    assert seconds == 7
    look = next(looks)
    if look == 'stop':
      raise Enough
    if look != 'nothing':
      save(folder, step=int(look[-1]), favourite=1)

  with pytest.raises(Enough):
    inception_eval.watch(
        data, *settings(data, folder, tmp_path, eval_interval_secs=7),
        on_event=events.append, sleep=sleep)
  names = [type(event).__name__ for event in events]
  assert names == ['Waiting', 'Waiting'] + [
      'Loaded', 'Progress', 'Evaluated'] * 2
  assert [event.step for event in events
          if isinstance(event, inception_eval.Evaluated)] == [1, 2]
  assert events[4].num_correct == 3


def test_watch_tells_a_damaged_checkpoint_once_and_waits_for_the_next(
    data, tmp_path):
  save(tmp_path, step=1, favourite=1)
  damaged = tmp_path / 'model.ckpt-1.data-00000-of-00001'
  damaged.write_bytes(damaged.read_bytes()[:-9] + bytes(9))
  events = []

  class Enough(Exception):
    pass

  looks = iter(['nothing', 'save', 'stop'])

  def sleep(seconds):
    look = next(looks)
    if look == 'stop':
      raise Enough
    if look == 'save':
      save(tmp_path, step=2, favourite=1)

  with pytest.raises(Enough):
    inception_eval.watch(data, *settings(data, tmp_path, tmp_path),
                         on_event=events.append, sleep=sleep)
  assert [type(event).__name__ for event in events] == [
      'Damaged', 'Loaded', 'Progress', 'Evaluated']
  assert 'model.ckpt-1' in events[0].reason
