"""Tests of inception.inception_train on tiny pictures."""

import pathlib
import time

import filelock
import numpy as np
import pytest
import tensorflow as tf
from tensorboard.backend.event_processing import event_accumulator

from inception import dataset
from inception import inception_train
from inception.checkpoints import checkpoint
from inception.checkpoints import run_info
from inception.hardware import replicas
from inception.settings import training_config
from inception.testing import datasets
from inception.training import train_events


@pytest.fixture(scope='module')
def data(tmp_path_factory):
  return datasets.write(
    tmp_path_factory.mktemp('data'), {'train': 8}, class_names=('a', 'b', 'c')
  )


def settings(data, train_dir, **kwargs):
  values = dict(max_steps=3, initial_learning_rate=0.01, log_interval_steps=1)
  return (
    training_config.TrainConfig(train_dir=str(train_dir), **(values | kwargs)),
    datasets.input_config(data),
  )


def run(data, train_dir, *, stop_requested=lambda: False, **kwargs):
  events = []
  result = inception_train.train(
    data,
    *settings(data, train_dir, **kwargs),
    on_event=events.append,
    stop_requested=stop_requested,
  )
  return result, events


def values(prefix):
  """Returns {name: value} of a checkpoint, without its text."""
  reader = tf.train.load_checkpoint(prefix)
  return {
    name: reader.get_tensor(name)
    for name in reader.get_variable_to_shape_map()
    if name != run_info.VARIABLE
  }


def of_kind(events, kind):
  return [event for event in events if isinstance(event, kind)]


@pytest.fixture(scope='module')
def trained(data, tmp_path_factory):
  """(train_dir, result, events) of three steps without interruption."""
  train_dir = tmp_path_factory.mktemp('trained') / 'run'
  return train_dir, *run(data, train_dir)


def test_run_makes_its_steps_and_saves_the_last(trained):
  train_dir, result, events = trained
  assert result == inception_train.TrainResult(
    num_updates=3, prefix=str(train_dir / 'model.ckpt-2'), stopped=False
  )
  assert [event.step for event in of_kind(events, train_events.StepDone)] == [
    0,
    1,
    2,
  ]
  (started,) = of_kind(events, train_events.Started)
  assert (started.num_examples, started.class_names, started.from_scratch) == (
    8,
    ('a', 'b', 'c'),
    True,
  )
  assert (started.num_trained, started.num_steps, started.devices) == (
    196,
    3,
    ('CPU',),
  )
  assert of_kind(events, train_events.Saved) == [
    train_events.Saved(result.prefix)
  ]
  assert values(result.prefix)['global_step'] == 3


def test_event_files_hold_losses_rates_and_images(trained):
  accumulator = event_accumulator.EventAccumulator(str(trained[0]))
  accumulator.Reload()
  losses = {
    f'{name}_loss{suffix}'
    for suffix in ('', ' (raw)')
    for name in ('total', 'main', 'aux', 'regularization')
  }
  assert set(accumulator.Tags()['tensors']) == losses | {
    'learning_rate',
    'examples_per_sec',
    'images',
    'hyperparameters',
  }


def test_stopped_run_resumes_exactly(data, trained, tmp_path):
  result, events = run(data, tmp_path, stop_requested=lambda: True)
  assert result.stopped and result.num_updates == 1
  assert result.prefix == str(tmp_path / 'model.ckpt-0')
  result, events = run(data, tmp_path)
  (resumed,) = of_kind(events, train_events.Resumed)
  assert resumed.step == 1
  assert [event.step for event in of_kind(events, train_events.StepDone)] == [
    1,
    2,
  ]
  # Same examples, distortions and dropout: the same weights.
  got, expected = values(result.prefix), values(trained[1].prefix)
  assert got.keys() == expected.keys()
  for name, value in expected.items():
    np.testing.assert_allclose(got[name], value, atol=1e-6, err_msg=name)


def test_finished_run_does_nothing_more(data, trained):
  before = sorted(
    path.name for path in trained[0].iterdir() if path.name.startswith('model')
  )
  result, events = run(data, trained[0])
  assert result.num_updates == 3 and not result.stopped
  assert of_kind(events, train_events.StepDone) == []
  assert (
    sorted(
      path.name
      for path in trained[0].iterdir()
      if path.name.startswith('model')
    )
    == before
  )


def test_fine_tuning_restores_all_but_the_classifiers(data, trained, tmp_path):
  _, events = run(
    data,
    tmp_path,
    max_steps=1,
    initial_learning_rate=1e-30,
    fine_tune=True,
    pretrained_model_checkpoint_path=trained[1].prefix,
  )
  (restored,) = of_kind(events, train_events.Restored)
  assert len(restored.report.matched) == 384
  old = values(trained[1].prefix)
  new = values(str(tmp_path / 'model.ckpt-0'))
  np.testing.assert_array_equal(new['conv0/weights'], old['conv0/weights'])
  assert (
    np.abs(new['logits/logits/weights'] - old['logits/logits/weights']).max()
    > 1e-3
  )
  # The shadows start from the restored values, the step from 0.
  np.testing.assert_allclose(
    new['conv0/weights/ExponentialMovingAverage'],
    old['conv0/weights'],
    rtol=1e-6,
  )
  assert new['global_step'] == 1
  assert new['batch_norm_updates'] > 10_000


def test_without_fine_tune_the_classifiers_are_restored_too(
  data, trained, tmp_path
):
  _, events = run(
    data,
    tmp_path,
    max_steps=1,
    initial_learning_rate=1e-30,
    trainable_scopes='logits',
    pretrained_model_checkpoint_path=trained[1].prefix,
  )
  assert len(of_kind(events, train_events.Restored)[0].report.matched) == 388
  np.testing.assert_array_equal(
    values(str(tmp_path / 'model.ckpt-0'))['logits/logits/weights'],
    values(trained[1].prefix)['logits/logits/weights'],
  )


def test_other_classes_without_fine_tune_are_rejected(trained, tmp_path):
  (tmp_path / 'data').mkdir()
  other = datasets.write(
    tmp_path / 'data', {'train': 2}, class_names=('a', 'b')
  )
  with pytest.raises(checkpoint.CheckpointError, match='--fine_tune=True'):
    run(
      other,
      tmp_path / 'run',
      pretrained_model_checkpoint_path=trained[1].prefix,
    )


def test_train_dir_of_other_classes_is_rejected(trained, tmp_path):
  other = datasets.write(tmp_path, {'train': 2}, class_names=('a', 'b'))
  with pytest.raises(
    inception_train.TrainError,
    match='model.ckpt-2.*trained on the classes a, b, c; the data has a, b',
  ):
    run(other, trained[0], max_steps=9)


def test_checkpoint_from_2016_resumes_with_settled_statistics(
  data, trained, tmp_path
):
  old = values(trained[1].prefix)
  for name in (
    'batch_norm_updates',
    'run_seed',
    'examples_seen',
    'validation_best_precision',
    'validation_evaluations_waited',
  ):
    del old[name]
  old['global_step'] = np.float32(3)
  checkpoint.save(tmp_path, 2, old)
  result, events = run(data, tmp_path, max_steps=4)
  assert of_kind(events, train_events.Resumed)[0].step == 3
  got = values(result.prefix)
  assert got['batch_norm_updates'] == 30_001
  assert got['examples_seen'] == 8


def test_non_finite_loss_stops_and_keeps_the_last_checkpoint(
  data, trained, tmp_path
):
  state = values(trained[1].prefix)
  state['logits/logits/biases'][:] = np.nan
  prefix = checkpoint.save(tmp_path, 2, state)
  with pytest.raises(
    inception_train.TrainError,
    match='the loss is nan at step 3.*unusable and .*model.ckpt-2 has them alr',
  ):
    run(data, tmp_path, max_steps=5)
  assert checkpoint.latest(tmp_path) == prefix


def test_loss_that_grows_names_the_last_good_checkpoint(
  data, trained, tmp_path
):
  prefix = checkpoint.save(tmp_path, 2, values(trained[1].prefix))
  with pytest.raises(
    inception_train.TrainError,
    match='at step 4.*not saved; the last good checkpoint is .*model.ckpt-2',
  ):
    run(data, tmp_path, max_steps=9, initial_learning_rate=1e30)
  assert checkpoint.latest(tmp_path) == prefix
  with pytest.raises(
    inception_train.TrainError, match='at step 1.*no checkpoint had been saved'
  ):
    run(data, tmp_path / 'new', max_steps=9, initial_learning_rate=1e30)


def test_damaged_checkpoint_is_reported_and_the_previous_one_used(
  data, tmp_path
):
  run(
    data,
    tmp_path,
    max_steps=2,
    save_interval_secs=1e-9,
    trainable_scopes='logits',
  )
  damaged = tmp_path / 'model.ckpt-1.data-00000-of-00001'
  content = bytearray(damaged.read_bytes())
  content[len(content) // 2] ^= 1
  damaged.write_bytes(content)
  result, events = run(data, tmp_path, max_steps=2, trainable_scopes='logits')
  (damaged,) = of_kind(events, train_events.DamagedCheckpoint)
  assert damaged.prefix == str(tmp_path / 'model.ckpt-1')
  assert of_kind(events, train_events.Resumed) == [
    train_events.Resumed(str(tmp_path / 'model.ckpt-0'), 1)
  ]
  assert result.num_updates == 2
  assert result.prefix == str(tmp_path / 'model.ckpt-1')
  kept = tmp_path / 'model.ckpt-1.damaged.data-00000-of-00001'
  assert kept.read_bytes() == bytes(content)


def test_two_trainings_do_not_share_a_folder(data, tmp_path):
  with filelock.FileLock(tmp_path / '.flowers_train.lock'):
    with pytest.raises(inception_train.TrainError, match='another training'):
      run(data, tmp_path)


def test_more_gpus_than_available_are_rejected(data, tmp_path):
  with pytest.raises(
    replicas.ReplicaError, match='--num_gpus=64, but TensorFlow sees'
  ):
    run(data, tmp_path, num_gpus=64)


def test_decays_are_those_of_the_run(data, tmp_path):
  run(
    data,
    tmp_path,
    max_steps=1,
    optimizer='sgd',
    moving_average_decay=0.0,
    batch_norm_decay=0.0,
  )
  got = values(checkpoint.latest(tmp_path))
  assert 'conv0/weights/Momentum' in got
  # With a decay of 0 the shadow equals the weight.
  np.testing.assert_array_equal(
    got['conv0/weights/ExponentialMovingAverage'], got['conv0/weights']
  )
  # The variance is that of the batch, no longer the initial 1.
  assert abs(got['conv0/BatchNorm/moving_variance'] - 1).min() > 0.05


def test_adam_resumes_and_another_optimizer_is_rejected(data, tmp_path):
  adam = dict(
    optimizer='adam', initial_learning_rate=0.001, trainable_scopes='logits'
  )
  run(data, tmp_path, max_steps=1, **adam)
  result, _ = run(data, tmp_path, max_steps=2, **adam)
  assert 'logits/logits/weights/Adam_1' in values(result.prefix)
  with pytest.raises(
    inception_train.TrainError,
    match='model.ckpt-1.* was trained with another optimizer: give '
    '--optimizer=adam to resume it, or another --train_dir to start anew$',
  ):
    run(data, tmp_path, max_steps=3, trainable_scopes='logits')


def test_checkpoints_are_saved_at_intervals_and_the_oldest_are_deleted(
  data, tmp_path
):
  _, events = run(
    data,
    tmp_path,
    max_steps=3,
    save_interval_secs=1e-9,
    max_to_keep=2,
    trainable_scopes='logits',
  )
  assert len(of_kind(events, train_events.Saved)) == 3
  assert [step for step, _ in checkpoint.list_checkpoints(tmp_path)] == [1, 2]
  assert pathlib.Path(tmp_path, 'checkpoint').is_file()
  # Saving by steps works too, and the last step is always saved.
  _, events = run(
    data,
    tmp_path,
    max_steps=8,
    save_interval_steps=2,
    trainable_scopes='logits',
  )
  assert [
    event.prefix.rpartition('-')[2]
    for event in of_kind(events, train_events.Saved)
  ] == ['3', '5', '7']


def test_minutes_end_a_run_with_a_checkpoint(data, tmp_path):
  events = []
  result = inception_train.train(
    data,
    *settings(data, tmp_path, max_steps=50, minutes=1, trainable_scopes='head'),
    on_event=events.append,
    started_at=time.monotonic() - 100,
  )
  # The time was over before the first step: three of them, to plan, are made.
  assert result.num_updates == 3
  assert not result.stopped and not result.stopped_early
  assert pathlib.Path(result.prefix).name == 'model.ckpt-2'
  (planned,) = of_kind(events, train_events.Planned)
  assert planned.num_steps == 3


def test_minutes_need_a_single_host(data, tmp_path):
  two = replicas.Replicas(tf.distribute.get_strategy(), hosts=2)
  with pytest.raises(inception_train.TrainError, match='^--minutes needs a si'):
    inception_train.train(
      data, *settings(data, tmp_path, minutes=1), replicas=two
    )


@pytest.mark.parametrize('empty', ['train', 'validation'])
def test_subsets_without_records_are_refused_at_once(tmp_path, empty):
  data = datasets.write(
    tmp_path, {'train': 4, 'validation': 4}, class_names=('a', 'b', 'c')
  )
  for shard in tmp_path.glob(f'{empty}-*'):
    shard.write_bytes(b'')
  with pytest.raises(
    dataset.DatasetError, match=f'{empty} shards in .* hold no records'
  ):
    run(data, tmp_path / 'run', eval_interval_steps=2)
  assert not (tmp_path / 'run').exists()
