"""Coordinates of the charts of a page, which templates draw as SVG.

Chart         axis, line and bars of a chart
coverage      returns the chart of precision against coverage
reliability   returns the chart of accuracy against confidence
"""

import dataclasses
import math
from collections.abc import Sequence

import numpy as np

from inception.evaluation import calibration

WIDTH = 420
HEIGHT = 260
_MOST_POINTS = 300


@dataclasses.dataclass(frozen=True, kw_only=True)
class Chart:
  """A chart whose horizontal axis goes from 0 to 1.

  Attributes:
    lowest: lower end of the vertical axis; the upper end is 1.
    ticks: ticks of the vertical axis: (position in pixels, value).
    points: points of a line, 'x,y x,y ...' in pixels; '' for no line.
    bars: bars: (x, y, width, height) in pixels, and a text.
  """

  lowest: float
  ticks: list[tuple[float, float]]
  points: str = ''
  bars: Sequence[tuple[float, float, float, float, str]] = ()


def _y(value: float, lowest: float) -> float:
  """Returns the vertical position of a value, in pixels from the top."""
  return round(HEIGHT * (1 - (value - lowest) / (1 - lowest)), 1)


def _ticks(lowest: float) -> list[tuple[float, float]]:
  values = np.linspace(lowest, 1, 6)
  return [(_y(value, lowest), float(value)) for value in values]


def coverage(accepted: np.ndarray, correct: np.ndarray) -> Chart:
  """Returns precision against coverage as a line.

  Args:
    accepted: numbers of accepted examples, int [thresholds], from
      rejection.coverage_curve; the last is the number of all examples.
    correct: numbers of correct examples among them, int [thresholds].
  """
  precision = correct / accepted
  lowest = min(0.9, math.floor(10 * float(precision.min())) / 10)
  chosen = np.unique(
    np.linspace(0, len(accepted) - 1, _MOST_POINTS).round().astype(np.int64)
  )
  points = ' '.join(
    f'{WIDTH * accepted[i] / accepted[-1]:.1f},{_y(precision[i], lowest)}'
    for i in chosen
  )
  return Chart(lowest=lowest, ticks=_ticks(lowest), points=points)


def reliability(bins: Sequence[calibration.Bin]) -> Chart:
  """Returns the accuracy of each bin of confidences as a bar."""
  return Chart(
    lowest=0,
    ticks=_ticks(0),
    bars=[
      (
        round(WIDTH * entry.low, 1),
        _y(entry.accuracy, 0),
        round(WIDTH * (entry.high - entry.low) - 1, 1),
        round(HEIGHT * entry.accuracy, 1),
        f'{entry.num_examples} examples: confidence {entry.confidence:.1%}, '
        f'accuracy {entry.accuracy:.1%}',
      )
      for entry in bins
    ],
  )
