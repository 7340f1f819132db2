"""Makes one update of the complete training state.

  compute_gradients  computes the gradients of one replica's part of a batch
  make_train_step    makes the function that updates the state

A replica is one device's copy of the variables (tf.distribute). Each replica
computes the gradients of its part of the batch, and applies the means over all
replicas to its own copy, so that the copies stay equal. Batch norm normalises
per replica, as the original did per tower.
"""

import dataclasses
import typing
from collections.abc import Callable, Collection, Mapping

import tensorflow as tf

from inception import inception_model
from inception.augmentation import batch_mixing
from inception.optimization import gradient_clipping
from inception.optimization import loss_scaling
from inception.optimization import moving_averages
from inception.settings import defaults_2016
from inception.training import train_state

_T = typing.TypeVar('_T')

# Size of the packs in which hosts exchange what they average, in bytes. The 393
# tensors of a step, 97 MB, make 4 packs. TensorFlow's default is a single one,
# which waits for the last gradient, and which two processes took three times as
# long to exchange.
PACK_BYTES = 25_000_000


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
  """Options of an update.

  Attributes:
    from_features: Whether the inputs are features, the inputs of the last
      layer, instead of images.
    batch_norm_decay: Limit of the ramped decay of batch norm's moving averages.
    clip_gradient_norm: Limit of the gradients' global norm; 0 disables
      clipping.
    mixup_alpha: Parameter of mixup's Beta distribution; 0 disables mixup. See
      batch_mixing.mix.
    cutmix_alpha: Parameter of CutMix's Beta distribution; 0 disables CutMix.
      See batch_mixing.mix.
  """

  from_features: bool = False
  batch_norm_decay: float = defaults_2016.BATCH_NORM_DECAY
  clip_gradient_norm: float = 0.0
  mixup_alpha: float = 0.0
  cutmix_alpha: float = 0.0


Gradients = dict[str, tf.Tensor]
Statistics = list[tuple[tf.Variable, tf.Tensor]]


class Update(typing.Protocol):
  """A tf.function that makes one update; see make_train_step."""

  def __call__(
    self, inputs: tf.Tensor, labels: tf.Tensor, rate: tf.Tensor, stop: tf.Tensor
  ) -> Mapping[str, tf.Tensor]:
    """Makes one update."""

  def get_concrete_function(
    self, *specs: tf.TensorSpec
  ) -> Callable[..., Mapping[str, tf.Tensor]]:
    """Traces the function for inputs of these shapes and dtypes."""


def compute_gradients(
  model: inception_model.InceptionModel,
  inputs: tf.Tensor,
  labels: tf.Tensor,
  *,
  seed: tf.Tensor | None = None,
  options: Options = Options(),
  loss_scale: loss_scaling.LossScale | None = None,
  names: Collection[str] | None = None,
) -> tuple[inception_model.Losses, Gradients, Statistics]:
  """Computes the losses and gradients of one replica's part of a batch.

  Args:
    model: The network.
    inputs: float32 [batch, size, size, 3] images, or [batch, 2048] features.
    labels: int32 [batch].
    seed: int64 [2] seed of dropout and mixing; None draws different numbers
      each time and does not mix.
    options: Options of the update; batch_norm_decay and clip_gradient_norm are
      not used here.
    loss_scale: Loss scale for float16; None does not scale.
    names: Names of the variables whose gradients are needed; None is all
      trainable ones. Nothing is computed backward below the lowest of them.

  Returns:
    (losses, {name: gradient of the total loss}, [(moving average, statistic)]).
  """
  dropout_seed = None
  if seed is not None:
    dropout_seed, mixing_seed = tf.unstack(tf.random.split(seed, 2))
    if options.mixup_alpha or options.cutmix_alpha:
      inputs, labels = batch_mixing.mix(
        inputs,
        tf.one_hot(labels, model.num_classes + 1),
        seed=mixing_seed,
        mixup_alpha=options.mixup_alpha,
        cutmix_alpha=options.cutmix_alpha,
      )
  network = model.classify if options.from_features else model.inference
  trained = {
    name: variable
    for name, variable in model.trainable_variables.items()
    if names is None or name in names
  }
  with tf.GradientTape(watch_accessed_variables=False) as tape:
    tape.watch(list(trained.values()))
    outputs = network(inputs, is_training=True, dropout_seed=dropout_seed)
    losses = model.loss(outputs, labels)
    target = loss_scale.scale(losses.total) if loss_scale else losses.total
  gradients = tape.gradient(
    target,
    list(trained.values()),
    unconnected_gradients=tf.UnconnectedGradients.ZERO,
  )
  gradients = dict(zip(trained, gradients, strict=True))
  if loss_scale:
    gradients = loss_scale.unscale(gradients)
  return losses, gradients, outputs.updates


def make_train_step(
  state: train_state.TrainState,
  *,
  options: Options = Options(),
  strategy: tf.distribute.Strategy | None = None,
  with_gradients: bool = False,
) -> Update:
  """Returns a function that makes one update.

  Args:
    state: State to update; made in the strategy's scope.
    options: Options of the update.
    strategy: Devices to compute on; None is TensorFlow's default, one device.
    with_gradients: Whether to return the gradients too, for histograms.

  Returns:
    (inputs, labels int32 [batch], learning rate float32 scalar, stop float32
    scalar) -> {'total_loss', 'main_loss', 'aux_loss', 'regularization_loss':
    float32 scalar before the update, averaged over the replicas; 'stop': mean
    of `stop` over the replicas; 'gradients': {name: tensor} if requested}.
    Inputs and labels are as in compute_gradients, or distributed values of
    those.
  """
  strategy = strategy or tf.distribute.get_strategy()

  def replica_step(
    inputs: tf.Tensor, labels: tf.Tensor, rate: tf.Tensor, stop: tf.Tensor
  ) -> dict[str, tf.Tensor]:
    return _replica_step(
      state, options, with_gradients, inputs, labels, rate, stop
    )

  def train_step(
    inputs: tf.Tensor, labels: tf.Tensor, rate: tf.Tensor, stop: tf.Tensor
  ) -> dict[str, tf.Tensor]:
    results = strategy.run(replica_step, (inputs, labels, rate, stop))
    # The results are equal on all replicas.
    return tf.nest.map_structure(
      lambda value: strategy.experimental_local_results(value)[0], results
    )

  # AutoGraph would take three seconds to convert a network that has no
  # data-dependent control flow.
  return tf.function(train_step, autograph=False)


def _replica_step(
  state: train_state.TrainState,
  options: Options,
  with_gradients: bool,
  inputs: tf.Tensor,
  labels: tf.Tensor,
  rate: tf.Tensor,
  stop: tf.Tensor,
) -> dict[str, tf.Tensor]:
  """Updates one replica's copy of the state; see make_train_step."""
  context = tf.distribute.get_replica_context()
  count = context.num_replicas_in_sync
  seeds = tf.random.split(tf.stack([state.seed, state.global_step]), count)
  replica_losses, gradients, updates = compute_gradients(
    state.model,
    inputs,
    labels,
    options=options,
    seed=seeds[context.replica_id_in_sync_group],
    loss_scale=state.loss_scale,
    names=state.optimizer.changed_names,
  )
  statistics = [value for _, value in updates]
  losses = {
    f'{name}_loss': loss for name, loss in replica_losses._asdict().items()
  }
  if count > 1:
    losses, gradients, statistics, stop = _means(
      context, (losses, gradients, statistics, stop)
    )
  clipped = gradient_clipping.clip_by_global_norm(
    gradients, options.clip_gradient_norm
  )
  averages = [moving for moving, _ in updates]
  _apply(
    state, options, clipped, list(zip(averages, statistics, strict=True)), rate
  )
  tf.raw_ops.AssignAddVariableOp(
    resource=state.examples_seen.handle,
    value=tf.cast(tf.shape(labels)[0] * count, tf.int64),
  )
  results = losses | {'stop': stop}
  return results | ({'gradients': gradients} if with_gradients else {})


def _means(context: tf.distribute.ReplicaContext, values: _T) -> _T:
  """Returns the means of a nested structure of tensors over all replicas."""
  return context.all_reduce(
    tf.distribute.ReduceOp.MEAN,
    # all_reduce accepts only tensors computed on the device.
    tf.nest.map_structure(tf.identity, values),
    tf.distribute.experimental.CommunicationOptions(bytes_per_pack=PACK_BYTES),
  )


def _apply(
  state: train_state.TrainState,
  options: Options,
  gradients: Gradients,
  updates: Statistics,
  rate: tf.Tensor,
) -> None:
  """Updates every variable, except after a float16 step that overflowed."""

  def change() -> tf.Tensor:
    state.optimizer.apply(gradients, rate, state.global_step)
    moving_averages.update_statistics(
      updates,
      moving_averages.ramped_decay(
        options.batch_norm_decay, state.statistics_updates
      ),
    )
    _count(state.statistics_updates)
    # The ramped decay counts this step already: n starts at 1.
    state.averages.update(state.global_step + 1)
    return tf.constant(True)

  if state.loss_scale is None:
    change()
  else:
    finite = loss_scaling.all_finite(gradients)
    tf.cond(finite, change, lambda: tf.constant(False))
    state.loss_scale.update(finite)
  _count(state.global_step)


def _count(counter: tf.Variable) -> None:
  tf.raw_ops.AssignAddVariableOp(
    resource=counter.handle, value=tf.constant(1, tf.int64)
  )
