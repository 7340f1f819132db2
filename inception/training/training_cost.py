"""Cost of a training in images, the same on every machine.

One image is one image of 299 x 299 pixels through a training step: forward and
backward. An image of s pixels counts (s / 299)^2, a forward pass alone a third,
and a step whose lower layers are frozen goes backward only through the others.

  Account        sum of the costs of one command
  step_cost      cost of one image in a training step
  forward_cost   cost of one image in a forward pass
  MULTIPLY_ADDS  work of each block
  IMAGE_WORK     multiply-adds of a cost of one image
"""

import time
from collections.abc import Sequence

_FULL_SIZE = 299
# The backward pass computes two products for each of the forward pass: the
# gradients of the weights and of the inputs.
_FORWARD_SHARE = 1 / 3

# (Prefix of variable names, multiply-adds of the layers at 299 pixels in
# millions), from the image upwards: kernel x inputs x filters x output pixels.
MULTIPLY_ADDS = (
  ('conv0', 19),
  ('conv1', 199),
  ('conv2', 398),
  ('conv3', 27),
  ('conv4', 697),
  ('mixed_35x35x256a', 312),
  ('mixed_35x35x288a', 339),
  ('mixed_35x35x288b', 348),
  ('mixed_17x17x768a', 402),
  ('mixed_17x17x768b', 374),
  ('mixed_17x17x768c', 488),
  ('mixed_17x17x768d', 488),
  ('mixed_17x17x768e', 618),
  ('mixed_17x17x1280a', 291),
  ('mixed_8x8x2048a', 322),
  ('mixed_8x8x2048b', 388),
)

IMAGE_WORK = 1e6 * sum(work for _, work in MULTIPLY_ADDS) / _FORWARD_SHARE


class Account:
  """Sum of the costs of one command: images, wall time and CPU time."""

  def __init__(self) -> None:
    """Starts the clock."""
    self.images = 0.0
    self._start = time.monotonic()

  def add_steps(
    self,
    num_images: int,
    image_size: int,
    trained_scopes: Sequence[str] = ('',),
    rate_multipliers: Sequence[tuple[str, float]] = (),
  ) -> None:
    """Adds images of training steps; see step_cost."""
    self.images += num_images * step_cost(
      image_size, trained_scopes, rate_multipliers
    )

  def add_forward(self, num_images: int, image_size: int) -> None:
    """Adds images of forward passes; see forward_cost."""
    self.images += num_images * forward_cost(image_size)

  @property
  def seconds(self) -> float:
    """Seconds of wall time so far."""
    return time.monotonic() - self._start

  @property
  def cpu_seconds(self) -> float:
    """Seconds of CPU time of this process so far, over all cores."""
    return time.process_time()


def forward_cost(image_size: int) -> float:
  """Returns the cost of one image in a forward pass, in images.

  Args:
    image_size: Height and width of the image, in pixels.
  """
  return (image_size / _FULL_SIZE) ** 2 * _FORWARD_SHARE


def step_cost(
  image_size: int,
  trained_scopes: Sequence[str] = ('',),
  rate_multipliers: Sequence[tuple[str, float]] = (),
) -> float:
  """Returns the cost of one image in a training step, in images.

  Args:
    image_size: Height and width of the image, in pixels.
    trained_scopes: Prefixes of the names of the trained variables; ('',)
      trains all of them.
    rate_multipliers: (prefix, factor of the learning rate); as in
      optimizer.multipliers. Layers whose factor is 0 do not change.
  """
  trained = _share_from_lowest(trained_scopes, rate_multipliers)
  return (image_size / _FULL_SIZE) ** 2 * (
    _FORWARD_SHARE + (1 - _FORWARD_SHARE) * trained
  )


def _share_from_lowest(
  trained_scopes: Sequence[str], rate_multipliers: Sequence[tuple[str, float]]
) -> float:
  """Returns the share of the network at and above the lowest trained layer."""
  total = sum(cost for _, cost in MULTIPLY_ADDS)
  below = 0
  for name, cost in MULTIPLY_ADDS:
    is_trained = any(_overlaps(name, scope) for scope in trained_scopes)
    if is_trained and _changes(name, rate_multipliers):
      break
    below += cost
  return 1 - below / total


def _overlaps(name: str, scope: str) -> bool:
  """Returns whether the scope selects variables of the layer or block."""
  layer = f'{name}/'
  return layer.startswith(scope) or scope.startswith(layer)


def _changes(name: str, rate_multipliers: Sequence[tuple[str, float]]) -> bool:
  """Returns whether any variable of the layer or block has a rate above 0."""
  layer = f'{name}/'
  # A longer prefix overrides a shorter one.
  pairs = sorted(rate_multipliers, key=lambda pair: len(pair[0]))
  whole = [factor for prefix, factor in pairs if layer.startswith(prefix)]
  parts = [
    factor
    for prefix, factor in pairs
    if prefix.startswith(layer) and prefix != layer
  ]
  return any([*whole[-1:], *parts]) if whole else True
