"""Inception v3 with the settings with which it was trained in 2016.

InceptionModel     the network and its variables
  inference        images -> logits
  features         images -> features, the input of the last layer
  classify         features -> logits, by the last layer alone
  loss             logits -> the losses that are minimised
Hyperparameters    settings of the regularisation
folded             images -> logits, with batch norm folded into the weights
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import tensorflow as tf

from inception.settings import config
from inception.settings import defaults_2016
from inception.slim import slim

NUM_FEATURES = 2048

# The files that define the computation: caches of its results depend on them.
SOURCE_FILES = (
  __file__,
  slim.dtypes.__file__,
  slim.inception.__file__,
  slim.ops.__file__,
  slim.scopes.__file__,
  slim.variables.__file__,
)

# Epsilon of the batch norm that training and `folded` share.
BATCH_NORM_EPSILON = slim.ops.BatchNormParams().epsilon

# Any size creates the same variables; the smallest is the fastest.
_BUILD_SIZE = config.MIN_IMAGE_SIZE
# Prefix of the variables of the auxiliary head.
AUX_HEAD = 'aux_logits/'
# Variables of the two heads: features() depends on none of them.
_HEADS = ('logits/', AUX_HEAD)


@dataclasses.dataclass(frozen=True)
class Outputs:
  """Results of one call of the network.

  Logits are float32, or float64 where the network computes in float64.

  Attributes:
    logits: [batch, num_classes + 1]; column 0 is the background class.
    aux_logits: logits of the auxiliary head, [batch, num_classes + 1]; None
      where only the last layer was computed.
    end_points: {name: tensor} of every stage.
    updates: [(moving average, this batch's statistic)]; empty unless training.
  """

  logits: tf.Tensor
  aux_logits: tf.Tensor | None
  end_points: dict[str, tf.Tensor]
  updates: list[tuple[tf.Variable, tf.Tensor]]


class Losses(NamedTuple):
  """Scalar losses in the dtype of the logits.

  Attributes:
    total: the loss that is minimised, the sum of the others.
    main: cross-entropy of the logits.
    aux: cross-entropy of the auxiliary logits, times its weight.
    regularization: weight decay.
  """

  total: tf.Tensor
  main: tf.Tensor
  aux: tf.Tensor
  regularization: tf.Tensor


@dataclasses.dataclass(frozen=True, kw_only=True)
class Hyperparameters:
  """Settings of the regularisation.

  Attributes:
    weight_decay: factor of the L2 loss of all trained weights.
    label_smoothing: probability mass spread over all classes, in [0, 1).
    aux_loss_weight: weight of the auxiliary classifier's loss.
    dropout_keep_prob: probability with which dropout before the logits keeps a
      feature.
    class_weights: factors of the examples' losses by label (the first is the
      background's); empty for 1 throughout.
  """

  weight_decay: float = defaults_2016.WEIGHT_DECAY
  label_smoothing: float = defaults_2016.LABEL_SMOOTHING
  aux_loss_weight: float = defaults_2016.AUX_LOSS_WEIGHT
  dropout_keep_prob: float = defaults_2016.DROPOUT_KEEP_PROB
  class_weights: tuple[float, ...] = ()


class InceptionModel:
  """The variables of Inception v3, and the functions that use them."""

  def __init__(
    self,
    *,
    num_classes: int,
    seed: int = 0,
    compute_dtype: tf.DType = tf.float32,
    hyperparameters: Hyperparameters = Hyperparameters(),
    trained_scopes: Sequence[str] = ('',),
    fused_batch_norm: bool = True,
  ) -> None:
    """Creates the variables, with random values.

    Args:
      num_classes: number of classes without the background class.
      seed: seed of the variables' initial values.
      compute_dtype: dtype of the network's arithmetic; variables are float32.
        float64 needs fused_batch_norm=False; it serves the tests.
      hyperparameters: settings of the regularisation.
      trained_scopes: prefixes of the names of the variables that training
        changes. Others are frozen: their batch norm always uses the moving
        averages, which do not change.
      fused_batch_norm: whether batch norm is one kernel or separate operations;
        see slim.ops.BatchNormParams.

    Raises:
      ValueError: num_classes is less than 1, or no variable is trained.
    """
    if num_classes < 1:
      raise ValueError(f'num_classes must be >= 1, got {num_classes}')
    self.num_classes = num_classes
    self.compute_dtype = compute_dtype
    self.hyperparameters = hyperparameters
    self._batch_norm_params = slim.ops.BatchNormParams(fused=fused_batch_norm)
    self.store = slim.variables.VariableStore(
      seed=seed, trained_scopes=trained_scopes
    )
    self.inference(
      tf.zeros([1, _BUILD_SIZE, _BUILD_SIZE, 3]), is_training=False
    )
    for scope in trained_scopes:
      if not self.store.select(prefix=scope, trainable=True):
        raise ValueError(
          f'trainable_scopes: no trainable variable begins with '
          f'{scope!r}; examples of scopes are logits, aux_logits, '
          'mixed_8x8x2048b'
        )

  @property
  def variables(self) -> dict[str, tf.Variable]:
    """{checkpoint name: variable} of all 388 variables."""
    return self.store.variables

  @property
  def trainable_variables(self) -> dict[str, tf.Variable]:
    """{checkpoint name: variable} of those that an optimizer changes.

    There are 196 unless some are frozen.
    """
    return self.store.select(trainable=True)

  @property
  def changing_variables(self) -> dict[str, tf.Variable]:
    """{checkpoint name: variable} of all that training changes.

    These are the trainable ones and the moving averages of their batch norm.
    """
    return {
      name: variable
      for name, variable in self.variables.items()
      if self.store.trains(name)
    }

  @property
  def classifier_variables(self) -> dict[str, tf.Variable]:
    """{checkpoint name: variable} of the two classifiers.

    Their layers are marked restore=False: fine-tuning does not restore them
    from the pretrained checkpoint, which has other classes.
    """
    return self.store.select(restore=False)

  @property
  def feature_variables(self) -> dict[str, tf.Variable]:
    """{checkpoint name: variable} of the variables that features() uses."""
    return {
      name: variable
      for name, variable in self.variables.items()
      if not name.startswith(_HEADS)
    }

  def inference(
    self,
    images: tf.Tensor,
    *,
    is_training: bool,
    dropout_seed: tf.Tensor | None = None,
  ) -> Outputs:
    """Classifies images.

    Args:
      images: float [batch, size, size, 3], in [-1, 1].
      is_training: training mode; see slim.inception.inception_v3.
      dropout_seed: int [2], the seed of dropout; see slim.ops.dropout.
    """
    with slim.variables.use(self.store) as updates:
      with (
        slim.inception.inception_v3_arg_scope(
          weight_decay=self.hyperparameters.weight_decay,
          batch_norm_params=self._batch_norm_params,
        ),
        slim.scopes.arg_scope([slim.ops.dropout], seed=dropout_seed),
      ):
        logits, end_points = slim.inception.inception_v3(
          tf.cast(images, self.compute_dtype),
          num_logits=self.num_classes + 1,
          is_training=is_training,
          dropout_keep_prob=self.hyperparameters.dropout_keep_prob,
          restore_logits=False,
        )
    aux_logits = slim.dtypes.at_least_float32(end_points['aux_logits'])
    return Outputs(
      logits=slim.dtypes.at_least_float32(logits),
      aux_logits=aux_logits,
      end_points=end_points,
      updates=updates,
    )

  def features(self, images: tf.Tensor) -> tf.Tensor:
    """Computes the input of the last layer, in evaluation mode.

    Args:
      images: float [batch, size, size, 3], in [-1, 1].

    Returns:
      float32 [batch, 2048], or float64 where the network computes in float64.
    """
    outputs = self.inference(images, is_training=False)
    return slim.dtypes.at_least_float32(outputs.end_points['features'])

  def classify(
    self,
    features: tf.Tensor,
    *,
    is_training: bool,
    dropout_seed: tf.Tensor | None = None,
  ) -> Outputs:
    """Classifies features by the last layer alone.

    Args:
      features: float [batch, 2048], as features() returns them.
      is_training: whether to apply dropout.
      dropout_seed: int [2], the seed of dropout; see slim.ops.dropout.
    """
    with slim.variables.use(self.store):
      with slim.scopes.arg_scope(
        [slim.ops.dropout], is_training=is_training, seed=dropout_seed
      ):
        logits = slim.inception.classifier(
          tf.cast(features, self.compute_dtype),
          num_logits=self.num_classes + 1,
          dropout_keep_prob=self.hyperparameters.dropout_keep_prob,
          restore_logits=False,
        )
    return Outputs(
      logits=slim.dtypes.at_least_float32(logits),
      aux_logits=None,
      end_points={},
      updates=[],
    )

  def loss(self, outputs: Outputs, labels: tf.Tensor) -> Losses:
    """Computes the losses that training minimises.

    The auxiliary loss is included only if that classifier is trained: a random
    classifier that never changes would give the layers below it a meaningless
    target.

    Args:
      outputs: result of inference or classify with is_training=True.
      labels: int32 [batch], in [1, num_classes]; or float32
        [batch, num_classes + 1], each row a distribution.
    """
    params = self.hyperparameters

    def cross_entropy(logits: tf.Tensor, weight: float) -> tf.Tensor:
      return slim.losses.softmax_cross_entropy(
        logits,
        labels,
        label_smoothing=params.label_smoothing,
        weight=weight,
        class_weights=params.class_weights,
      )

    main = cross_entropy(outputs.logits, 1.0)
    dtype = outputs.logits.dtype
    aux = tf.zeros([], dtype)
    if (
      params.aux_loss_weight
      and outputs.aux_logits is not None
      and self.store.trains('aux_logits/FC/weights')
    ):
      aux = cross_entropy(outputs.aux_logits, params.aux_loss_weight)
    decayed = self.store.regularization_losses(dtype=dtype)
    regularization = tf.add_n(decayed) if decayed else tf.zeros([], dtype)
    return Losses(
      total=main + aux + regularization,
      main=main,
      aux=aux,
      regularization=regularization,
    )


def folded(
  images: tf.Tensor,
  weights: Mapping[str, tf.Tensor],
  *,
  num_classes: int,
  compute_dtype: tf.DType = tf.float32,
) -> Outputs:
  """Classifies images by weights with batch norm folded into them.

  Args:
    images: float [batch, size, size, 3], in [-1, 1].
    weights: {checkpoint name: value} in compute_dtype, with CONV/biases instead
      of CONV/BatchNorm/...; the auxiliary head may be left out.
    num_classes: number of classes without the background class.
    compute_dtype: dtype of the network's arithmetic.

  Returns:
    The Outputs of InceptionModel.inference in evaluation, without aux_logits.
  """
  with (
    slim.variables.use(_GivenWeights(weights, compute_dtype)),
    slim.inception.inception_v3_arg_scope(batch_norm_params=None),
  ):
    logits, end_points = slim.inception.inception_v3(
      tf.cast(images, compute_dtype),
      num_logits=num_classes + 1,
      is_training=False,
    )
  return Outputs(
    logits=tf.cast(logits, tf.float32),
    aux_logits=None,
    end_points=end_points,
    updates=[],
  )


class _GivenWeights(slim.variables.VariableStore):
  """Provides given values to layers through the interface of VariableStore."""

  def __init__(self, weights: Mapping[str, tf.Tensor], dtype: tf.DType) -> None:
    super().__init__()
    self._weights = weights
    self._dtype = dtype

  def get(
    self, name: str, *, shape: Sequence[int], **unused: object
  ) -> tf.Tensor:
    """Returns a value, or zeros for the auxiliary head, which is not used."""
    if name.startswith(AUX_HEAD):
      return tf.zeros(shape, self._dtype)
    return tf.ensure_shape(self._weights[name], shape)

  def trains(self, name: str) -> bool:
    """Returns False: none of them is trained."""
    del name
    return False
