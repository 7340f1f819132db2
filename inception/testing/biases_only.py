"""A stand-in for the network whose answers are the biases of its last layer.

BiasesOnly   the stand-in
save         writes a checkpoint of it
PATCHES      attributes to set, so that it is taken for the network
"""

import os
import types
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from inception import inception_model
from inception.checkpoints import checkpoint
from inception.inference import evaluation_network

BIASES = 'logits/logits/biases'
WEIGHTS = 'logits/logits/weights'


class BiasesOnly:
  """Answers every picture with the biases."""

  def __init__(self, *, num_classes: int, compute_dtype: tf.DType):
    """Makes biases and weights of zeros."""
    self.compute_dtype = compute_dtype
    self.variables = {
      BIASES: tf.Variable(tf.zeros([num_classes + 1])),
      WEIGHTS: tf.Variable(tf.zeros([3, num_classes + 1])),
    }

  def update(self) -> None:
    """Does nothing: the variables themselves are used."""

  def inference(self, images: tf.Tensor, *, is_training: bool) -> Any:
    """Returns logits, and a part of the images as the feature map.

    Raises:
      ValueError: the network is run as in training.
    """
    if is_training:
      raise ValueError('an evaluation must not run the network as in training')
    return types.SimpleNamespace(
      logits=tf.zeros([tf.shape(images)[0], 1]) + self.variables[BIASES],
      end_points={'mixed_8x8x2048b': images[:, :2, :2]},
    )


# Arguments of monkeypatch.setattr.
PATCHES: tuple[tuple[object, str, object], ...] = (
  (inception_model, 'InceptionModel', BiasesOnly),
  (evaluation_network, 'EvaluationNetwork', lambda model: model),
)


def save(folder: str | os.PathLike, step: int, biases: Sequence[float]) -> str:
  """Writes a checkpoint with biases and weights of zeros.

  Args:
    folder: existing folder.
    step: step of the checkpoint.
    biases: biases of all classes, the background first.

  Returns:
    The prefix of the checkpoint.
  """
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
