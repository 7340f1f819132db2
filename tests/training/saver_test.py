"""Tests of inception.training.saver, with stand-ins for a training."""

import dataclasses
import pathlib
import types

import numpy as np
import pytest
import tensorflow as tf

from inception import dataset
from inception.checkpoints import checkpoint
from inception.checkpoints import run_info
from inception.testing import run_parts
from inception.training import saver
from inception.training import train_events
from inception.training import train_setup


class Made:
  """A Saver and everything that it uses."""

  def __init__(self, folder, *, validation=None, is_chief=True, **settings):
    self.events = []
    spec = run_parts.spec(folder, on_event=self.events.append, **settings)
    replicas = types.SimpleNamespace(is_chief=is_chief)
    self.state, self.log = run_parts.State(), run_parts.Log()
    self.saver = saver.Saver(
      dataclasses.replace(spec, replicas=replicas),
      self.state,
      validation,
      self.log,
    )


def steps(folder):
  return [step for step, _ in checkpoint.list_checkpoints(folder)]


def test_each_interval_of_steps_is_saved_and_the_oldest_are_deleted(tmp_path):
  made = Made(tmp_path, save_interval_steps=2, max_to_keep=2)
  for step in range(7):
    made.saver.save_if_due(step)
  assert steps(tmp_path) == [3, 5]
  assert made.events == [
    train_events.Saved(str(tmp_path / f'model.ckpt-{step}'))
    for step in (1, 3, 5)
  ]
  assert made.log.restarts == 3


def test_each_interval_of_seconds_is_saved(tmp_path, monkeypatch):
  now = [100.0]
  monkeypatch.setattr(saver.time, 'monotonic', lambda: now[0])
  made = Made(tmp_path, save_interval_secs=10)
  for step, seconds in enumerate((109.9, 110, 119, 120.5)):
    now[0] = seconds
    made.saver.save_if_due(step)
  assert steps(tmp_path) == [1, 3]


def test_state_is_saved_once(tmp_path):
  made = Made(tmp_path)
  made.saver.save(-1)  # The state that the run started with.
  made.saver.save(4)
  made.saver.save(4)
  assert len(made.events) == 1
  assert steps(tmp_path) == [4]


def test_checkpoint_holds_variables_statistics_and_run_info(tmp_path):
  validation = types.SimpleNamespace(
    statistics=lambda: {'statistic': tf.constant(3.0)}
  )
  made = Made(tmp_path, validation=validation)
  made.state.weight.assign(2.5)
  made.saver.save(0)
  reader = tf.train.load_checkpoint(str(tmp_path / 'model.ckpt-0'))
  np.testing.assert_equal(reader.get_tensor('weight'), 2.5)
  np.testing.assert_equal(reader.get_tensor('statistic'), 3.0)
  text = checkpoint.read_text(tmp_path / 'model.ckpt-0', run_info.VARIABLE)
  assert run_info.RunInfo.from_json(text).class_names == ('a', 'b')


@pytest.mark.parametrize('kind', [dataset.DatasetError, OSError])
def test_images_that_cannot_be_read_do_not_prevent_saving(tmp_path, kind):
  def statistics():
    raise kind("no train shards in 'x'")

  made = Made(tmp_path, validation=types.SimpleNamespace(statistics=statistics))
  made.state.weight.assign(2.5)
  made.saver.save(0)
  reader = tf.train.load_checkpoint(str(tmp_path / 'model.ckpt-0'))
  np.testing.assert_equal(reader.get_tensor('weight'), 2.5)
  warning, saved = made.events
  assert saved == train_events.Saved(str(tmp_path / 'model.ckpt-0'))
  assert warning.text == (
    'the next checkpoint is saved without recalibrated batch norm, since the '
    "images for that cannot be read: no train shards in 'x'"
  )


@pytest.mark.parametrize('value', [float('nan'), float('inf')])
def test_weights_that_are_not_finite_are_not_saved(tmp_path, value):
  made = Made(tmp_path)
  made.state.weight.assign(value)
  for save in (made.saver.save, made.saver.save_best):
    with pytest.raises(
      train_setup.TrainError, match='^the weights after step 3 are not finite'
    ):
      save(3)
  assert not steps(tmp_path)
  assert not made.events


def test_single_best_checkpoint_is_kept_in_its_own_folder(tmp_path):
  made = Made(tmp_path)
  made.saver.save_best(3)
  made.saver.save_best(8)
  assert steps(tmp_path / saver.BEST) == [8]
  assert steps(tmp_path) == []
  assert made.events[-1] == train_events.Saved(
    str(tmp_path / 'best' / 'model.ckpt-8'), is_best=True
  )


@pytest.mark.parametrize(
  ('precision', 'settings', 'expected'),
  [
    (0.5, {}, [8]),
    (0.9, {}, [8]),
    (0.95, {}, [3]),
    (0.5, {'eval_views': 2}, [3]),
    (0.5, {'eval_subset': 'test'}, [3]),
  ],
)
def test_better_model_of_a_lost_later_step_is_kept(
  tmp_path, precision, settings, expected
):
  before = Made(tmp_path)
  before.state.best_precision.assign(0.9)
  before.saver.save_best(8)
  # Killed, and resumed from an earlier step.
  resumed = Made(tmp_path, **settings)
  resumed.state.best_precision.assign(precision)
  resumed.saver.save_best(3)
  assert steps(tmp_path / saver.BEST) == expected
  assert len(resumed.events) == (expected == [3])
  # The same step again, and later ones.
  resumed.saver.save_best(8)
  assert steps(tmp_path / saver.BEST) == [8]
  assert resumed.events


def test_damaged_best_model_is_replaced(tmp_path):
  before = Made(tmp_path)
  before.state.best_precision.assign(0.9)
  before.saver.save_best(8)
  for path in (tmp_path / saver.BEST).glob('*.index'):
    path.write_bytes(b'damaged')
  resumed = Made(tmp_path)
  resumed.saver.save_best(3)
  assert 3 in steps(tmp_path / saver.BEST)


def test_hosts_other_than_the_chief_save_nothing(tmp_path):
  made = Made(tmp_path, is_chief=False, save_interval_steps=1)
  made.saver.save_if_due(0)
  made.saver.save(1)
  assert made.events == []
  assert list(pathlib.Path(tmp_path).iterdir()) == []


def test_unwritable_folder_is_an_error(tmp_path):
  (tmp_path / 'file').write_text('', encoding='utf-8')
  made = Made(tmp_path / 'file', save_interval_steps=1)
  for save in (made.saver.save, made.saver.save_best, made.saver.save_if_due):
    with pytest.raises(checkpoint.CheckpointError, match='could not save'):
      save(0)
      save(1)
