"""Chooses what the recipe trains, and on which images, for --minutes.

with_plan  returns the settings that suit the time
"""

import dataclasses
import datetime
from collections.abc import Mapping
from typing import Any

from absl import flags

from inception import dataset
from inception.cli import train_flags
from inception.settings import config
from inception.settings import recipes
from inception.settings import training_config

FLAGS = flags.FLAGS

_Configs = tuple[training_config.TrainConfig, config.InputConfig]

# Given flags that the last layer alone does not allow.
_NEED_ALL_LAYERS = (
  'trainable_scopes',
  'learning_rate_multipliers',
  'mixup_alpha',
  'cutmix_alpha',
  'eval_image_size',
  'eval_views',
)

_SIZES_AND_DISTORTION = ('image_size', 'eval_image_size', 'augmentation')


def with_plan(
  data: dataset.Dataset,
  train_config: training_config.TrainConfig,
  input_config: config.InputConfig,
  replicas: Any,  # replicas.Replicas, whose module imports TensorFlow.
) -> _Configs:
  """Returns the configs with the recipe's settings for the time.

  These are image sizes, distortion, and whether the last layer alone is
  trained. A resumed run keeps its own. The configs are returned unchanged
  without --minutes, with a recipe that has no such settings, if --image_size is
  given, if only the last layer is trained, and on several hosts, whose speeds
  differ. The choice is printed.

  Args:
    data: records to train on.
    train_config: settings of the run.
    input_config: settings of its batches.
    replicas: devices and hosts that share a batch.

  Raises:
    checkpoint.CheckpointError: every checkpoint is damaged.
  """
  num_examples = data.num_examples(input_config.subset)
  if (
    not train_config.minutes
    or train_config.trains_head_only
    or not num_examples
    or FLAGS['image_size'].present
    or replicas.hosts > 1
    or not recipes.for_time(FLAGS.recipe, updates=0, epochs=0)
  ):
    return train_config, input_config
  from inception.training import resumed_settings

  if resumed := resumed_settings.read(train_config.train_dir):
    return _replace(train_config, input_config, _planned_before(resumed))
  images = _num_images(train_config, input_config, replicas)
  updates = images / input_config.batch_size
  chosen = recipes.for_time(
    FLAGS.recipe,
    updates=updates,
    epochs=images / num_examples,
    may_train_head=train_config.fine_tune
    and not any(FLAGS[name].present for name in _NEED_ALL_LAYERS),
  )
  chosen = {k: value for k, value in chosen.items() if not FLAGS[k].present}
  if chosen:
    print(
      f'{datetime.datetime.now()}: About {updates:.0f} steps with images of '
      f'{input_config.image_size} pixels would fit into '
      f'{train_config.minutes:g} min; the recipe for that: '
      + ', '.join(f'--{name}={value}' for name, value in chosen.items())
      + '.'
    )
  if 'trainable_scopes' in chosen:
    chosen |= train_flags.recipe_settings(head_only=True)
  return _replace(train_config, input_config, chosen)


def _planned_before(resumed: Mapping[str, Any]) -> dict[str, Any]:
  """Returns what with_plan may have chosen when a run was started."""
  names = list(_SIZES_AND_DISTORTION)
  if resumed.get('trainable_scopes') == training_config.HEAD:
    names += ['trainable_scopes', *train_flags.recipe_settings(head_only=True)]
  return {
    name: resumed[name]
    for name in names
    if name in resumed and not FLAGS[name].present
  }


def _replace(
  train_config: training_config.TrainConfig,
  input_config: config.InputConfig,
  changed: Mapping[str, Any],
) -> _Configs:
  """Returns the configs with changed fields."""

  def of(settings: Any) -> dict[str, Any]:
    names = {field.name for field in dataclasses.fields(settings)}
    return {name: value for name, value in changed.items() if name in names}

  return (
    dataclasses.replace(train_config, **of(train_config)),
    dataclasses.replace(input_config, **of(input_config)),
  )


def _num_images(
  train_config: training_config.TrainConfig,
  input_config: config.InputConfig,
  replicas: Any,
) -> float:
  """Returns the number of images that fit, from the speed of this machine."""
  from inception.hardware import matrix_speed
  from inception.hardware import mixed_precision
  from inception.training import time_limit

  num_gpus = sum(name.startswith('GPU') for name in replicas.devices)
  dtype = mixed_precision.compute_dtype(train_config.precision)
  return time_limit.expected_images(
    train_config.minutes,
    image_size=input_config.image_size,
    trained_scopes=train_config.scope_prefixes,
    rate_multipliers=train_config.rate_multipliers,
    multiply_adds_per_second=max(1, num_gpus)
    * matrix_speed.multiply_adds_per_second(dtype),
  )
