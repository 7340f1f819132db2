"""Chooses the largest batch that fits into memory, for --batch_size=auto.

  choose   measures memory, and returns a batch size and learning rate
  Choice   the chosen values, and the reason for them

On a CPU, the peak main memory of the process is measured after steps of two
small batches and extrapolated linearly. A GPU fails a step that does not fit
with an error, so there the largest batch is tried first. A resumed run keeps
the batch size that it started with.
"""

import dataclasses
import math
from collections.abc import Callable, Mapping

import tensorflow as tf

from inception import dataset as dataset_lib
from inception import inception_model
from inception.hardware import mixed_precision
from inception.hardware import process_memory
from inception.hardware import replicas as replicas_lib
from inception.jobs import errors
from inception.settings import config
from inception.settings import training_config
from inception.training import resumed_settings
from inception.training import train_state
from inception.training import train_step

# Batch size for which the learning rates of flags and recipes are meant.
REFERENCE = 32
# Batch size for training on features, whose memory is negligible.
_HEAD = 256
# Batch sizes per device are multiples of this.
_STEP = 8
_MAX_PER_DEVICE = 1024
# With fewer updates, training on few images ends before the network learns.
_UPDATES_PER_EPOCH = 8
_MEASURED_SIZES = (4, 12)
# The rest is left to the shuffle buffer, saving, and other programs.
_MEMORY_SHARE = 0.8


_PeakOf = Callable[[int], int | None]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Choice:
  """The chosen batch size and learning rate, and the reason for them.

  Attributes:
    batch_size: Number of examples per batch, over all devices.
    learning_rate: Initial learning rate for this batch size.
    reason: Phrase that ends a sentence, such as 'tried on the device'.
  """

  batch_size: int
  learning_rate: float
  reason: str


def choose(
  data: dataset_lib.Dataset,
  train_config: training_config.TrainConfig,
  input_config: config.InputConfig,
  replicas: replicas_lib.Replicas,
  *,
  rate_is_given: bool = False,
  peak_of: _PeakOf | None = None,
) -> Choice:
  """Returns the batch size and the initial learning rate of a run.

  The configured rate is taken to be for batches of 32. With SGD it is scaled
  in proportion to the batch size (arXiv 1706.02677); with the optimizers that
  divide by the gradients' magnitude, by its square root (arXiv 2205.10287).

  Args:
    data: Records to train on.
    train_config: Settings of the run.
    input_config: Settings of its batches; the batch size is ignored.
    replicas: Devices and hosts that share a batch.
    rate_is_given: Whether the configured rate also applies to a run that is
      resumed, which otherwise keeps its own.
    peak_of: Function from a number of examples per device to the peak main
      memory in bytes after a step on that many, or to None where it is unknown
      (on a GPU, and on systems that do not report it). It raises
      tf.errors.ResourceExhaustedError if the examples do not fit. None runs
      real training steps.

  Raises:
    checkpoint.CheckpointError: the newest checkpoint cannot be read.
  """
  resumed = _choice_of_checkpoint(train_config, rate_is_given)
  if resumed:
    return resumed
  count = replicas.count
  most = data.num_examples(input_config.subset) // _UPDATES_PER_EPOCH // count
  most = max(_STEP, min(most, _MAX_PER_DEVICE) // _STEP * _STEP)
  if train_config.trains_head_only:
    size, reason = min(most, _HEAD), 'of features, which need little memory'
  else:
    size, reason = _largest_fitting(
      most, peak_of or _Measurement(data, train_config, input_config)
    )
  if size == most and not train_config.trains_head_only:
    reason += (
      f'; more would leave fewer than {_UPDATES_PER_EPOCH} updates per epoch'
    )
  return Choice(
    batch_size=size * count,
    reason=reason,
    learning_rate=_scaled(train_config, size * count),
  )


def _choice_of_checkpoint(
  train_config: training_config.TrainConfig, rate_is_given: bool
) -> Choice | None:
  """Returns the choice for the run to resume; None for a new run."""
  match resumed_settings.read(train_config.train_dir):
    case {'batch_size': int(size), 'initial_learning_rate': float(rate)}:
      return Choice(
        batch_size=size,
        learning_rate=_scaled(train_config, size) if rate_is_given else rate,
        reason=f'as {train_config.train_dir} was trained with',
      )
  return None


def _scaled(
  train_config: training_config.TrainConfig, batch_size: int
) -> float:
  factor = batch_size / REFERENCE
  if train_config.optimizer != 'sgd':
    factor = math.sqrt(factor)
  return train_config.initial_learning_rate * factor


def _largest_fitting(most: int, peak_of: _PeakOf) -> tuple[int, str]:
  """Returns (examples per device, reason)."""
  used = process_memory.resident_bytes() or 0
  available = process_memory.available_bytes()
  small, large = _MEASURED_SIZES
  try:
    small_peak, large_peak = peak_of(small), peak_of(large)
  except tf.errors.ResourceExhaustedError:
    return _largest_on_device(large, peak_of)
  if small_peak is None or large_peak is None or available is None:
    return _largest_on_device(most, peak_of)
  limit = used + _MEMORY_SHARE * available
  per_image = max(1.0, (large_peak - small_peak) / (large - small))
  fixed = small_peak - small * per_image
  size = int((limit - fixed) / per_image) // _STEP * _STEP
  return (
    max(1 if size < _STEP else _STEP, min(size, most)),
    f'{per_image / 1e9:.2f} GB per image plus {fixed / 1e9:.1f} GB, of '
    f'{limit / 1e9:.1f} GB that may be used',
  )


def _largest_on_device(most: int, peak_of: _PeakOf) -> tuple[int, str]:
  """Halves the size until a step fits; returns (size, reason)."""
  size = most
  while size > 1:
    try:
      peak_of(size)
      break
    except tf.errors.ResourceExhaustedError:
      size //= 2
  return size, 'tried on the device'


class _Measurement:
  """The run's own train step on any number of blank images; traced once."""

  def __init__(
    self,
    data: dataset_lib.Dataset,
    train_config: training_config.TrainConfig,
    input_config: config.InputConfig,
  ):
    self._size = input_config.image_size
    try:
      state = train_state.TrainState(
        inception_model.InceptionModel(
          num_classes=data.num_classes,
          compute_dtype=mixed_precision.compute_dtype(train_config.precision),
          trained_scopes=train_config.scope_prefixes,
        ),
        optimizer_name=train_config.optimizer,
        rate_multipliers=train_config.rate_multipliers,
      )
    except ValueError as error:
      raise errors.UserError(f'--{error}') from error
    step = train_step.make_train_step(
      state,
      options=train_step.Options(
        clip_gradient_norm=train_config.clip_gradient_norm,
        mixup_alpha=train_config.mixup_alpha,
        cutmix_alpha=train_config.cutmix_alpha,
      ),
    )
    scalar = tf.TensorSpec([], tf.float32)
    self._step: Callable[..., Mapping[str, tf.Tensor]] = (
      step.get_concrete_function(
        tf.TensorSpec([None, self._size, self._size, 3], tf.float32),
        tf.TensorSpec([None], tf.int32),
        scalar,
        scalar,
      )
    )

  def __call__(self, batch_size: int) -> int | None:
    """Makes a step and returns the peak in bytes; see peak_of of choose."""
    zero = tf.constant(0.0)
    results = self._step(
      tf.zeros([batch_size, self._size, self._size, 3]),
      tf.ones([batch_size], tf.int32),
      zero,
      zero,
    )
    float(results['total_loss'])  # Waits for a GPU.
    if tf.config.list_logical_devices('GPU'):
      return None
    return process_memory.peak_bytes()
