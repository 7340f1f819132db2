"""Holds everything that training updates and checkpoints store.

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

# Names that checkpoints of 2016 lack and that readers of those ignore.
STATISTICS_UPDATES = 'batch_norm_updates'
SEED = 'run_seed'
EXAMPLES_SEEN = 'examples_seen'
BEST_PRECISION = 'validation_best_precision'
EVALUATIONS_WAITED = 'validation_evaluations_waited'

# A checkpoint with recalibrated statistics stores them under the names of the
# shadows of statistics, and the training's own under those names plus this.
BEFORE_RECALIBRATION = '/before_recalibration'

# Initial best precision: lower than any real one.
NO_PRECISION = -1.0


def _counter(value: int = 0) -> tf.Variable:
  return tf.Variable(value, dtype=tf.int64, trainable=False)


class TrainState:
  """The state that an update changes.

  Attributes:
    model: The network.
    optimizer: Optimizer; see optimizer.make.
    averages: Shadows of the weights, which are evaluated.
    loss_scale: Loss scale for float16; None for other dtypes.
    global_step: int64 variable: number of updates so far.
    statistics_updates: int64 variable: number of updates of batch norm's
      moving averages. Their decay ramps up after random initialisation and is
      at its limit after a restore.
    seed: int64 variable: seed of the run's shuffling, distortions and dropout.
    examples_seen: int64 variable: number of examples that updates were made
      from, which is the position of the input pipeline.
    best_precision: float32 variable: best precision @ 1 of the evaluations
      during training.
    evaluations_waited: int64 variable: number of evaluations since the best.
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
      model: The network.
      seed: Seed of the run.
      optimizer_name: One of training_config.OPTIMIZERS.
      adamw_weight_decay: Weight decay of AdamW; see optimizer.make.
      rate_multipliers: ((prefix of variable names, factor of the learning
        rate), ...).
      moving_average_decay: Limit of the shadows' ramped decay.

    Raises:
      ValueError: there is no such optimizer, or no variable name starts with
        a multiplier's prefix.
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
    """Returns the variables that checkpoints of earlier programs lack."""
    variables = {
      STATISTICS_UPDATES: self.statistics_updates,
      SEED: self.seed,
      EXAMPLES_SEEN: self.examples_seen,
      BEST_PRECISION: self.best_precision,
      EVALUATIONS_WAITED: self.evaluations_waited,
    }
    return variables | (self.loss_scale.variables if self.loss_scale else {})

  def start_from_restored(self) -> None:
    """Adapts shadows and decay after the model's variables were restored."""
    self.averages.reset()
    self.statistics_updates.assign(STATISTICS_SETTLED)
