"""Decides whether one picture is another one mirrored, turned, or cropped.

  prepared   previews -> the grey pictures that `match` compares
  match      one picture and others -> how well they fit, at the best

Tried are the whole picture and 539 rectangles of it, each against the other
picture in eight positions: as it is, mirrored, and turned. The score is the
correlation coefficient of the grey levels, so brightness, contrast, and colour
do not count. Few rectangles come first, and all of them only where these fit
roughly, which spares most of the work. MIN_SCORE rests on the measurements in
tests/benchmarks/RESULTS.md.
"""

import dataclasses
import functools

import numpy as np

MIN_SCORE = 0.98
# What the few rectangles must reach before all are tried.
_MIN_ROUGH_SCORE = 0.75
# Grey levels of 255, standard deviation: in a flatter picture, noise decides.
_MIN_CONTRAST = 8.0
# By more than this, sides are not stretched differently.
_MAX_STRETCH = 0.031
# Products so small stay in one thread: OpenBLAS' threads would wait for each
# other for longer than they work.
_RECTANGLES_AT_A_TIME = 16

_GREY = np.array([299, 587, 114], np.float32) / 1000  # ITU-R BT.601.


@dataclasses.dataclass(frozen=True)
class _Grid:
  """The rectangles: of these lengths, of 1, and so far apart."""

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
  """Returns how well the best rectangle of a picture fits others.

  Args:
    picture: uint8 [side, side] of `prepared`; the rectangles are cut from it.
    others: uint8 [n, side, side] of `prepared`.

  Returns:
    float32 [n] in [-1, 1]; 0 for pictures with little contrast. Scores that are
    below MIN_SCORE may be those of a few rectangles only.
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
  """Returns float32 [n]: the best score of any rectangle and position."""
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
  """Returns float32 [rectangles, side, side], each of the picture's size."""
  windows, pairs = _windows(len(picture), grid)
  across = picture @ windows.transpose(0, 2, 1)  # [windows, side, side]
  return windows[pairs[:, 0]] @ across[pairs[:, 1]]


@functools.cache
def _windows(side: int, grid: _Grid) -> tuple[np.ndarray, np.ndarray]:
  """Returns what cuts parts out of a line, and which of them make rectangles.

  Returns:
    float32 [windows, side, side], which interpolate linearly; int [n, 2]: of
    each rectangle its windows down and across.
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
  """Returns float32 [side, side]: rows of weights of a line's pixels."""
  centres = (start + (np.arange(side) + 0.5) / side * length) * side - 0.5
  weights = 1 - np.abs(centres[:, np.newaxis] - np.arange(side))
  weights = np.maximum(weights, 0)
  return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)


def _normalized(rows: np.ndarray) -> np.ndarray:
  """Returns rows of mean 0 and length 1, so that products correlate them."""
  rows = rows - rows.mean(axis=-1, keepdims=True)
  length = np.linalg.norm(rows, axis=-1, keepdims=True)
  return rows / np.maximum(length, 1e-6)
