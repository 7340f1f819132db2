"""Estimates how much training fits into a limit of time.

images_that_fit  number of images in training steps, before the first step
expected_images  the same at a given speed
"""

from collections.abc import Sequence

from inception.hardware import matrix_speed
from inception.hardware import mixed_precision
from inception.settings import config
from inception.settings import training_config
from inception.training import training_cost

# A step goes at 0.75 to 0.78 times the speed of a product of matrices on two
# cores; see tests/benchmarks/RESULTS.md.
_SHARE_OF_MATRIX_SPEED = 0.75
# Start, tracing, and saving.
_OTHER_SECONDS = 20.0


def images_that_fit(
  train_config: training_config.TrainConfig,
  input_config: config.InputConfig,
  devices: Sequence[str],
) -> float:
  """Returns the number of images in training steps that probably fit.

  The speed of this machine is measured, which takes less than a second.

  Args:
    train_config: settings of the run, whose minutes are not 0.
    input_config: settings of its batches.
    devices: names of the devices, as in Replicas.devices.
  """
  num_gpus = sum(name.startswith('GPU') for name in devices)
  dtype = mixed_precision.compute_dtype(train_config.precision)
  return expected_images(
    train_config.minutes,
    image_size=input_config.image_size,
    trained_scopes=train_config.scope_prefixes,
    rate_multipliers=train_config.rate_multipliers,
    multiply_adds_per_second=max(1, num_gpus)
    * matrix_speed.multiply_adds_per_second(dtype),
  )


def expected_images(
  minutes: float,
  *,
  image_size: int,
  multiply_adds_per_second: float,
  trained_scopes: Sequence[str] = ('',),
  rate_multipliers: Sequence[tuple[str, float]] = (),
) -> float:
  """Returns the number of images in training steps that probably fit.

  Args:
    minutes: minutes that the complete command may take.
    image_size: height and width of the images, in pixels.
    multiply_adds_per_second: result of matrix_speed.
    trained_scopes: see training_cost.step_cost.
    rate_multipliers: see training_cost.step_cost.
  """
  seconds = max(0.0, 60 * minutes - _OTHER_SECONDS)
  work = seconds * _SHARE_OF_MATRIX_SPEED * multiply_adds_per_second
  per_image = training_cost.step_cost(
    image_size, trained_scopes, rate_multipliers
  )
  return work / training_cost.IMAGE_WORK / per_image
