"""Tests that one network evaluates checkpoint after checkpoint.

Events, files and refusals are tested through inception_eval.
"""

import types

import numpy as np
import pytest
import tensorflow as tf

from inception import inception_model
from inception.checkpoints import checkpoint
from inception.evaluation import checkpoint_evaluator
from inception.evaluation import eval_events
from inception.inference import evaluation_network
from inception.monitoring import eval_summaries
from inception.monitoring import summaries
from inception.settings import config
from inception.testing import biases_only
from inception.testing import datasets


@pytest.fixture
def ours(tmp_path, monkeypatch):
  for patch in biases_only.PATCHES:
    monkeypatch.setattr(*patch)
  data = datasets.write(tmp_path, {'validation': 5}, class_names=('a', 'b'))
  return checkpoint_evaluator.CheckpointEvaluator(
    data,
    config.EvalConfig(checkpoint_dir='unused', eval_dir=str(tmp_path)),
    config.InputConfig(
      data_dir=str(tmp_path), subset='validation', batch_size=2, image_size=75
    ),
    lambda event: None,
  )


def test_each_checkpoint_has_its_own_counts(ours, tmp_path):
  # Three examples are a, two are b.
  for step, biases, correct in ((1, [0, 1, 0], 3), (2, [0, 0, 1], 2)):
    found = ours.run(biases_only.save(tmp_path, step, biases))
    assert (found.step, found.result.num_correct) == (step, correct)


@pytest.mark.parametrize(
  'error',
  [
    tf.errors.OutOfRangeError(None, None, 'File too large'),
    OSError('File too large'),
  ],
)
def test_event_file_that_cannot_be_written_is_reported(
  ours, tmp_path, monkeypatch, error
):
  def fail(*unused, **unused_too):
    raise error

  monkeypatch.setattr(summaries, 'write_eval', fail)
  monkeypatch.setattr(eval_summaries, 'write', fail)
  events = []
  monkeypatch.setattr(ours, '_on_event', events.append)
  ours.run(biases_only.save(tmp_path, 1, [0, 1, 0]))
  kinds = [type(event) for event in events]
  assert kinds.count(eval_events.EventsNotWritten) == 2
  assert 'File too large' in events[-2].reason
  assert kinds.index(eval_events.CheckpointEvaluated) < kinds.index(
    eval_events.EventsNotWritten
  )
  assert kinds[-1] == eval_events.Analysed


def test_different_number_of_classes_is_reported_with_both_numbers(
  ours, tmp_path
):
  prefix = biases_only.save(tmp_path, 1, [0, 1, 0, 0])
  with pytest.raises(
    checkpoint.CheckpointError,
    match='its classifier has 3 classes, this data has 2',
  ):
    ours.run(prefix)


@pytest.mark.parametrize(('number', 'calls'), [(1, 1), (2, 2), (10, 2)])
def test_views_are_averaged(tmp_path, monkeypatch, number, calls):
  shapes = []

  class Brightness(biases_only.BiasesOnly):
    """Answers b where the left half of the image is brighter, else a."""

    def inference(self, images, *, is_training):
      shapes.append(images.shape)
      half = images.shape[2] // 2
      left = tf.reduce_mean(images[:, :, :half], [1, 2, 3])
      right = tf.reduce_mean(images[:, :, -half:], [1, 2, 3])
      return types.SimpleNamespace(
        logits=100 * tf.stack([left * 0 - 10, right, left], axis=1)
        + 0 * self.variables[biases_only.BIASES],
        end_points={'mixed_8x8x2048b': images[:, :2, :2]},
      )

  monkeypatch.setattr(inception_model, 'InceptionModel', Brightness)
  monkeypatch.setattr(
    evaluation_network, 'EvaluationNetwork', lambda model: model
  )
  data = datasets.write(tmp_path, {'validation': 4}, class_names=('a', 'b'))
  events = []
  checkpoint_evaluator.CheckpointEvaluator(
    data,
    config.EvalConfig(
      checkpoint_dir='unused', eval_dir=str(tmp_path), views=number
    ),
    config.InputConfig(
      data_dir=str(tmp_path), subset='validation', batch_size=3, image_size=75
    ),
    events.append,
  ).run(biases_only.save(tmp_path, 1, [0, 0, 0]))
  assert len(shapes) == calls
  assert set(map(tuple, shapes)) == {(3, 75, 75, 3)}
  analysis = events[-1].analysis
  assert analysis.facts.views == number
  probabilities = analysis.predictions.probabilities[:, 1:]
  if number == 1:
    assert (probabilities.max(axis=1) > 0.6).any()
  if number == 2:
    # An image and its mirror image have opposite answers.
    np.testing.assert_allclose(probabilities, 0.5, atol=0.01)
  np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)


class MeanColour(biases_only.BiasesOnly):
  """Has features too: the mean colour, times a weight."""

  def __init__(self, **kwargs):
    super().__init__(**kwargs)
    self.feature_variables = {
      biases_only.WEIGHTS: self.variables[biases_only.WEIGHTS]
    }

  def features(self, images):
    return (
      tf.reduce_mean(images, [1, 2]) + self.variables[biases_only.WEIGHTS][0, 0]
    )

  def inference(self, images, *, is_training):
    outputs = super().inference(images, is_training=is_training)
    outputs.end_points['features'] = self.features(images)
    return outputs


def test_training_features_are_computed_on_request_and_used_again(
  tmp_path, monkeypatch
):
  monkeypatch.setattr(inception_model, 'InceptionModel', MeanColour)
  monkeypatch.setattr(
    evaluation_network, 'EvaluationNetwork', lambda model: model
  )
  monkeypatch.setattr(inception_model, 'NUM_FEATURES', 3)
  data = datasets.write(
    tmp_path, {'train': 6, 'validation': 5}, class_names=('a', 'b')
  )
  prefix = biases_only.save(tmp_path, 1, [0, 1, 0])

  def analyse(examine_training):
    events = []
    checkpoint_evaluator.CheckpointEvaluator(
      data,
      config.EvalConfig(
        checkpoint_dir='unused',
        eval_dir=str(tmp_path),
        examine_training=examine_training,
      ),
      config.InputConfig(
        data_dir=str(tmp_path), subset='validation', batch_size=2, image_size=75
      ),
      events.append,
    ).run(prefix)
    progress = [
      (event.done, event.total)
      for event in events
      if isinstance(event, eval_events.ComputingFeatures)
    ]
    return events[-1].analysis, progress

  analysis, progress = analyse(False)
  assert analysis.training is None and not progress
  assert analysis.predictions.features is None
  analysis, progress = analyse(True)
  assert progress == [(0, 6), (2, 6), (4, 6), (6, 6)]
  assert analysis.training.features.shape == (6, 3)
  assert analysis.training.sources[5].file == 'train5.jpg'
  assert analysis.predictions.features.shape == (5, 3)
  # They exist now, and are used without the flag.
  again, progress = analyse(False)
  assert not progress
  np.testing.assert_array_equal(
    again.training.features, analysis.training.features
  )
  assert again.predictions.features is not None
