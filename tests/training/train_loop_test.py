"""Tests of inception.training.train_loop on tiny pictures."""

import pytest

from inception import dataset
from inception.hardware import replicas
from inception.settings import training_config
from inception.testing import datasets
from inception.training import run_spec
from inception.training import train_events
from inception.training import train_loop


@pytest.fixture
def data(tmp_path):
  # More than the pipeline reads ahead.
  return datasets.write(tmp_path, {'train': 24}, class_names=('a', 'b', 'c'))


def loop(data, train_dir, *, on_event, stop_requested=lambda: False, **kwargs):
  """Returns the loop of a training of the classifier's layers."""
  return train_loop.TrainLoop(
    run_spec.RunSpec(
      dataset=data,
      train_config=training_config.TrainConfig(
        train_dir=str(train_dir),
        initial_learning_rate=0.01,
        log_interval_steps=1,
        trainable_scopes='logits',
        **kwargs,
      ),
      input_config=datasets.input_config(data),
      replicas=replicas.make(1),
      on_event=on_event,
    ),
    stop_requested,
  )


def of_kind(events, kind):
  return [event for event in events if isinstance(event, kind)]


def test_stop_request_ends_the_loop_after_a_step_and_saves_it(data, tmp_path):
  events = []
  result = loop(
    data,
    tmp_path / 'run',
    on_event=events.append,
    stop_requested=lambda: True,
    max_steps=5,
  ).run()
  prefix = str(tmp_path / 'run' / 'model.ckpt-0')
  assert result == train_loop.TrainResult(
    num_updates=1, prefix=prefix, stopped=True, stopped_early=False
  )
  (saved,) = of_kind(events, train_events.Saved)
  assert saved.prefix == prefix


def test_bad_records_end_the_run_and_the_weights_are_saved(data, tmp_path):
  shard = tmp_path / 'train-00001-of-00002'
  events = []

  def on_event(event):
    events.append(event)
    if isinstance(event, train_events.StepDone) and event.step == 1:
      shard.write_bytes(shard.read_bytes()[:-5])

  with pytest.raises(dataset.DatasetError, match='train-00001-of-00002'):
    # A run of three epochs would keep the decoded images.
    loop(data, tmp_path / 'run', on_event=on_event, max_steps=30).run()
  (saved,) = of_kind(events, train_events.Saved)
  last = of_kind(events, train_events.StepDone)[-1].step
  assert saved.prefix == str(tmp_path / 'run' / f'model.ckpt-{last}')


def test_bad_validation_records_end_the_run_and_the_weights_are_saved(tmp_path):
  data = datasets.write(
    tmp_path, {'train': 24, 'validation': 4}, class_names=('a', 'b', 'c')
  )
  shard = max(tmp_path.glob('validation-*'))
  shard.write_bytes(shard.read_bytes()[:-5])
  events = []
  with pytest.raises(dataset.DatasetError, match='validation-0000'):
    loop(
      data,
      tmp_path / 'run',
      on_event=events.append,
      max_steps=5,
      eval_interval_steps=2,
    ).run()
  (saved,) = of_kind(events, train_events.Saved)
  assert saved.prefix == str(tmp_path / 'run' / 'model.ckpt-1')


def test_a_lost_drive_does_not_prevent_saving(data, tmp_path):
  events = []

  def on_event(event):
    events.append(event)
    if isinstance(event, train_events.StepDone):
      for shard in tmp_path.glob('train-*'):
        shard.unlink()

  # Three epochs: the decoded images are in memory.
  result = loop(
    data,
    tmp_path / 'run',
    on_event=on_event,
    num_epochs=4.0,
    batch_norm_recalibration_batches=1,
  ).run()
  assert result.prefix
  (warning,) = of_kind(events, train_events.RunWarning)
  assert 'without recalibrated batch norm' in warning.text
