"""Decides whether a picture is a mirrored, turned, or cropped copy of another.

  prepared   previews -> the grey pictures that `match` compares
  match      one picture and others -> the score of the best fit of each

The full picture and 539 rectangles of it are compared with the other picture in
eight positions: four rotations, each also mirrored. The score is the
correlation coefficient of the grey levels, so brightness, contrast, and colour
do not count. A few rectangles are tried first, and all of them only if these
fit roughly, which saves most of the work. MIN_SCORE was chosen from the
measurements in tests/benchmarks/RESULTS.md.
"""

import dataclasses
import functools

import numpy as np

MIN_SCORE = 0.98
# Score that the first few rectangles must reach before all are tried.
_MIN_ROUGH_SCORE = 0.75
# Smallest standard deviation of the grey levels, which range from 0 to 255:
# noise dominates flatter pictures.
_MIN_CONTRAST = 8.0
# Largest difference between the lengths of the sides, as shares of the picture.
_MAX_STRETCH = 0.031
# OpenBLAS computes such small products in one thread. With more threads, they
# would wait for each other longer than they work.
_RECTANGLES_AT_A_TIME = 16

_GREY = np.array([299, 587, 114], np.float32) / 1000  # ITU-R BT.601.


@dataclasses.dataclass(frozen=True)
class _Grid:
  """Side lengths of rectangles and the step between them, as shares of 1."""

  lengths: tuple[float, ...]
  step: float


_ROUGH = _Grid((1.0, 0.9, 0.8), 0.05)
_FINE = _Grid((1.0, 0.97, 0.94, 0.91, 0.88, 0.85, 0.82, 0.79), 0.03)


def prepared(previews: np.ndarray) -> np.ndarray:
  """Returns grey pictures, slightly blurred.

  The blur keeps the score high where an edge falls between two rectangles.

  Args:
    previews: uint8 [n, side, side, 3] RGB.

  Returns:
    uint8 [n, side, side].
  """
  grey = previews @ _GREY
  for axis in (1, 2):
    width = [(0, 0), (0, 0), (0, 0)]
    width[axis] = (1, 1)
    padded = np.pad(grey, width, mode='edge')
    before, same, after = (
      np.take(padded, np.arange(grey.shape[axis]) + i, axis=axis)
      for i in range(3)
    )
    grey = (before + 2 * same + after) / 4
  return np.rint(grey).astype(np.uint8)


def match(picture: np.ndarray, others: np.ndarray) -> np.ndarray:
  """Returns the score of the best rectangle of a picture for each other one.

  Args:
    picture: uint8 [side, side] from `prepared`; rectangles are cut from it.
    others: uint8 [n, side, side] from `prepared`.

  Returns:
    float32 [n] in [-1, 1]; 0 for pictures with little contrast. Scores below
    MIN_SCORE may be those of a few rectangles only.
  """
  picture, others = picture.astype(np.float32), others.astype(np.float32)
  scores = np.zeros([len(others)], np.float32)
  chosen = np.flatnonzero(others.std(axis=(1, 2)) >= _MIN_CONTRAST)
  if picture.std() < _MIN_CONTRAST:
    return scores
  for grid in (_ROUGH, _FINE):
    if len(chosen):
      scores[chosen] = _best(picture, others[chosen], grid)
      chosen = np.flatnonzero(scores >= _MIN_ROUGH_SCORE)
  return scores


def _best(picture: np.ndarray, others: np.ndarray, grid: _Grid) -> np.ndarray:
  """Returns the best score of any rectangle and position, float32 [n]."""
  rectangles = _normalized(_rectangles(picture, grid).reshape(-1, picture.size))
  positions = np.stack(
    [
      np.rot90(mirrored, turns, axes=(1, 2))
      for mirrored in (others, others[:, :, ::-1])
      for turns in range(4)
    ],
    axis=1,
  ).reshape(len(others), -1, picture.size)
  columns = _normalized(positions).transpose(0, 2, 1)
  scores = np.full([len(others)], -1, np.float32)
  for start in range(0, len(rectangles), _RECTANGLES_AT_A_TIME):
    products = rectangles[start : start + _RECTANGLES_AT_A_TIME] @ columns
    scores = np.maximum(scores, products.max(axis=(1, 2)))
  return scores


def _rectangles(picture: np.ndarray, grid: _Grid) -> np.ndarray:
  """Returns the resized rectangles, float32 [rectangles, side, side]."""
  windows, pairs = _windows(len(picture), grid)
  across = picture @ windows.transpose(0, 2, 1)  # [windows, side, side]
  return windows[pairs[:, 0]] @ across[pairs[:, 1]]


@functools.cache
def _windows(side: int, grid: _Grid) -> tuple[np.ndarray, np.ndarray]:
  """Returns matrices that resize parts of a line, and pairs of these.

  Returns:
    float32 [windows, side, side], matrices of linear interpolation; int [n, 2],
    the indices of the vertical and the horizontal matrix of each rectangle.
  """
  matrices, lengths = [], []
  for length in grid.lengths:
    for number in range(round((1 - length) / grid.step) + 1):
      matrices.append(_window(side, number * grid.step, length))
      lengths.append(length)
  pairs = [
    (i, j)
    for i, first in enumerate(lengths)
    for j, second in enumerate(lengths)
    if abs(first - second) < _MAX_STRETCH
  ]
  return np.stack(matrices), np.array(pairs)


def _window(side: int, start: float, length: float) -> np.ndarray:
  """Returns the matrix that resizes part of a line, float32 [side, side]."""
  centres = (start + (np.arange(side) + 0.5) / side * length) * side - 0.5
  weights = 1 - np.abs(centres[:, np.newaxis] - np.arange(side))
  weights = np.maximum(weights, 0)
  return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)


def _normalized(rows: np.ndarray) -> np.ndarray:
  """Returns rows of mean 0 and length 1, whose products are correlations."""
  rows = rows - rows.mean(axis=-1, keepdims=True)
  length = np.linalg.norm(rows, axis=-1, keepdims=True)
  return rows / np.maximum(length, 1e-6)
