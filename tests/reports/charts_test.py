"""Tests of the coordinates of charts, by hand."""

import numpy as np

from inception.evaluation import calibration
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
