"""Tests of inception.training.train_setup: what a run begins with."""

import dataclasses

import pytest

from inception import dataset
from inception.checkpoints import checkpoint
from inception.checkpoints import run_info
from inception.hardware import replicas
from inception.settings import config
from inception.settings import training_config
from inception.testing import datasets
from inception.training import run_spec
from inception.training import train_events
from inception.training import train_setup


@pytest.fixture(scope='module')
def data(tmp_path_factory):
  made = datasets.write(
    tmp_path_factory.mktemp('data'), {'train': 6}, class_names=('a', 'b', 'c')
  )
  return dataclasses.replace(
    made, examples_per_class={'train': {'a': 3, 'b': 2, 'c': 1}}
  )


def spec(data, train_dir, *, batch_size=2, seed=1, on_event=None, **kwargs):
  return run_spec.RunSpec(
    dataset=data,
    train_config=training_config.TrainConfig(
      train_dir=str(train_dir), **kwargs
    ),
    input_config=config.InputConfig(
      data_dir=data.data_dir, batch_size=batch_size, image_size=75, seed=seed
    ),
    replicas=replicas.make(),
    on_event=on_event,
  )


def prepare(data, train_dir, **kwargs):
  """Returns (state, whether its weights are random, events)."""
  events = []
  state, from_scratch = train_setup.prepare(
    spec(data, train_dir, on_event=events.append, **kwargs)
  )
  return state, from_scratch, events


@pytest.fixture(scope='module')
def saved(data, tmp_path_factory):
  """A folder with a checkpoint of a new run after step 4."""
  folder = tmp_path_factory.mktemp('saved')
  state, from_scratch, events = prepare(data, folder, optimizer='sgd')
  assert from_scratch and not events
  assert int(state.seed) == 1
  state.global_step.assign(5)
  state.best_precision.assign(0.75)
  state.evaluations_waited.assign(2)
  info = spec(data, folder, optimizer='sgd').run_info()
  checkpoint.save(
    folder,
    4,
    {**state.checkpoint_variables(), run_info.VARIABLE: info.to_json()},
  )
  return folder


def test_resumed_run_reports_changed_flags(data, saved):
  state, from_scratch, events = prepare(
    data, saved, optimizer='sgd', batch_size=3, label_smoothing=0.0
  )
  assert not from_scratch
  assert int(state.global_step) == 5
  assert events == [
    train_events.Resumed(
      str(saved / 'model.ckpt-4'),
      5,
      ('label_smoothing was 0.1, is 0.0', 'batch_size was 2, is 3'),
    )
  ]


@pytest.mark.parametrize(
  ('changed', 'best', 'waited'),
  [
    ({'label_smoothing': 0.0}, 0.75, 2),
    ({'eval_views': 2}, -1.0, 0),
    ({'eval_image_size': 96}, -1.0, 0),
    ({'eval_subset': 'test'}, -1.0, 0),
  ],
)
def test_best_precision_is_that_of_the_same_evaluation(
  data, saved, changed, best, waited
):
  state, _, _ = prepare(data, saved, optimizer='sgd', **changed)
  assert float(state.best_precision) == best
  assert int(state.evaluations_waited) == waited


def test_given_seed_takes_precedence_over_the_runs(data, saved):
  assert int(prepare(data, saved, optimizer='sgd', seed=9)[0].seed) == 9
  assert int(prepare(data, saved, optimizer='sgd', seed=None)[0].seed) == 1


@pytest.mark.parametrize(
  'names,text',
  [
    (('a', 'b', 'd'), "class 3 was 'c' and is 'd'"),
    (('a', 'b'), "class 3, 'c', is gone"),
    (('a', 'b', 'c', 'd'), "class 4, 'd', is new"),
  ],
)
def test_data_of_other_classes_is_rejected(data, saved, names, text):
  other = dataclasses.replace(data, class_names=names)
  with pytest.raises(train_setup.TrainError, match=f'model.ckpt-4.*{text}'):
    prepare(other, saved, optimizer='sgd')


def test_damaged_run_info_is_an_error(data, tmp_path):
  checkpoint.save(tmp_path, 1, {run_info.VARIABLE: 'no JSON'})
  with pytest.raises(
    train_setup.TrainError, match='model.ckpt-1.*run_info is damaged'
  ):
    prepare(data, tmp_path)


def test_class_weights_are_inversely_proportional_to_class_sizes(
  data, tmp_path
):
  state, _, _ = prepare(
    data, tmp_path, class_weights='balanced', trainable_scopes='logits'
  )
  # 6 images of 3 classes: 2 would be even.
  assert state.model.hyperparameters.class_weights == pytest.approx((
    0,
    2 / 3,
    1,
    2,
  ))
  none, _, _ = prepare(data, tmp_path, trainable_scopes='logits')
  assert none.model.hyperparameters.class_weights == ()


def test_class_weights_need_counts(data, tmp_path):
  without = dataclasses.replace(data, examples_per_class={})
  with pytest.raises(
    train_setup.TrainError, match='class_weights=balanced needs'
  ):
    prepare(without, tmp_path, class_weights='balanced')


def test_scope_of_no_layer_is_rejected_with_its_flag(data, tmp_path):
  with pytest.raises(
    train_setup.TrainError, match='^--trainable_scopes: no trainable vari'
  ):
    prepare(data, tmp_path, trainable_scopes='no_such_layer')
  with pytest.raises(train_setup.TrainError, match='no_such_layer'):
    prepare(data, tmp_path, learning_rate_multipliers='no_such_layer:2')


def test_weight_decay_of_adamw_is_not_part_of_the_loss(data, tmp_path):
  state, _, _ = prepare(
    data,
    tmp_path,
    optimizer='adamw',
    weight_decay=0.01,
    trainable_scopes='logits',
  )
  assert state.model.hyperparameters.weight_decay == 0
  assert isinstance(data, dataset.Dataset)


def test_start_event_describes_the_run(data, tmp_path):
  state, _, _ = prepare(data, tmp_path, trainable_scopes='logits', max_steps=9)
  event = train_setup.started(
    spec(data, tmp_path, max_steps=9), state.model, from_scratch=True
  )
  assert (event.num_steps, event.num_examples, event.batch_size) == (9, 6, 2)
  # The last layer: 2048 x 4 weights and 4 biases.
  assert (event.num_trained, event.num_weights) == (2, 2049 * 4)
  assert event.from_scratch and event.class_names == ('a', 'b', 'c')
