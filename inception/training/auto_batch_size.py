"""The largest batch that fits into memory: what --batch_size=auto means.

  choose   measures, and chooses batch size and learning rate
  Choice   what was chosen, and why

On a processor the steps of two small batches are measured, in the main memory
that the process has taken at most: it grows in proportion to the batch. A GPU
ends a step that does not fit with an error, so there the largest is tried
first. A run that goes on keeps the batch that it began with.
"""

import dataclasses
import math
from collections.abc import Callable, Mapping

import tensorflow as tf

from inception import dataset as dataset_lib
from inception import inception_model
from inception.checkpoints import checkpoint
from inception.checkpoints import run_info
from inception.hardware import mixed_precision
from inception.hardware import process_memory
from inception.hardware import replicas as replicas_lib
from inception.settings import config
from inception.settings import training_config
from inception.training import train_state
from inception.training import train_step

# The batch that the learning rates of flags and recipes are meant for.
REFERENCE = 32
# Batches of features take no memory worth measuring.
_HEAD = 256
_STEP = 8
_MAX_PER_DEVICE = 1024
# Fewer updates an epoch, and a training on few images ends before it learns.
_UPDATES_AN_EPOCH = 8
_MEASURED = (4, 12)
# The rest is for the shuffle buffer, saving, and other programs.
_SHARE = 0.8


@dataclasses.dataclass(frozen=True, kw_only=True)
class Choice:
  """What was chosen, and why.

  Attributes:
    batch_size: over all devices.
    learning_rate: the initial one, for this batch.
    reason: one sentence's end, such as 'the largest that fits'.
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
  peak_of: Callable[[int], int | None] | None = None,
) -> Choice:
  """Returns the batch size and the learning rate of a run.

  The rate that is set is taken to be that of batches of 32. With SGD it grows
  in proportion to the batch (arXiv 1706.02677), with the optimizers that divide
  by the gradients' size with its square root (arXiv 2205.10287).

  Args:
    data: what is trained on.
    train_config: the run.
    input_config: its batches, but for their size.
    replicas: who shares a batch.
    peak_of: examples a device -> the most bytes of main memory after a step of
      so many, or None where that is not known (on a GPU, and on systems that
      do not tell); raises tf.errors.ResourceExhaustedError where they do not
      fit. None measures.

  Raises:
    checkpoint.CheckpointError: the newest checkpoint cannot be read.
  """
  begun = _of_the_checkpoint(train_config)
  if begun:
    return begun
  count = replicas.count
  most = data.num_examples(input_config.subset) // _UPDATES_AN_EPOCH // count
  most = max(_STEP, min(most, _MAX_PER_DEVICE) // _STEP * _STEP)
  if train_config.trains_head_only:
    size, reason = min(most, _HEAD), 'of features, which need little memory'
  else:
    size, reason = _fitting(
      most, peak_of or _Measurement(data, train_config, input_config)
    )
  if size == most and not train_config.trains_head_only:
    reason += (
      f'; more would leave fewer than {_UPDATES_AN_EPOCH} updates an epoch'
    )
  return Choice(
    batch_size=size * count,
    reason=reason,
    learning_rate=_scaled(train_config, size * count),
  )


def _of_the_checkpoint(train_config) -> Choice | None:
  prefix = checkpoint.latest(train_config.train_dir)
  text = prefix and checkpoint.read_text(prefix, run_info.VARIABLE)
  if not text:
    return None
  try:
    settings = run_info.RunInfo.from_json(text).settings
  except ValueError:
    return None  # The training itself will tell.
  match settings:
    case {'batch_size': int(size), 'initial_learning_rate': float(rate)}:
      return Choice(
        batch_size=size,
        learning_rate=rate,
        reason=f'as {prefix} was trained with',
      )
  return None


def _scaled(train_config, batch_size: int) -> float:
  factor = batch_size / REFERENCE
  if train_config.optimizer != 'sgd':
    factor = math.sqrt(factor)
  return train_config.initial_learning_rate * factor


def _fitting(most: int, peak_of) -> tuple[int, str]:
  """Returns (examples a device, why)."""
  taken = process_memory.resident_bytes() or 0
  available = process_memory.available_bytes()
  try:
    peaks = [peak_of(size) for size in _MEASURED]
  except tf.errors.ResourceExhaustedError:
    return _not_exhausting(_MEASURED[-1], peak_of)
  if None in peaks or available is None:
    return _not_exhausting(most, peak_of)
  limit = taken + _SHARE * available
  small, large = _MEASURED
  each = max(1.0, (peaks[1] - peaks[0]) / (large - small))
  fixed = peaks[0] - small * each
  size = int((limit - fixed) / each) // _STEP * _STEP
  return (
    max(1 if size < _STEP else _STEP, min(size, most)),
    f'{each / 1e9:.2f} GB an image and {fixed / 1e9:.1f} GB besides, of '
    f'{limit / 1e9:.1f} GB that may be taken',
  )


def _not_exhausting(most: int, peak_of) -> tuple[int, str]:
  size = most
  while size > 1:
    try:
      peak_of(size)
      break
    except tf.errors.ResourceExhaustedError:
      size //= 2
  return size, 'tried on the device'


class _Measurement:
  """The run's own step, on blank images of any number; traced once."""

  def __init__(self, data, train_config, input_config):
    self._size = input_config.image_size
    state = train_state.TrainState(
      inception_model.InceptionModel(
        num_classes=data.num_classes,
        compute_dtype=mixed_precision.compute_dtype(train_config.precision),
        trained_scopes=train_config.scope_prefixes,
      ),
      optimizer_name=train_config.optimizer,
    )
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
    """Makes a step; see choose."""
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
