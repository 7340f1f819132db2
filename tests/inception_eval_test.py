"""Tests of the choice of checkpoints, the events, and what is refused."""

import dataclasses
import os
import types

import numpy as np
import pytest
import tensorflow as tf
from tensorboard.backend.event_processing import event_accumulator

from inception import dataset as dataset_lib
from inception import inception_eval
from inception import inception_model
from inception.checkpoints import checkpoint
from inception.checkpoints import run_info
from inception.evaluation import eval_events
from inception.evaluation import evaluator
from inception.evaluation import result_files
from inception.settings import config
from inception.testing import datasets

BIASES = 'logits/logits/biases'
WEIGHTS = 'logits/logits/weights'


@pytest.fixture(scope='module')
def data(tmp_path_factory):
  # Seven pictures of the classes a, b, c in turn: three are a, two are b.
  return datasets.write(
    tmp_path_factory.mktemp('data'),
    {'validation': 7},
    class_names=('a', 'b', 'c'),
  )


def settings(data, folder, tmp_path, **kwargs):
  return (
    config.EvalConfig(
      checkpoint_dir=str(folder), eval_dir=str(tmp_path / 'eval'), **kwargs
    ),
    config.InputConfig(
      data_dir=data.data_dir, subset='validation', batch_size=3, image_size=75
    ),
  )


class BiasesOnly:
  """Stands in for the network: whatever the picture, the biases decide."""

  made: list['BiasesOnly'] = []

  def __init__(self, *, num_classes, compute_dtype):
    self.compute_dtype = compute_dtype
    self.variables = {
      BIASES: tf.Variable(tf.zeros([num_classes + 1])),
      WEIGHTS: tf.Variable(tf.zeros([3, num_classes + 1])),
    }
    self.sizes = set()
    self.made.append(self)

  def inference(self, images, *, is_training):
    assert not is_training
    self.sizes.add(images.shape[1])
    return types.SimpleNamespace(
      logits=tf.zeros([len(images), 1]) + self.variables[BIASES],
      end_points={
        'features': tf.reduce_mean(images, [1, 2]),
        'mixed_8x8x2048b': images[:, :2, :2],
      },
    )


@pytest.fixture
def networks(monkeypatch):
  """The networks that were made in the place of Inception v3."""
  monkeypatch.setattr(inception_model, 'InceptionModel', BiasesOnly)
  monkeypatch.setattr(BiasesOnly, 'made', [])
  return BiasesOnly.made


def save(folder, *, step, favourite, **more):
  """Writes a checkpoint whose averaged weights answer `favourite` always."""
  values = np.eye(4, dtype=np.float32)
  return checkpoint.save(
    folder,
    step,
    {
      f'{BIASES}/ExponentialMovingAverage': values[favourite],
      f'{WEIGHTS}/ExponentialMovingAverage': np.ones([3, 4], np.float32),
      # The weights as they were trained last say something else.
      BIASES: values[3],
      **more,
    },
  )


def test_inception_is_evaluated_with_its_averaged_weights(data, tmp_path):
  model = inception_model.InceptionModel(num_classes=3)
  values = {
    f'{name}/ExponentialMovingAverage': variable.numpy()
    for name, variable in model.variables.items()
  }
  values['logits/logits/weights/ExponentialMovingAverage'][:] = 0
  values[f'{BIASES}/ExponentialMovingAverage'][:] = [0, 1, 3, 2]
  prefix = checkpoint.save(tmp_path, 4, values)
  events = []
  found = inception_eval.evaluate(
    data, *settings(data, tmp_path, tmp_path), on_event=events.append
  )
  # Of the four logits only background's is not among the first three.
  assert found == eval_events.CheckpointEvaluated(
    4, evaluator.Result(num_examples=7, num_correct=2, num_in_top_k=7, k=3)
  )
  loaded, progress, last, analysed = events
  assert loaded == eval_events.Loaded(prefix, 4, 75, 'float32')
  assert (progress.batches, progress.total_batches) == (3, 3)
  assert last is found
  assert analysed.analysis.metrics.num_correct == 2
  assert analysed.analysis.metrics.matrix[:, 2].tolist() == [3, 2, 2]


def test_the_newest_checkpoint_is_evaluated(data, tmp_path, networks):
  for step, favourite in ((9, 2), (10, 1)):
    save(tmp_path, step=step, favourite=favourite)
  found = inception_eval.evaluate(data, *settings(data, tmp_path, tmp_path))
  assert (found.step, found.result.num_correct) == (10, 3)


def test_num_examples_is_a_limit(data, tmp_path, networks):
  save(tmp_path, step=1, favourite=1)
  found = inception_eval.evaluate(
    data, *settings(data, tmp_path, tmp_path, num_examples=4)
  )
  # a, b, c, a.
  assert (found.result.num_examples, found.result.num_correct) == (4, 2)


@pytest.mark.parametrize(
  'of_training,text,size',
  [(True, True, 91), (True, False, 75), (False, True, 75)],
)
def test_images_have_the_size_of_the_training_if_asked(
  data, tmp_path, networks, of_training, text, size
):
  info = run_info.RunInfo(
    class_names=data.class_names,
    data_name='x',
    image_size=91,
    preprocessing={},
    settings={},
  )
  save(
    tmp_path,
    step=1,
    favourite=1,
    **({run_info.VARIABLE: info.to_json()} if text else {}),
  )
  events = []
  inception_eval.evaluate(
    data,
    *settings(data, tmp_path, tmp_path, use_training_image_size=of_training),
    on_event=events.append,
  )
  assert events[0].image_size == size
  (network,) = networks
  assert network.sizes == {size}


@pytest.mark.parametrize('precision', ['float32', 'bfloat16', 'float16'])
def test_precision_is_the_networks(data, tmp_path, networks, precision):
  save(tmp_path, step=1, favourite=1)
  inception_eval.evaluate(
    data, *settings(data, tmp_path, tmp_path, precision=precision)
  )
  (network,) = networks
  assert network.compute_dtype.name == precision


@pytest.mark.parametrize(
  'of_training,recorded,expected',
  [
    (True, 'bfloat16', 'bfloat16'),
    (False, 'bfloat16', 'float32'),
    (True, None, 'float32'),
    (True, 'of a later version', 'float32'),
  ],
)
def test_precision_defaults_to_that_of_the_training(
  data, tmp_path, networks, of_training, recorded, expected
):
  info = run_info.RunInfo(
    class_names=data.class_names,
    data_name='',
    image_size=75,
    preprocessing={},
    settings={'precision': recorded} if recorded else {},
  )
  save(tmp_path, step=1, favourite=1, **{run_info.VARIABLE: info.to_json()})
  events = []
  inception_eval.evaluate(
    data,
    *settings(data, tmp_path, tmp_path, use_training_precision=of_training),
    on_event=events.append,
  )
  assert events[0].compute_dtype == expected
  (network,) = networks
  assert network.compute_dtype.name == expected


def test_checkpoints_of_two_precisions_have_a_network_each(
  data, tmp_path, networks
):
  def saves(step, precision):
    info = run_info.RunInfo(
      class_names=data.class_names,
      data_name='',
      image_size=75,
      preprocessing={},
      settings={'precision': precision},
    )
    save(
      tmp_path, step=step, favourite=1, **{run_info.VARIABLE: info.to_json()}
    )

  watch(
    data,
    tmp_path,
    tmp_path,
    lambda: saves(1, 'float32'),
    lambda: saves(2, 'bfloat16'),
    lambda: saves(3, 'float32'),
    lambda: None,
    use_training_precision=True,
  )
  assert [network.compute_dtype.name for network in networks] == ([
    'float32',
    'bfloat16',
  ])


def test_results_are_written_for_tensorboard(data, tmp_path, networks):
  save(tmp_path, step=4, favourite=2)
  inception_eval.evaluate(data, *settings(data, tmp_path, tmp_path))
  accumulator = event_accumulator.EventAccumulator(str(tmp_path / 'eval'))
  accumulator.Reload()
  (event,) = accumulator.Tensors('Precision @ 1')
  assert event.step == 4
  assert tf.make_ndarray(event.tensor_proto) == pytest.approx(2 / 7)
  assert 'Recall @ 3' in accumulator.Tags()['tensors']


def test_figures_and_predictions_are_written(data, tmp_path, networks):
  prefix = save(tmp_path, step=4, favourite=2)
  events = []
  inception_eval.evaluate(
    data,
    *settings(data, tmp_path, tmp_path, num_examples=5),
    on_event=events.append,
  )
  metrics = result_files.read_metrics(tmp_path / 'eval' / 'metrics.json')
  assert metrics['checkpoint'] == prefix
  assert (metrics['step'], metrics['subset']) == (4, 'validation')
  assert metrics['image_size'] == 75
  # a, b, c, a, b: all are taken for b.
  assert metrics['confusion_matrix'] == [[0, 2, 0], [0, 2, 0], [0, 1, 0]]
  rows = result_files.read_predictions(tmp_path / 'eval' / 'predictions.csv')
  assert [row.class_name for row in rows] == ['a', 'b', 'c', 'a', 'b']
  assert {row.predicted for row in rows} == {'b'}
  assert rows[0].file == 'validation0.jpg'
  assert events[-1].analysis.paths == (
    tmp_path / 'eval' / 'metrics.json',
    tmp_path / 'eval' / 'predictions.csv',
  )


def test_a_network_that_answers_nan_has_no_further_figures(
  data, tmp_path, networks
):
  shadow = f'{BIASES}/ExponentialMovingAverage'
  save(tmp_path, step=4, favourite=2, **{shadow: np.full(4, np.nan, 'f4')})
  events = []
  found = inception_eval.evaluate(
    data, *settings(data, tmp_path, tmp_path), on_event=events.append
  )
  assert found.result.num_correct == 0
  assert isinstance(events[-1], eval_events.NotAnalysed)
  assert 'answers 7 examples with NaN' in events[-1].reason
  assert not (tmp_path / 'eval' / 'metrics.json').exists()


def test_given_checkpoints_are_compared_with_the_first(
  data, tmp_path, networks
):
  # Three of the seven are a, two are b, two are c.
  paths = [
    save(tmp_path, step=step, favourite=favourite)
    for step, favourite in ((5, 1), (6, 2), (7, 1))
  ]
  events = []
  found = inception_eval.evaluate(
    data,
    *settings(data, 'unused', tmp_path, checkpoint_paths=tuple(paths)),
    on_event=events.append,
  )
  assert (found.step, found.result.num_correct) == (7, 3)
  first, second, third = (
    event.analysis
    for event in events
    if isinstance(event, eval_events.Analysed)
  )
  assert first.comparison is None
  assert (second.comparison.name, second.comparison.other) == (
    paths[1],
    paths[0],
  )
  assert second.comparison.difference == pytest.approx(-1 / 7)
  assert third.comparison.other == paths[0]
  assert third.comparison.difference == 0
  for number, path in enumerate(paths, start=1):
    written = result_files.read_metrics(
      tmp_path / 'eval' / str(number) / 'metrics.json'
    )
    assert written['checkpoint'] == path
  assert written['comparison']['other'] == paths[0]
  assert len(networks) == 1


def test_an_earlier_evaluation_is_compared_with(data, tmp_path, networks):
  for favourite, folder in ((2, 'before'), (1, 'eval')):
    prefix = save(tmp_path, step=favourite, favourite=favourite)
    eval_config, input_config = settings(
      data,
      tmp_path,
      tmp_path,
      compare_to='' if folder == 'before' else str(tmp_path / 'before'),
      checkpoint_paths=(prefix,),
    )
    events = []
    inception_eval.evaluate(
      data,
      dataclasses.replace(eval_config, eval_dir=str(tmp_path / folder)),
      input_config,
      on_event=events.append,
    )
    tf.io.gfile.remove(f'{prefix}.index')
  comparison = events[-1].analysis.comparison
  assert comparison.other == str(tmp_path / 'before' / 'metrics.json')
  assert (comparison.only_first, comparison.only_other) == (3, 2)


def test_missing_earlier_evaluation_is_refused_at_once(
  data, tmp_path, networks
):
  save(tmp_path, step=1, favourite=1)
  with pytest.raises(result_files.ResultFileError, match='cannot read'):
    inception_eval.evaluate(
      data, *settings(data, tmp_path, tmp_path, compare_to=str(tmp_path / 'x'))
    )


def test_labels_of_the_training_set_are_judged_by_features(tmp_path, networks):
  data = datasets.write(tmp_path, {'train': 8}, class_names=('a', 'b', 'c'))
  save(tmp_path, step=1, favourite=1)
  path = tmp_path / 'relabel.csv'
  eval_config, input_config = settings(data, tmp_path, tmp_path)
  events = []
  inception_eval.evaluate(
    data,
    dataclasses.replace(eval_config, relabel_csv=str(path)),
    dataclasses.replace(input_config, subset='train'),
    on_event=events.append,
  )
  analysis = events[-1].analysis
  assert analysis.predictions.features.shape == (8, 3)
  assert analysis.predictions.maps.shape == (8, 2, 2)
  assert analysis.suspects is not None
  assert path.read_text(encoding='utf-8').startswith('file,class,margin\n')


def test_no_checkpoint_is_refused(data, tmp_path):
  (tmp_path / 'empty').mkdir()
  with pytest.raises(inception_eval.EvalError, match='no checkpoint in'):
    inception_eval.evaluate(data, *settings(data, tmp_path / 'empty', tmp_path))


@pytest.mark.parametrize(
  'function', [inception_eval.evaluate, inception_eval.watch]
)
def test_a_subset_without_shards_is_refused_at_once(
  data, tmp_path, networks, function
):
  save(tmp_path, step=1, favourite=1)
  eval_config, _ = settings(data, tmp_path, tmp_path)
  with pytest.raises(dataset_lib.DatasetError, match='no test-'):
    function(
      data,
      eval_config,
      config.InputConfig(data_dir=data.data_dir, subset='test'),
    )
  assert not networks
  assert not (tmp_path / 'eval').exists()


def test_a_checkpoint_without_averaged_weights_is_refused(
  data, tmp_path, networks
):
  checkpoint.save(tmp_path / 'plain', 1, {BIASES: np.zeros(4, np.float32)})
  with pytest.raises(
    checkpoint.CheckpointError, match=f'{BIASES}/ExponentialMovingAverage'
  ):
    inception_eval.evaluate(data, *settings(data, tmp_path / 'plain', tmp_path))


def run_info_of(class_names):
  return run_info.RunInfo(
    class_names=class_names,
    data_name='x',
    image_size=75,
    preprocessing={},
    settings={},
  ).to_json()


def test_checkpoint_with_the_classes_of_the_data_is_evaluated(
  data, tmp_path, networks
):
  save(
    tmp_path,
    step=1,
    favourite=1,
    **{run_info.VARIABLE: run_info_of(('a', 'b', 'c'))},
  )
  found = inception_eval.evaluate(data, *settings(data, tmp_path, tmp_path))
  assert found.result.num_correct == 3


@pytest.mark.parametrize(
  ('text', 'fault'),
  [
    (run_info_of(('a', 'c', 'b')), "class 2 was 'c' and is 'b'"),
    ('{', 'run_info is damaged'),
  ],
)
def test_a_checkpoint_of_other_classes_is_refused(
  data, tmp_path, networks, text, fault
):
  prefix = save(tmp_path, step=1, favourite=1, **{run_info.VARIABLE: text})
  with pytest.raises(inception_eval.EvalError, match=fault) as caught:
    inception_eval.evaluate(data, *settings(data, tmp_path, tmp_path))
  assert repr(prefix) in str(caught.value)


class Enough(Exception):
  """Ends a watch, which never ends by itself."""


def watch(data, folder, tmp_path, *looks, **kwargs):
  """Returns the events of a watch; each look is called when it sleeps."""
  events = []
  remaining = iter(looks)

  def sleep(seconds):
    assert seconds == 7
    look = next(remaining, None)
    if look is None:
      raise Enough
    look()

  with pytest.raises(Enough):
    inception_eval.watch(
      data,
      *settings(data, folder, tmp_path, eval_interval_secs=7, **kwargs),
      on_event=events.append,
      sleep=sleep,
    )
  return events


def names(events):
  return [type(event).__name__ for event in events]


def nothing():
  """A look at which there is nothing new."""


def test_watch_waits_then_evaluates_each_new_checkpoint_once(
  data, tmp_path, networks
):
  folder = tmp_path / 'run'
  events = watch(
    data,
    folder,
    tmp_path,
    nothing,
    lambda: save(folder, step=1, favourite=1),
    nothing,
    lambda: save(folder, step=2, favourite=2),
    nothing,
  )
  assert (
    names(events)
    == ['Waiting', 'Waiting']
    + ['Loaded', 'Progress', 'CheckpointEvaluated', 'Analysed'] * 2
  )
  assert events[0].checkpoint_dir == str(folder)
  assert [
    (event.step, event.result.num_correct)
    for event in events
    if isinstance(event, eval_events.CheckpointEvaluated)
  ] == [(1, 3), (2, 2)]
  # The second one is restored into the network of the first.
  assert len(networks) == 1


def test_watch_reports_a_damaged_checkpoint_once_and_waits_for_the_next(
  data, tmp_path, networks
):
  save(tmp_path, step=1, favourite=1)
  damaged = tmp_path / 'model.ckpt-1.data-00000-of-00001'
  damaged.write_bytes(bytes(9) + damaged.read_bytes()[9:])
  events = watch(
    data,
    tmp_path,
    tmp_path,
    nothing,
    lambda: save(tmp_path, step=2, favourite=1),
  )
  assert names(events) == [
    'Damaged',
    'Loaded',
    'Progress',
    'CheckpointEvaluated',
    'Analysed',
  ]
  assert 'model.ckpt-1' in events[0].reason


def test_watch_continues_after_a_checkpoint_is_deleted_during_reading(
  data, tmp_path, networks, monkeypatch
):
  save(tmp_path, step=1, favourite=1)
  restore = checkpoint.restore

  def deleted_meanwhile(prefix, variables):
    monkeypatch.setattr(checkpoint, 'restore', restore)
    save(tmp_path, step=2, favourite=1)
    raise checkpoint.CheckpointError(f'{prefix} is gone')

  monkeypatch.setattr(checkpoint, 'restore', deleted_meanwhile)
  events = watch(data, tmp_path, tmp_path)
  assert names(events) == [
    'Loaded',
    'Progress',
    'CheckpointEvaluated',
    'Analysed',
  ]
  assert events[-2].step == 2


def test_watch_ends_at_a_checkpoint_that_cannot_be_used(
  data, tmp_path, networks
):
  checkpoint.save(tmp_path, 1, {BIASES: np.zeros(4, np.float32)})
  with pytest.raises(checkpoint.CheckpointError, match='ExponentialMoving'):
    inception_eval.watch(
      data,
      *settings(data, tmp_path, tmp_path),
      sleep=lambda seconds: pytest.fail('it waits'),
    )


def test_an_older_checkpoint_is_not_evaluated_again(data, tmp_path, networks):
  save(tmp_path, step=1, favourite=1)

  def delete_newest():
    for path in tmp_path.glob('model.ckpt-2.*'):
      path.unlink()

  events = watch(
    data,
    tmp_path,
    tmp_path,
    lambda: save(tmp_path, step=2, favourite=2),
    delete_newest,
    nothing,
  )
  assert [event.step for event in events if hasattr(event, 'result')] == [1, 2]


def test_a_new_checkpoint_of_the_same_step_is_evaluated(
  data, tmp_path, networks
):
  save(tmp_path, step=1, favourite=1)

  def train_again():
    save(tmp_path, step=1, favourite=2)
    os.utime(tmp_path / 'model.ckpt-1.index', (1, 2e9))

  events = watch(data, tmp_path, tmp_path, train_again, nothing)
  assert [
    event.result.num_correct for event in events if hasattr(event, 'result')
  ] == [3, 2]


def test_watch_survives_a_checkpoint_deleted_after_it_was_listed(
  data, tmp_path, networks, monkeypatch
):
  listed = [save(tmp_path / 'old', step=9, favourite=1)]
  for path in (tmp_path / 'old').iterdir():
    path.unlink()
  latest = checkpoint.latest
  monkeypatch.setattr(
    checkpoint,
    'latest',
    lambda folder: listed.pop() if listed else latest(folder),
  )
  save(tmp_path, step=1, favourite=1)
  events = watch(data, tmp_path, tmp_path)
  assert [event.step for event in events if hasattr(event, 'result')] == [1]


def test_watch_ends_after_max_idle_secs(data, tmp_path, networks):
  now = [100.0]
  pauses = []

  def sleep(seconds):
    pauses.append(seconds)
    now[0] += seconds
    if len(pauses) == 2:
      save(tmp_path / 'run', step=1, favourite=1)

  events = []
  inception_eval.watch(
    data,
    *settings(
      data, tmp_path / 'run', tmp_path, eval_interval_secs=7, max_idle_secs=15.0
    ),
    on_event=events.append,
    sleep=sleep,
    clock=lambda: now[0],
  )
  # The checkpoint at the third look starts the 15 seconds again.
  assert pauses == [7, 7, 7, 7, 1]
  assert events[-1] == eval_events.Idle(15)
  assert names(events)[:2] == ['Waiting', 'Waiting']
