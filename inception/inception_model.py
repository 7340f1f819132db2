"""Inception v3 with the settings it was trained with in 2016.

The one home of its hyperparameters: batch-norm decay 0.9997, weight decay
0.00004, label smoothing 0.1, auxiliary weight 0.4.

  InceptionModel   the network and its variables
  inference        images -> logits
  loss             logits -> the losses that are minimised
"""

import dataclasses
from typing import NamedTuple

import tensorflow as tf

from inception.slim import slim

BATCH_NORM_DECAY = 0.9997
WEIGHT_DECAY = 0.00004
LABEL_SMOOTHING = 0.1
AUX_LOSS_WEIGHT = 0.4

# What fine-tuning leaves out of a pretrained checkpoint: the two classifiers.
CLASSIFIER_PREFIXES = ('logits/logits/', 'aux_logits/FC/')

# Any size makes the same variables; the smallest makes them fastest.
_BUILD_SIZE = 75


@dataclasses.dataclass(frozen=True)
class Outputs:
  """What one call of the network gives.

  Attributes:
    logits: float32 [batch, num_classes + 1]; column 0 is the background class.
    aux_logits: float32 [batch, num_classes + 1], of the auxiliary head.
    end_points: {name: tensor} of every stage.
    updates: [(moving average, this batch's statistic)]; empty unless training.
  """
  logits: tf.Tensor
  aux_logits: tf.Tensor
  end_points: dict[str, tf.Tensor]
  updates: list[tuple[tf.Variable, tf.Tensor]]


class Losses(NamedTuple):
  """Float32 scalars; `total` is the sum of the others.

  Attributes:
    total: what is minimised.
    main: cross-entropy of the logits.
    aux: cross-entropy of the auxiliary logits, times its weight.
    regularization: weight decay.
  """
  total: tf.Tensor
  main: tf.Tensor
  aux: tf.Tensor
  regularization: tf.Tensor


class InceptionModel:
  """Inception v3's variables, and the functions that use them."""

  def __init__(self, *, num_classes: int, seed: int = 0,
               compute_dtype: tf.DType = tf.float32,
               dropout_keep_prob: float = 0.8,
               fused_batch_norm: bool = True):
    """Creates the variables, with random values.

    Args:
      num_classes: without the background class.
      seed: of the variables' values.
      compute_dtype: of the network's arithmetic; variables are float32.
      dropout_keep_prob: before the logits.
      fused_batch_norm: False writes batch norm out; see
        slim.ops.BatchNormParams.

    Raises:
      ValueError: num_classes is less than 1.
    """
    if num_classes < 1:
      raise ValueError(f'num_classes must be >= 1, got {num_classes}')
    self.num_classes = num_classes
    self.compute_dtype = compute_dtype
    self._dropout_keep_prob = dropout_keep_prob
    self._batch_norm_params = slim.ops.BatchNormParams(fused=fused_batch_norm)
    self.store = slim.variables.VariableStore(seed=seed)
    self.inference(tf.zeros([1, _BUILD_SIZE, _BUILD_SIZE, 3]),
                   is_training=False)

  @property
  def variables(self) -> dict[str, tf.Variable]:
    """{checkpoint name: variable} of all 388."""
    return self.store.variables

  @property
  def trainable_variables(self) -> dict[str, tf.Variable]:
    """{checkpoint name: variable} of the 196 that an optimizer changes."""
    return self.store.select(trainable=True)

  def inference(self, images: tf.Tensor, *, is_training: bool,
                dropout_seed: tf.Tensor | None = None) -> Outputs:
    """Classifies images.

    Args:
      images: float [batch, size, size, 3], in [-1, 1].
      is_training: see slim.inception.inception_v3.
      dropout_seed: int [2]; see slim.ops.dropout.
    """
    with slim.variables.use(self.store) as updates:
      with slim.inception.inception_v3_arg_scope(
          weight_decay=WEIGHT_DECAY,
          batch_norm_params=self._batch_norm_params
      ), slim.scopes.arg_scope([slim.ops.dropout], seed=dropout_seed):
        logits, end_points = slim.inception.inception_v3(
            tf.cast(images, self.compute_dtype),
            num_logits=self.num_classes + 1, is_training=is_training,
            dropout_keep_prob=self._dropout_keep_prob, restore_logits=False)
    return Outputs(logits=tf.cast(logits, tf.float32),
                   aux_logits=tf.cast(end_points['aux_logits'], tf.float32),
                   end_points=end_points, updates=updates)

  def loss(self, outputs: Outputs, labels: tf.Tensor) -> Losses:
    """Returns what training minimises.

    Args:
      outputs: of inference(..., is_training=True).
      labels: int32 [batch], in [1, num_classes].
    """
    main = slim.losses.softmax_cross_entropy(
        outputs.logits, labels, label_smoothing=LABEL_SMOOTHING)
    aux = slim.losses.softmax_cross_entropy(
        outputs.aux_logits, labels, label_smoothing=LABEL_SMOOTHING,
        weight=AUX_LOSS_WEIGHT)
    regularization = tf.add_n(self.store.regularization_losses())
    return Losses(total=main + aux + regularization, main=main, aux=aux,
                  regularization=regularization)
