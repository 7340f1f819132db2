"""Coordinates of the charts of a page, which templates draw as SVG.

Chart         axis, line and bars of a chart
coverage      returns the chart of precision against coverage
history       returns the chart of precision against the step
reliability   returns the chart of accuracy against confidence
"""

import dataclasses
import math
from collections.abc import Sequence

import numpy as np

from inception.evaluation import calibration
from inception.evaluation import eval_history

WIDTH = 420
HEIGHT = 260
_MOST_POINTS = 300
# Ticks of a horizontal axis from 0 to 1.
_SHARES = tuple((WIDTH * i / 5, f'{20 * i}%') for i in range(6))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Chart:
  """A chart of shares.

  Attributes:
    lowest: lower end of the vertical axis.
    ticks: ticks of the vertical axis: (position in pixels, value).
    columns: ticks of the horizontal axis: (position in pixels, text).
    points: points of a line, 'x,y x,y ...' in pixels; '' for no line.
    band: corners of an area, like points; '' for none.
    dots: points with a text: (x, y) in pixels, and the text.
    bars: bars: (x, y, width, height) in pixels, and a text.
  """

  lowest: float
  ticks: list[tuple[float, float]]
  columns: Sequence[tuple[float, str]] = _SHARES
  points: str = ''
  band: str = ''
  dots: Sequence[tuple[float, float, str]] = ()
  bars: Sequence[tuple[float, float, float, float, str]] = ()


def _y(value: float, lowest: float, highest: float = 1) -> float:
  """Returns the vertical position of a value, in pixels from the top."""
  return round(HEIGHT * (1 - (value - lowest) / (highest - lowest)), 1)


def _ticks(
  lowest: float, highest: float = 1, count: int = 6
) -> list[tuple[float, float]]:
  values = np.linspace(lowest, highest, count)
  return [(_y(value, lowest, highest), float(value)) for value in values]


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


def history(points: Sequence[eval_history.Point]) -> Chart:
  """Returns precision against the step as a line, with a band of intervals.

  Args:
    points: at least one point, in order of the steps.
  """
  lowest = math.floor(10 * min(point.interval[0] for point in points)) / 10
  highest = math.ceil(10 * max(point.interval[1] for point in points)) / 10
  tenths = round(10 * (highest - lowest))
  first, last = points[0].step, points[-1].step

  def x(step: int) -> float:
    return round(WIDTH * (step - first) / max(1, last - first), 1)

  def corner(point: eval_history.Point, value: float) -> str:
    return f'{x(point.step)},{_y(value, lowest, highest)}'

  steps = np.unique(np.linspace(first, last, 5).round().astype(np.int64))
  return Chart(
    lowest=lowest,
    # Every 10 %, or every 5 % of a short axis.
    ticks=_ticks(lowest, highest, (tenths if tenths > 3 else 2 * tenths) + 1),
    columns=[(x(int(step)), f'{step:,}') for step in steps],
    points=' '.join(corner(point, point.precision) for point in points),
    band=' '.join(
      [corner(point, point.interval[0]) for point in points]
      + [corner(point, point.interval[1]) for point in reversed(points)]
    ),
    dots=[
      (
        x(point.step),
        _y(point.precision, lowest, highest),
        f'step {point.step:,}: {point.precision:.1%} '
        f'({point.interval[0]:.1%} .. {point.interval[1]:.1%})',
      )
      for point in points[-_MOST_POINTS:]
    ],
  )
