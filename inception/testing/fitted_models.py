"""A network that distinguishes pictures, without minutes of training.

values     the seeded weights with a last layer that is fitted to pictures
pictures   pictures of five kinds, which differ in colour

Fitting the last layer to the features is linear regression. Predictions of
seeded weights alone are so close to each other that rounding decides.
"""

import functools

import numpy as np

from inception.inference import folded_network
from inception.testing import goldens
from inception.testing import trained_models

IMAGE_SIZE = 75
NUM_CLASSES = len(trained_models.CLASS_NAMES)

_COLOURS = np.array([
  [200, 60, 60],
  [60, 180, 60],
  [60, 80, 200],
  [210, 190, 60],
  [150, 150, 150],
])
_NUM_FITTED = 40
# Logits of a picture's own class and of the others.
_OWN, _OTHER = 4.0, -1.0


def pictures(
  number: int, *, seed: int, height: int = IMAGE_SIZE, width: int = IMAGE_SIZE
) -> tuple[np.ndarray, np.ndarray]:
  """Returns pictures of all kinds in turn, and their labels.

  Args:
    number: number of pictures.
    seed: seed of the blotches in them.
    height: number of pixel rows.
    width: number of pixel columns.

  Returns:
    uint8 [number, height, width, 3] and int [number], in [1, 5].
  """
  rng = np.random.default_rng(seed)
  labels = np.arange(number) % NUM_CLASSES + 1
  blotches = rng.uniform(-50, 50, [number, 5, 5, 3])
  rows, columns = np.arange(height) * 5 // height, np.arange(width) * 5 // width
  pixels = (
    _COLOURS[labels - 1][:, None, None]
    + blotches[:, rows][:, :, columns]
    + rng.uniform(-10, 10, [number, height, width, 3])
  )
  return np.clip(np.rint(pixels), 0, 255).astype(np.uint8), labels


def as_input(pixels: np.ndarray) -> np.ndarray:
  """Returns uint8 pixels as the network's input, float32 in [-1, 1]."""
  return (pixels / 127.5 - 1).astype(np.float32)


@functools.cache
def values() -> dict[str, np.ndarray]:
  """Returns {checkpoint name: value}; read-only."""
  golden = goldens.load()
  fitted = goldens.seeded_weights(golden['seed'], NUM_CLASSES + 1)
  network = folded_network.FoldedNetwork(
    fitted, image_size=IMAGE_SIZE, as_constants=False
  )
  images, labels = pictures(_NUM_FITTED, seed=1)
  features = network(as_input(images)).features.numpy()
  targets = np.full([_NUM_FITTED, NUM_CLASSES + 1], _OTHER)
  targets[np.arange(_NUM_FITTED), labels] = _OWN
  with_ones = np.hstack([features, np.ones([_NUM_FITTED, 1])])
  # The solution with the smallest weights, nearly: ridge regression.
  solution = with_ones.T @ np.linalg.solve(
    with_ones @ with_ones.T + np.eye(_NUM_FITTED), targets
  )
  fitted['logits/logits/weights'] = solution[:-1].astype(np.float32)
  fitted['logits/logits/biases'] = solution[-1].astype(np.float32)
  return fitted
