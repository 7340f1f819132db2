"""One update of the whole training state, and the state itself.

  TrainState      variables, optimizer slots, shadows, step: what a checkpoint
                  holds
  make_train_step the tf.function that updates them
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence

import tensorflow as tf

from inception import inception_model
from inception import moving_averages
from inception import optimizer

# From here on moving_averages.ramped_decay gives 0.9997 and no less: what
# statistics that were restored count as having seen.
STATISTICS_SETTLED = 30_000

# Not in checkpoints from 2016, and ignored by what reads those.
STATISTICS_UPDATES = 'batch_norm_updates'
SEED = 'run_seed'


class TrainState:
  """All that an update changes.

  Attributes:
    model: the network.
    global_step: int64, updates so far.
    statistics_updates: int64, what the batch norm's moving averages have seen:
      their decay ramps up from random initialisation and is 0.9997 after a
      restore.
    seed: int64, of the run's shuffling, distortions and dropout.
  """

  def __init__(self, model: inception_model.InceptionModel, *, seed: int = 0,
               optimizer_name: str = 'rmsprop',
               moving_average_decay: float = moving_averages.WEIGHT_DECAY,
               batch_norm_decay: float = inception_model.BATCH_NORM_DECAY):
    """Makes the slots and shadows of the model's variables.

    Args:
      model: the network.
      seed: of the run.
      optimizer_name: of config.OPTIMIZERS.
      moving_average_decay: of the shadows; the limit of the ramped decay.
      batch_norm_decay: of batch norm's moving averages, likewise.
    """
    self.model = model
    self.batch_norm_decay = batch_norm_decay
    self.optimizer = optimizer.make(optimizer_name,
                                    model.trainable_variables)
    self.averages = moving_averages.WeightAverages(
        model.variables, decay=moving_average_decay)
    self.global_step = tf.Variable(0, dtype=tf.int64, trainable=False)
    self.statistics_updates = tf.Variable(0, dtype=tf.int64, trainable=False)
    self.seed = tf.Variable(seed, dtype=tf.int64, trainable=False)

  def checkpoint_variables(self) -> dict[str, tf.Variable]:
    """Returns {checkpoint name: variable}, named as TF1's Saver named them."""
    return {**self.model.variables, **self.averages.shadows,
            **self.optimizer.slots, 'global_step': self.global_step,
            STATISTICS_UPDATES: self.statistics_updates, SEED: self.seed}

  def start_from_restored(self) -> None:
    """Once the model's variables are pretrained: shadows and decay follow."""
    self.averages.reset()
    self.statistics_updates.assign(STATISTICS_SETTLED)


@dataclasses.dataclass(frozen=True)
class _Tower:
  losses: inception_model.Losses
  gradients: list[tf.Tensor]
  updates: list[tuple[tf.Variable, tf.Tensor]]


def _tower(model, images, labels, seed) -> _Tower:
  """Losses, gradients and statistics of one device's part of a batch."""
  with tf.GradientTape() as tape:
    outputs = model.inference(images, is_training=True, dropout_seed=seed)
    losses = model.loss(outputs, labels)
  gradients = tape.gradient(losses.total,
                            list(model.trainable_variables.values()))
  return _Tower(losses=losses, gradients=gradients, updates=outputs.updates)


def _mean(values: Sequence[tf.Tensor]) -> tf.Tensor:
  return values[0] if len(values) == 1 else tf.add_n(values) / len(values)


def compute_gradients(model: inception_model.InceptionModel,
                      images: tf.Tensor, labels: tf.Tensor, *,
                      devices: Sequence[str] = ('',),
                      seed: tf.Tensor | None = None
                      ) -> tuple[inception_model.Losses, dict[str, tf.Tensor],
                                 list[tuple[tf.Variable, tf.Tensor]]]:
  """Splits a batch over devices; returns means over them.

  Args:
    model: the network.
    images: float32 [batch, size, size, 3]; batch a multiple of the devices.
    labels: int32 [batch].
    devices: names such as '/gpu:0'; '' leaves the choice to TensorFlow. Batch
      norm is by device, as in the original.
    seed: int64 [2], of the dropout; None draws anew each time.

  Returns:
    (losses, {name: gradient of the total loss}, [(moving average, statistic)]).
  """
  towers = []
  count = len(devices)
  seeds = ([None] * count if seed is None
           else tf.unstack(tf.random.split(seed, count)))
  for device, part, part_labels, part_seed in zip(
      devices, tf.split(images, count), tf.split(labels, count), seeds,
      strict=True):
    with tf.device(device):
      towers.append(_tower(model, part, part_labels, part_seed))
  losses = inception_model.Losses(*(
      _mean(parts) for parts in zip(*(t.losses for t in towers), strict=True)))
  names = model.trainable_variables
  gradients = {name: _mean(parts) for name, parts in zip(
      names, zip(*(t.gradients for t in towers), strict=True), strict=True)}
  updates = [(parts[0][0], _mean([value for _, value in parts]))
             for parts in zip(*(t.updates for t in towers), strict=True)]
  return losses, gradients, updates


def make_train_step(
    state: TrainState, *, devices: Sequence[str] = ('',)
) -> Callable[[tf.Tensor, tf.Tensor, tf.Tensor], Mapping[str, tf.Tensor]]:
  """Returns a function that makes one update.

  Args:
    state: what it updates.
    devices: see compute_gradients.

  Returns:
    (images float32 [batch, size, size, 3], labels int32 [batch], learning
    rate float32 scalar) -> {'total_loss', 'main_loss', 'aux_loss',
    'regularization_loss': float32 scalar before the update}.
  """

  def train_step(images, labels, rate):
    losses, gradients, updates = compute_gradients(
        state.model, images, labels, devices=devices,
        seed=tf.stack([state.seed, state.global_step]))
    state.optimizer.apply(gradients, rate, state.global_step)
    moving_averages.update_statistics(updates, moving_averages.ramped_decay(
        state.batch_norm_decay, state.statistics_updates))
    state.statistics_updates.assign_add(1)
    # The step is counted before the shadows move: n starts at 1.
    state.averages.update(state.global_step.assign_add(1))
    return {f'{name}_loss': loss for name, loss in losses._asdict().items()}

  return tf.function(train_step)
