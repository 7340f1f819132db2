"""One network evaluates checkpoint after checkpoint.

Events, files and refusals are tested through inception_eval.
"""

import types

import numpy as np
import pytest
import tensorflow as tf

from inception import inception_model
from inception.checkpoints import checkpoint
from inception.evaluation import checkpoint_evaluator
from inception.settings import config
from inception.testing import datasets

BIASES = 'logits/logits/biases'
WEIGHTS = 'logits/logits/weights'


class BiasesOnly:
  """Stands in for the network: whatever the picture, the biases decide."""

  def __init__(self, *, num_classes, compute_dtype):
    self.compute_dtype = compute_dtype
    self.variables = {
      BIASES: tf.Variable(tf.zeros([num_classes + 1])),
      WEIGHTS: tf.Variable(tf.zeros([3, num_classes + 1])),
    }

  def inference(self, images, *, is_training):
    assert not is_training
    return types.SimpleNamespace(
      logits=tf.zeros([len(images), 1]) + self.variables[BIASES],
      end_points={'mixed_8x8x2048b': images[:, :2, :2]},
    )


def save(folder, step, biases):
  return checkpoint.save(
    folder,
    step,
    {
      f'{BIASES}/ExponentialMovingAverage': np.array(biases, np.float32),
      f'{WEIGHTS}/ExponentialMovingAverage': np.zeros(
        [3, len(biases)], np.float32
      ),
    },
  )


@pytest.fixture
def ours(tmp_path, monkeypatch):
  monkeypatch.setattr(inception_model, 'InceptionModel', BiasesOnly)
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
    found = ours.run(save(tmp_path, step, biases))
    assert (found.step, found.result.num_correct) == (step, correct)


def test_another_number_of_classes_is_an_error_with_both(ours, tmp_path):
  prefix = save(tmp_path, 1, [0, 1, 0, 0])
  with pytest.raises(
    checkpoint.CheckpointError,
    match='its classifier has 3 classes, this data has 2',
  ):
    ours.run(prefix)
