"""Estimates how much training fits into a limit of time.

expected_images  number of images in training steps, before the first step
"""

from collections.abc import Sequence

from inception.training import training_cost

# A step goes at 0.75 to 0.78 times the speed of a product of matrices on two
# cores; see tests/benchmarks/RESULTS.md.
_SHARE_OF_MATRIX_SPEED = 0.75
# Start, tracing, and saving.
_OTHER_SECONDS = 20.0


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
