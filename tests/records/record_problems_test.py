"""Tests of describing problems of labels and boxes."""

import math

import pytest

from inception.records import record_problems


@pytest.mark.parametrize(
  ('number', 'num_classes', 'problem'),
  [
    (1, 3, None),
    (3, 3, None),
    (1_000_000, None, None),
    (None, 3, 'it has no image/class/label: prepare the data again'),
    (
      0,
      3,
      "label 0 is the unused background class here: TF-Slim's records count "
      'classes from 0, these programs from 1: prepare the data again with '
      'build_image_data',
    ),
    (
      4,
      3,
      'label 4 is no class: pets has 3 classes, labelled 1 to 3: give the '
      '--data_dir of these classes, or prepare the data again',
    ),
    (-1, None, 'label -1 is no class: labels count from 1'),
    (1_000_001, None, 'label 1000001 is no class: labels count from 1'),
  ],
)
def test_label_problem_is_reported(number, num_classes, problem):
  assert (
    record_problems.label(number, num_classes=num_classes, name='pets')
    == problem
  )


@pytest.mark.parametrize(
  'box',
  [(0, 0, 1, 1), (-0.01, -0.001, 1.01, 1.0000001), (0.5, 0.5, 1.005, 0.6)],
)
def test_rounding_is_tolerated(box):
  assert record_problems.box(box) is None


@pytest.mark.parametrize(
  'box',
  [
    (0, 0, 1.02, 1),
    (-0.02, 0, 1, 1),
    (0.5, 0, 0.5, 1),
    (0, 0.7, 1, 0.6),
    (1.002, 0, 1.006, 1),
    (0, 0, math.nan, 1),
    (0, 0, math.inf, 1),
  ],
)
def test_invalid_box_is_reported(box):
  text = ', '.join(f'{side:g}' for side in box)
  assert record_problems.box(box) == (
    f'a box is not ymin < ymax and xmin < xmax within [0, 1]: {text}'
  )
