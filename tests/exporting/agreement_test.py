"""Tests of the comparison of an exported file with its checkpoint."""

import numpy as np
import pytest

from inception.exporting import agreement

# Four pictures of three classes; the last one is nearly a tie.
_EXPECTED = np.array([
  [0.9, 0.05, 0.05],
  [0.1, 0.7, 0.2],
  [0.2, 0.2, 0.6],
  [0.40005, 0.4, 0.19995],
])
_LABELS = np.array([1, 2, 3, 2])


def compare(changes, bound=agreement.FLOAT, labels=_LABELS):
  probabilities = _EXPECTED.copy()
  for row, values in changes.items():
    probabilities[row] = values
  return agreement.compare(probabilities, _EXPECTED, labels=labels, bound=bound)


def test_equal_answers_have_no_fault():
  result = compare({})
  assert (result.num_equal, result.num_ties) == (4, 0)
  assert result.max_difference == 0
  assert (result.num_right, result.checkpoint_num_right) == (3, 3)
  assert result.faults(agreement.FLOAT) == []
  assert result.equal == 1


def test_tie_counts_as_equal():
  result = compare({3: [0.4, 0.40005, 0.19995]})
  assert (result.num_equal, result.num_ties) == (3, 1)
  assert result.max_difference == pytest.approx(5e-5)
  assert (result.num_right, result.checkpoint_num_right) == (4, 3)
  assert result.faults(agreement.FLOAT) == []


def test_difference_beyond_the_bound_is_a_fault():
  result = compare({0: [0.8998, 0.0502, 0.05]})
  assert result.num_equal == 4
  (clause,) = result.faults(agreement.FLOAT)
  assert clause == 'a probability differs by 0.0002, more than 0.0001'


def test_nan_is_a_fault():
  assert compare({0: [np.nan, 0.1, 0.1]}).faults(agreement.FLOAT)


def test_other_class_is_a_fault():
  clauses = compare({2: [0.6, 0.2, 0.2]}).faults(agreement.FLOAT)
  assert clauses[1] == '1 of 4 pictures have another class, more than 0'


@pytest.mark.parametrize(
  'num_pictures, num_different, passes',
  [(200, 1, True), (200, 2, False), (150, 1, True), (1000, 5, True)],
)
def test_half_precision_must_agree_on_99_5_percent(
  num_pictures, num_different, passes
):
  result = agreement.Agreement(
    num_pictures=num_pictures,
    num_equal=num_pictures - num_different,
    num_ties=0,
    max_difference=0.5,
    num_right=None,
    checkpoint_num_right=None,
  )
  assert (not result.faults(agreement.HALF)) == passes


@pytest.mark.parametrize(
  'right, checkpoint_right, equal, passes',
  [
    (80, 81, 90, True),
    (79, 81, 100, False),
    (90, 81, 50, True),
    (None, None, 99, True),
    (None, None, 98, False),
  ],
)
def test_int8_may_lose_a_point_of_precision(
  right, checkpoint_right, equal, passes
):
  result = agreement.Agreement(
    num_pictures=100,
    num_equal=equal,
    num_ties=0,
    max_difference=0.5,
    num_right=right,
    checkpoint_num_right=checkpoint_right,
  )
  assert (not result.faults(agreement.INT8)) == passes


def test_without_labels_nothing_is_right_or_wrong():
  result = compare({}, labels=None)
  assert result.num_right is None
  assert result.checkpoint_num_right is None


def test_other_shapes_are_refused():
  with pytest.raises(ValueError, match='shape'):
    agreement.compare(
      _EXPECTED[:, 1:], _EXPECTED, labels=None, bound=agreement.FLOAT
    )
