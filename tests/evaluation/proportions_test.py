"""Tests of confidence intervals of proportions."""

import numpy as np
import pytest

from inception.evaluation import proportions

WILSON = pytest.mark.parametrize(
  'successes,trials,expected',
  [
    # Wilson's formula, computed by hand with z = 1.96.
    (0, 10, (0.0, 0.27753)),
    (10, 10, (0.72247, 1.0)),
    (5, 10, (0.23659, 0.76341)),
    (1, 1, (0.20654, 1.0)),
    (467, 500, (0.90881, 0.95258)),
  ],
)


@WILSON
def test_wilson_interval(successes, trials, expected):
  assert proportions.wilson_interval(successes, trials) == pytest.approx(
    expected, abs=2e-4
  )


@WILSON
def test_wilson_intervals_of_an_array(successes, trials, expected):
  found = proportions.wilson_intervals(
    np.array([3, successes]), np.array([0, trials])
  )
  assert np.isnan(found[0]).all()
  assert found[1] == pytest.approx(expected, abs=2e-4)


def test_wilson_interval_stays_within_0_and_1():
  for trials in range(1, 300):
    low, _ = proportions.wilson_interval(0, trials)
    _, high = proportions.wilson_interval(trials, trials)
    assert low == pytest.approx(0, abs=1e-9)
    assert high == pytest.approx(1, abs=1e-9)
    assert low >= 0
    assert high <= 1


@pytest.mark.parametrize('successes,trials', [(0, 0), (1, 0), (-1, 3), (4, 3)])
def test_wilson_interval_refuses_impossible_counts(successes, trials):
  with pytest.raises(ValueError, match='need 0 <= successes <= trials'):
    proportions.wilson_interval(successes, trials)
