"""Tests of validation, and of evaluations during a training."""

import dataclasses
import pathlib
import types

import numpy as np
import pytest
import tensorflow as tf

from inception import inception_eval
from inception import inception_model
from inception import inception_train
from inception.checkpoints import checkpoint
from inception.checkpoints import run_info
from inception.evaluation import eval_events
from inception.evaluation import evaluator
from inception.settings import config
from inception.settings import training_config
from inception.testing import datasets
from inception.testing import metrics_files
from inception.testing import run_parts
from inception.training import train_events
from inception.training import train_state
from inception.training import validation

# Recalibrated statistics, a layer whose batch norm is trained, and two views.
RECALIBRATED = dict(
  trainable_scopes='logits,mixed_8x8x2048b',
  eval_interval_steps=1,
  batch_norm_recalibration_batches=2,
  moving_average_decay=0.5,
  eval_image_size=96,
  eval_views=2,
)


@pytest.fixture(scope='module')
def data(tmp_path_factory):
  return datasets.write(
    tmp_path_factory.mktemp('data'),
    {'train': 8, 'validation': 5},
    class_names=('a', 'b', 'c'),
  )


def run(data, train_dir, *, stop_after=None, **kwargs):
  """Trains; returns (result, events)."""
  events = []
  values = dict(max_steps=3, initial_learning_rate=0.01, optimizer='sgd')
  result = inception_train.train(
    data,
    training_config.TrainConfig(train_dir=str(train_dir), **(values | kwargs)),
    datasets.input_config(data),
    on_event=events.append,
    stop_requested=lambda: (
      stop_after is not None
      and len(of_kind(events, train_events.Stepped)) >= stop_after
    ),
  )
  return result, events


def of_kind(events, kind):
  return [event for event in events if isinstance(event, kind)]


def values(prefix):
  reader = tf.train.load_checkpoint(prefix)
  return {
    name: reader.get_tensor(name)
    for name in reader.get_variable_to_shape_map()
    if name != run_info.VARIABLE
  }


@pytest.fixture(scope='module')
def evaluated(data, tmp_path_factory):
  """(train_dir, result, events) of three steps, each evaluated."""
  train_dir = tmp_path_factory.mktemp('run')
  return train_dir, *run(data, train_dir, save_interval_steps=1, **RECALIBRATED)


def test_validation_equals_evaluation_of_the_checkpoint(
  data, evaluated, tmp_path
):
  train_dir, result, events = evaluated
  reported = of_kind(events, train_events.TrainingEvaluated)
  assert [event.step for event in reported] == [0, 1, 2]
  seen = []
  evaluation = inception_eval.evaluate(
    data,
    config.EvalConfig(
      eval_dir=str(tmp_path),
      checkpoint_dir=str(train_dir),
      use_training_image_size=True,
    ),
    config.InputConfig(
      data_dir=data.data_dir, subset='validation', batch_size=2, image_size=75
    ),
    on_event=seen.append,
  )
  (loaded,) = of_kind(seen, eval_events.Loaded)
  assert loaded.views == reported[-1].views == 2
  assert result.prefix == str(train_dir / 'model.ckpt-2')
  assert evaluation.step == 2
  assert (
    reported[-1].num_examples,
    reported[-1].precision_at_1,
    reported[-1].recall_at_k,
    reported[-1].k,
  ) == (5, evaluation.result.precision_at_1, evaluation.result.recall_at_k, 3)
  lines = metrics_files.read(train_dir, 'eval')
  assert [line['precision_at_1'] for line in lines] == [
    event.precision_at_1 for event in reported
  ]


def test_cost_counts_steps_evaluations_and_recalibrations(evaluated):
  train_dir, result, _ = evaluated
  # Three steps of 2 images, whose layers below mixed_8x8x2048b (388 of 5,710
  # million multiply-adds) are frozen; 2 batches of 2 to recalibrate and two
  # views of 5 images to evaluate, all of 96 pixels, each three times.
  pixels = (75 / 299) ** 2
  expected = (
    6 * pixels * (1 / 3 + 2 / 3 * 388 / 5710) + (12 + 30) * (96 / 299) ** 2 / 3
  )
  assert result.cost.images == pytest.approx(expected, rel=1e-3)
  (line,) = metrics_files.read(train_dir, 'finished')
  assert line['step'] == 2
  assert line['cost_images'] == pytest.approx(expected, abs=0.05)
  assert line['seconds'] > 0
  assert line['cpu_seconds'] > 0


def test_best_checkpoint_is_kept_in_its_own_folder(evaluated):
  train_dir, _, events = evaluated
  reported = of_kind(events, train_events.TrainingEvaluated)
  best = max(event.precision_at_1 for event in reported)
  first_best = next(
    event.step for event in reported if event.precision_at_1 == best
  )
  kept = checkpoint.latest(train_dir / 'best')
  assert checkpoint.step_of(kept) == first_best
  assert reported[0].is_best
  ours = values(kept)
  assert ours['validation_best_precision'] == pytest.approx(best)
  assert [
    event.prefix
    for event in of_kind(events, train_events.Saved)
    if event.is_best
  ][-1] == kept
  assert checkpoint.read_text(kept, run_info.VARIABLE)


def test_recalibrated_statistics_match_the_averaged_weights(evaluated):
  train_dir, result, _ = evaluated
  got = values(result.prefix)
  del train_dir
  trained = 'mixed_8x8x2048b/branch1x1/Conv/BatchNorm/moving_variance'
  shadow = f'{trained}/ExponentialMovingAverage'
  assert not np.array_equal(
    got[shadow], got[shadow + train_state.BEFORE_RECALIBRATION]
  )
  # Frozen layers keep the statistics of their weights.
  frozen = 'conv0/BatchNorm/moving_variance/ExponentialMovingAverage'
  np.testing.assert_array_equal(
    got[frozen], got[frozen + train_state.BEFORE_RECALIBRATION]
  )


def test_evaluation_and_recalibration_are_resumed_exactly(
  data, evaluated, tmp_path
):
  stopped, _ = run(data, tmp_path, stop_after=1, **RECALIBRATED)
  assert stopped.stopped
  result, events = run(data, tmp_path, **RECALIBRATED)
  expected, got = values(evaluated[1].prefix), values(result.prefix)
  assert got.keys() == expected.keys()
  for name, value in expected.items():
    np.testing.assert_allclose(
      got[name], value, rtol=1e-5, atol=1e-6, err_msg=name
    )
  assert [
    event.precision_at_1
    for event in of_kind(events, train_events.TrainingEvaluated)
  ] == [
    event.precision_at_1
    for event in of_kind(evaluated[2], train_events.TrainingEvaluated)
  ][1:]


def test_patience_ends_a_run_and_the_end_is_remembered(data, tmp_path):
  # A rate this small changes no prediction: the first evaluation stays best.
  patient = dict(
    trainable_scopes='logits',
    eval_interval_steps=1,
    max_steps=50,
    early_stopping_patience=2,
    initial_learning_rate=1e-30,
  )
  result, events = run(data, tmp_path, **patient)
  assert result.stopped_early and not result.stopped
  assert result.num_updates == 3
  assert [
    event.is_best for event in of_kind(events, train_events.TrainingEvaluated)
  ] == [True, False, False]
  again, events = run(data, tmp_path, **patient)
  assert again == result
  assert not of_kind(events, train_events.Stepped)


def test_head_is_evaluated_on_features(data, tmp_path):
  result, events = run(
    data, tmp_path, trainable_scopes='head', eval_interval_steps=2, max_steps=4
  )
  reported = of_kind(events, train_events.TrainingEvaluated)
  assert [event.step for event in reported] == [1, 3]
  evaluation = inception_eval.evaluate(
    data,
    config.EvalConfig(eval_dir=str(tmp_path), checkpoint_dir=str(tmp_path)),
    config.InputConfig(
      data_dir=data.data_dir, subset='validation', batch_size=2, image_size=75
    ),
  )
  assert evaluation.result.precision_at_1 == reported[-1].precision_at_1
  assert evaluation.result.recall_at_k == reported[-1].recall_at_k
  assert result.num_updates == 4


def test_missing_subset_is_reported_before_the_first_step(data, tmp_path):
  with pytest.raises(ValueError, match='test'):
    run(
      data,
      tmp_path / 'run',
      eval_interval_steps=1,
      eval_subset='test',
      trainable_scopes='logits',
    )
  assert not pathlib.Path(tmp_path, 'run').exists()


def test_hits_of_a_head_are_counted_with_the_averaged_weights():
  model = inception_model.InceptionModel(
    num_classes=2, trained_scopes=('logits/',)
  )
  state = train_state.TrainState(model, optimizer_name='sgd')
  weights = np.zeros([2048, 3], np.float32)
  weights[0, 1] = weights[1, 2] = 1
  shadows = state.averages.shadows
  shadows['logits/logits/weights/ExponentialMovingAverage'].assign(weights)
  shadows['logits/logits/biases/ExponentialMovingAverage'].assign([0, 0, 0])
  features = np.zeros([4, 2048], np.float32)
  features[:, 0], features[:, 1] = [3, 1, 1, 5], [1, 2, 2, 2]
  # Class 1 where the first feature is the larger one: right, right, wrong,
  # wrong. Both classes are always among the two largest, before background.
  result = validation.FeatureValidation(
    state, features, np.array([1, 2, 1, 2], np.int32)
  ).run()
  assert result == evaluator.Result(
    num_examples=4, num_correct=2, num_in_top_k=4, k=2
  )


@pytest.mark.parametrize(
  'is_chief,settings', [(True, {}), (False, {'eval_interval_steps': 1})]
)
def test_runs_and_hosts_without_evaluation_have_no_validation(
  is_chief, settings, tmp_path
):
  spec = dataclasses.replace(
    run_parts.spec(tmp_path, **settings),
    replicas=types.SimpleNamespace(is_chief=is_chief),
  )
  assert validation.make(spec, run_parts.State(), None) is None


@pytest.mark.parametrize('views', [1, 2, 10])
def test_validation_averages_the_views(tmp_path, monkeypatch, views):
  made = []
  real = validation.views_lib.classifier

  def classifier(classify, *, num_views):
    made.append(num_views)
    return real(classify, num_views=num_views)

  monkeypatch.setattr(validation.views_lib, 'classifier', classifier)
  monkeypatch.setattr(
    validation.evaluator,
    'Evaluator',
    lambda *args, has_crops: made.append(has_crops),
  )
  spec = run_parts.spec(tmp_path)
  validation.Validation(
    train_state.TrainState(inception_model.InceptionModel(num_classes=2)),
    spec.dataset,
    spec.input_config,
    views=views,
  )
  assert made == [views, views > 2]
