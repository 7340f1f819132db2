"""Tests of the coordinates of charts, by hand."""

import numpy as np

from inception.evaluation import calibration
from inception.evaluation import eval_history
from inception.reports import charts


def test_coverage_ends_at_all_examples():
  found = charts.coverage(np.array([1, 2, 4]), np.array([1, 2, 3]))
  assert found.lowest == 0.7
  # 420 wide, 260 high: precision 1 at the top, 0.75 one sixth above 0.7.
  assert found.points == '105.0,0.0 210.0,0.0 420.0,216.7'
  assert found.ticks[0] == (260.0, 0.7)
  assert found.ticks[-1] == (0.0, 1.0)


def test_many_thresholds_become_a_line_of_few_points():
  accepted = np.arange(1, 10_001)
  found = charts.coverage(accepted, accepted)
  points = found.points.split()
  assert len(points) == 300
  assert points[-1] == '420.0,0.0'
  assert found.lowest == 0.9


def test_a_bin_is_a_bar():
  found = charts.reliability([
    calibration.Bin(
      low=0.5, high=0.75, num_examples=8, confidence=0.6, accuracy=0.25
    )
  ])
  assert found.bars == [
    (210.0, 195.0, 104.0, 65.0, '8 examples: confidence 60.0%, accuracy 25.0%')
  ]


def test_history_is_a_line_in_a_band():
  found = charts.history([
    eval_history.Point(100, 0.5, (0.4, 0.6)),
    eval_history.Point(200, 0.75, (0.65, 0.8)),
    eval_history.Point(300, 0.7, (0.6, 0.8)),
  ])
  # From 40 % to 80 %, and from step 100 to 300.
  assert [round(value, 2) for _, value in found.ticks] == [
    0.4,
    0.5,
    0.6,
    0.7,
    0.8,
  ]
  assert (found.ticks[0][0], found.ticks[-1][0]) == (260.0, 0.0)
  assert found.points == '0.0,195.0 210.0,32.5 420.0,65.0'
  assert found.band == (
    '0.0,260.0 210.0,97.5 420.0,130.0 420.0,0.0 210.0,0.0 0.0,130.0'
  )
  assert found.columns == [
    (0.0, '100'),
    (105.0, '150'),
    (210.0, '200'),
    (315.0, '250'),
    (420.0, '300'),
  ]
  assert found.dots[1] == (210.0, 32.5, 'step 200: 75.0% (65.0% .. 80.0%)')


def test_a_single_step_is_a_point():
  found = charts.history([eval_history.Point(7, 1.0, (0.9, 1.0))])
  assert found.points == '0.0,0.0' and found.columns == [(0.0, '7')]
