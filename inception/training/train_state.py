"""Everything that training changes: what a checkpoint holds.

TrainState  variables, optimizer slots, shadows, counters
"""

import tensorflow as tf

from inception import inception_model
from inception.hardware import mixed_precision
from inception.optimization import loss_scaling
from inception.optimization import moving_averages
from inception.optimization import optimizer
from inception.settings import defaults_2016

# Number of updates that restored statistics count as having seen: enough for
# moving_averages.ramped_decay to reach defaults_2016.BATCH_NORM_DECAY.
STATISTICS_SETTLED = 30_000

# Not in checkpoints from 2016, and ignored by what reads those.
STATISTICS_UPDATES = 'batch_norm_updates'
SEED = 'run_seed'
EXAMPLES_SEEN = 'examples_seen'
BEST_PRECISION = 'validation_best_precision'
EVALUATIONS_WAITED = 'validation_evaluations_waited'

# A checkpoint with recalibrated statistics stores them under the names of the
# shadows of statistics, and the training's own under those names plus this.
BEFORE_RECALIBRATION = '/before_recalibration'

# What an evaluation that never happened found: any other is better.
NO_PRECISION = -1.0


def _counter(value: int = 0) -> tf.Variable:
  return tf.Variable(value, dtype=tf.int64, trainable=False)


class TrainState:
  """All that an update changes.

  Attributes:
    model: the network.
    optimizer: see optimizer.make.
    averages: the shadows that are evaluated.
    loss_scale: float16's, or None.
    global_step: int64, updates so far.
    statistics_updates: int64, what the batch norm's moving averages have seen:
      their decay ramps up from random initialisation and is at its limit after
      a restore.
    seed: int64, of the run's shuffling, distortions and dropout.
    examples_seen: int64, the input pipeline's position: examples that updates
      were made from.
    best_precision: float32, of the evaluations during the training.
    evaluations_waited: int64, evaluations since the best.
  """

  def __init__(
    self,
    model: inception_model.InceptionModel,
    *,
    seed: int = 0,
    optimizer_name: str = 'rmsprop',
    adamw_weight_decay: float = 0.0,
    rate_multipliers: tuple[tuple[str, float], ...] = (),
    moving_average_decay: float = defaults_2016.EMA_DECAY,
  ):
    """Makes the slots and shadows of the model's variables.

    Args:
      model: the network.
      seed: of the run.
      optimizer_name: of training_config.OPTIMIZERS.
      adamw_weight_decay: see optimizer.make.
      rate_multipliers: ((beginning of names, factor of the rate), ...).
      moving_average_decay: of the shadows; the limit of the ramped decay.

    Raises:
      ValueError: a multiplier's scope is the beginning of no name.
    """
    self.model = model
    trained = model.trainable_variables
    self.optimizer = optimizer.make(
      optimizer_name,
      trained,
      weight_decay=adamw_weight_decay,
      rate_multipliers=optimizer.multipliers(list(trained), rate_multipliers),
    )
    self.averages = moving_averages.WeightAverages(
      model.variables,
      decay=moving_average_decay,
      changing=model.changing_variables,
    )
    self.loss_scale = None
    if mixed_precision.needs_loss_scaling(model.compute_dtype):
      self.loss_scale = loss_scaling.LossScale()
    self.global_step = _counter()
    self.statistics_updates = _counter()
    self.seed = _counter(seed)
    self.examples_seen = _counter()
    self.best_precision = tf.Variable(NO_PRECISION, trainable=False)
    self.evaluations_waited = _counter()

  def checkpoint_variables(self) -> dict[str, tf.Variable]:
    """Returns {checkpoint name: variable}, named as TF1's Saver named them."""
    return {
      **self.model.variables,
      **self.averages.shadows,
      **self.optimizer.slots,
      'global_step': self.global_step,
      **self.later_variables(),
    }

  def later_variables(self) -> dict[str, tf.Variable]:
    """Returns those that checkpoints of earlier programs lack."""
    found = {
      STATISTICS_UPDATES: self.statistics_updates,
      SEED: self.seed,
      EXAMPLES_SEEN: self.examples_seen,
      BEST_PRECISION: self.best_precision,
      EVALUATIONS_WAITED: self.evaluations_waited,
    }
    return found | (self.loss_scale.variables if self.loss_scale else {})

  def start_from_restored(self) -> None:
    """Once the model's variables are pretrained: shadows and decay follow."""
    self.averages.reset()
    self.statistics_updates.assign(STATISTICS_SETTLED)
