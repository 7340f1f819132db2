"""Tiny pictures of the size that signatures are computed from.

BLANK   a picture of one colour
blobs   returns a picture of smooth blobs
"""

import numpy as np

SIDE = 17
BLANK = np.full((SIDE, SIDE, 3), 90, np.uint8)


def blobs(seed: int) -> np.ndarray:
  """Returns smooth blobs, like a tiny photograph: uint8 [17, 17, 3]."""
  coarse = np.random.default_rng(seed).uniform(20, 230, (7, 7, 3))
  positions = np.linspace(0, 6, SIDE)
  rows = np.stack([
    [np.interp(positions, range(7), coarse[:, j, c]) for j in range(7)]
    for c in range(3)
  ])  # [3, 7, 17]
  both = np.stack([
    [np.interp(positions, range(7), rows[c, :, i]) for i in range(SIDE)]
    for c in range(3)
  ])  # [3, 17, 17]
  return np.rint(both).astype(np.uint8).transpose(1, 2, 0)
