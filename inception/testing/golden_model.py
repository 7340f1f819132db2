"""The network and images with which the goldens were computed.

make    returns the network with the seeded weights
assign  assigns these weights to another network
images  returns the images
"""

from typing import Any

import numpy as np

from inception import inception_model
from inception.testing import goldens


def assign(model: inception_model.InceptionModel) -> None:
  """Assigns the seeded weights to a network of five classes."""
  golden = goldens.load()
  weights = goldens.seeded_weights(golden['seed'], golden['num_classes'])
  for name, variable in model.variables.items():
    variable.assign(weights[name])


def make(**kwargs: Any) -> inception_model.InceptionModel:
  """Returns a network of five classes with the seeded weights.

  Args:
    **kwargs: arguments of InceptionModel other than num_classes.
  """
  model = inception_model.InceptionModel(num_classes=5, **kwargs)
  assign(model)
  return model


def images(offset: int, count: int) -> np.ndarray:
  """Returns float32 [count, 299, 299, 3] in [-1, 1]: random grids of 6 x 6.

  Args:
    offset: number added to the goldens' seed: 1000 for evaluation, 2000 for
      training.
    count: number of images.
  """
  rng = np.random.default_rng(goldens.load()['seed'] + offset)
  grid = rng.uniform(-1, 1, (count, 6, 6, 3)).astype(np.float32)
  return np.repeat(np.repeat(grid, 50, 1), 50, 2)[:, :299, :299]
