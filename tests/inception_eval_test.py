"""Which checkpoint is evaluated, what is told of it, and what is refused."""

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
from inception.evaluation import evaluator
from inception.settings import config
from inception.testing import datasets

BIASES = 'logits/logits/biases'


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
    self.variables = {BIASES: tf.Variable(tf.zeros([num_classes + 1]))}
    self.sizes = set()
    self.made.append(self)

  def inference(self, images, *, is_training):
    assert not is_training
    self.sizes.add(images.shape[1])
    return types.SimpleNamespace(
      logits=tf.zeros([len(images), 1]) + self.variables[BIASES]
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
  assert found == inception_eval.CheckpointEvaluated(
    4, evaluator.Result(num_examples=7, num_correct=2, num_in_top_k=7, k=3)
  )
  loaded, progress, last = events
  assert loaded == inception_eval.Loaded(prefix, 4, 75, 'float32')
  assert (progress.batches, progress.total_batches) == (3, 3)
  assert last is found


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
def test_precision_is_the_trainings_where_none_is_given(
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


def test_a_checkpoint_that_tells_the_datas_classes_is_evaluated(
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
    + ['Loaded', 'Progress', 'CheckpointEvaluated'] * 2
  )
  assert events[0].checkpoint_dir == str(folder)
  assert [
    (event.step, event.result.num_correct)
    for event in events
    if isinstance(event, inception_eval.CheckpointEvaluated)
  ] == [(1, 3), (2, 2)]
  # The second one is restored into the network of the first.
  assert len(networks) == 1


def test_watch_tells_a_damaged_checkpoint_once_and_waits_for_the_next(
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
  ]
  assert 'model.ckpt-1' in events[0].reason


def test_watch_goes_on_when_a_checkpoint_is_deleted_while_it_is_read(
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
  assert names(events) == ['Loaded', 'Progress', 'CheckpointEvaluated']
  assert events[-1].step == 2


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
