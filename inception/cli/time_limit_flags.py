"""Chooses the recipe's image sizes and distortion for --minutes.

with_plan  returns the settings that suit the time
"""

import dataclasses
import datetime
from typing import Any

from absl import flags

from inception import dataset
from inception.settings import config
from inception.settings import recipes
from inception.settings import training_config

FLAGS = flags.FLAGS

_SIZES_AND_DISTORTION = ('image_size', 'eval_image_size', 'augmentation')


def with_plan(
  data: dataset.Dataset,
  train_config: training_config.TrainConfig,
  input_config: config.InputConfig,
  replicas: Any,  # replicas.Replicas, whose module imports TensorFlow.
) -> tuple[training_config.TrainConfig, config.InputConfig]:
  """Returns the configs with the recipe's sizes and distortion for the time.

  A resumed run keeps its own. The configs are returned unchanged without
  --minutes, with a recipe that has no such sizes, if --image_size is given, if
  only the last layer is trained, and on several hosts, whose speeds differ. The
  choice is printed.

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
    or not recipes.for_time(FLAGS.recipe, num_images=0, num_examples=1)
  ):
    return train_config, input_config
  from inception.training import resumed_settings
  from inception.training import time_limit

  chosen: dict[str, Any]
  if resumed := resumed_settings.read(train_config.train_dir):
    chosen = {
      name: resumed[name] for name in _SIZES_AND_DISTORTION if name in resumed
    }
  else:
    num_images = time_limit.images_that_fit(
      train_config, input_config, replicas.devices
    )
    chosen = recipes.for_time(
      FLAGS.recipe, num_images=num_images, num_examples=num_examples
    )
  changed: dict[str, Any] = {
    name: value for name, value in chosen.items() if not FLAGS[name].present
  }
  if changed and not resumed:
    print(
      f'{datetime.datetime.now()}: About {num_images:,.0f} images of '
      f'{input_config.image_size} pixels would fit into '
      f'{train_config.minutes:g} min; the recipe for that: '
      + ', '.join(f'--{name}={value}' for name, value in changed.items())
      + '.'
    )
  eval_image_size = changed.pop('eval_image_size', train_config.eval_image_size)
  return (
    dataclasses.replace(train_config, eval_image_size=eval_image_size),
    dataclasses.replace(input_config, **changed),
  )
