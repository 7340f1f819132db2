"""One update of the whole training state.

  compute_gradients  of one replica's part of a batch
  make_train_step    the function that updates the state

A replica is one device's copy of the variables (tf.distribute). Each computes
the gradients of its part of the batch; the means over all of them are applied
by each to its own copy, so that the copies stay equal. Batch norm normalises by
replica, as the original did by tower.
"""

import dataclasses
from collections.abc import Callable, Mapping

import tensorflow as tf

from inception import inception_model
from inception.augmentation import batch_mixing
from inception.optimization import gradient_clipping
from inception.optimization import loss_scaling
from inception.optimization import moving_averages
from inception.settings import defaults_2016
from inception.training import train_state


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
  """How an update is made.

  Attributes:
    from_features: the inputs are the last layer's, not images.
    batch_norm_decay: of batch norm's moving averages; the limit of the ramped
      decay.
    clip_gradient_norm: limit of the gradients' global norm; 0 is none.
    mixup_alpha: see batch_mixing.mix.
    cutmix_alpha: see batch_mixing.mix.
  """

  from_features: bool = False
  batch_norm_decay: float = defaults_2016.BATCH_NORM_DECAY
  clip_gradient_norm: float = 0.0
  mixup_alpha: float = 0.0
  cutmix_alpha: float = 0.0


Gradients = dict[str, tf.Tensor]
Statistics = list[tuple[tf.Variable, tf.Tensor]]
Update = Callable[..., Mapping[str, tf.Tensor]]


def compute_gradients(
  model: inception_model.InceptionModel,
  inputs: tf.Tensor,
  labels: tf.Tensor,
  *,
  seed: tf.Tensor | None = None,
  options: Options = Options(),
  loss_scale: loss_scaling.LossScale | None = None,
) -> tuple[inception_model.Losses, Gradients, Statistics]:
  """Returns what one replica's part of a batch says.

  Args:
    model: the network.
    inputs: float32 [batch, size, size, 3] images, or [batch, 2048] features.
    labels: int32 [batch].
    seed: int64 [2], of dropout and mixing; None draws anew each time.
    options: how.
    loss_scale: float16's.

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
  trained = model.trainable_variables
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
    state: what it updates; made in the strategy's scope.
    options: how.
    strategy: over which devices; None is TensorFlow's default, one.
    with_gradients: whether to return them too, for histograms.

  Returns:
    (inputs, labels int32 [batch], learning rate float32 scalar, stop float32
    scalar) -> {'total_loss', 'main_loss', 'aux_loss', 'regularization_loss':
    float32 scalar before the update, means over the replicas; 'stop': the mean
    of what the hosts gave; 'gradients': {name: tensor} if asked}. Inputs and
    labels are as in compute_gradients, or distributed values of such.
  """
  strategy = strategy or tf.distribute.get_strategy()

  def replica_step(inputs, labels, rate, stop):
    return _replica_step(
      state, options, with_gradients, inputs, labels, rate, stop
    )

  def train_step(inputs, labels, rate, stop):
    results = strategy.run(replica_step, (inputs, labels, rate, stop))
    # They are equal on all.
    return tf.nest.map_structure(
      lambda value: strategy.experimental_local_results(value)[0], results
    )

  return tf.function(train_step)


def _replica_step(state, options, with_gradients, inputs, labels, rate, stop):
  context = tf.distribute.get_replica_context()
  count = context.num_replicas_in_sync
  seeds = tf.random.split(tf.stack([state.seed, state.global_step]), count)
  losses, gradients, updates = compute_gradients(
    state.model,
    inputs,
    labels,
    options=options,
    seed=seeds[context.replica_id_in_sync_group],
    loss_scale=state.loss_scale,
  )
  statistics = [value for _, value in updates]
  losses = {f'{name}_loss': loss for name, loss in losses._asdict().items()}
  if count > 1:
    # Reduced is only what a device has computed, not what came as it is.
    losses, gradients, statistics, stop = context.all_reduce(
      tf.distribute.ReduceOp.MEAN,
      tf.nest.map_structure(tf.identity, (losses, gradients, statistics, stop)),
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


def _apply(state, options, gradients, updates, rate):
  """Changes every variable, but for a float16 step that overflowed."""

  def change():
    state.optimizer.apply(gradients, rate, state.global_step)
    moving_averages.update_statistics(
      updates,
      moving_averages.ramped_decay(
        options.batch_norm_decay, state.statistics_updates
      ),
    )
    _count(state.statistics_updates)
    # The step is counted before the shadows move: n starts at 1.
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
