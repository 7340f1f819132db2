"""Tests of answers."""

import numpy as np
import pytest

from inception.checkpoints import threshold
from inception.prediction import answers

_NAMES = ('daisy', 'rose', 'tulip')


def answer(probabilities, **options):
  return answers.answer_of(
    'a.jpg',
    np.float32(probabilities),
    **{'class_names': _NAMES, 'top_k': 2, 'min_probability': 0.5} | options,
  )


def test_likeliest_classes_come_first():
  found = answer([0.0, 0.125, 0.625, 0.25])
  assert found.name == 'rose'
  assert found.label == 2
  assert [(c.name, c.probability) for c in found.candidates] == [
    ('rose', 0.625),
    ('tulip', 0.25),
  ]


def test_background_is_never_an_answer():
  assert answer([0.5, 0.125, 0.125, 0.25], min_probability=0).name == 'tulip'


def test_ties_are_decided_in_favour_of_the_smaller_label():
  assert answer([0.0, 0.25, 0.375, 0.375], min_probability=0).label == 2


@pytest.mark.parametrize('minimum,is_sure', [(0.625, True), (0.626, False)])
def test_below_the_threshold_it_is_none_of_these(minimum, is_sure):
  found = answer([0.0, 0.125, 0.625, 0.25], min_probability=minimum)
  assert found.is_sure == is_sure
  assert found.name == ('rose' if is_sure else 'none of these')


# At temperature 2, probabilities are proportional to their square roots: 1/4,
# 5/8, 1/4 and 3/8 divided by 1/4 + 5/8 + 1/4 + 3/8 = 3/2 here.
_SQUARES = [4 / 64, 25 / 64, 4 / 64, 9 / 64]


@pytest.mark.parametrize(
  'temperature,largest', [(1.0, 25 / 42), (2.0, (5 / 8) / (3 / 2))]
)
def test_rule_applies_to_scaled_probabilities_of_all_outputs(
  temperature, largest
):
  probabilities = np.float64(_SQUARES) / sum(_SQUARES)
  for difference, is_sure in ((-1e-6, True), (1e-6, False)):
    rule = threshold.Rule(
      temperature=temperature, threshold=largest + difference
    )
    result = answer(probabilities, min_probability=0, rule=rule)
    assert result.is_sure == is_sure
    assert result.name == ('daisy' if is_sure else 'none of these')
    np.testing.assert_allclose(result.candidates[0].probability, 25 / 42)


def test_rule_rejects_pictures_of_the_background():
  rule = threshold.Rule(temperature=1.0, threshold=0.0)
  probabilities = [0.5, 0.125, 0.125, 0.25]
  assert not answer(probabilities, min_probability=0, rule=rule).is_sure


def test_probability_of_zero_has_a_scaled_one():
  rule = threshold.Rule(temperature=20.0, threshold=0.999)
  assert answer([0.0, 1.0, 0.0, 0.0], rule=rule).is_sure


def test_json_of_a_good_and_of_a_broken_file():
  found = answer([0.0, 0.125, 0.625, 0.25], class_texts=('D', 'R', 'T'))
  assert answers.to_json(found) == {
    'file': 'a.jpg',
    'answer': 'rose',
    'classes': [
      {'name': 'rose', 'probability': 0.625, 'text': 'R'},
      {'name': 'tulip', 'probability': 0.25, 'text': 'T'},
    ],
  }
  broken = answers.Answer(file='b.jpg', error='the file is empty')
  assert broken.name == ''
  assert answers.to_json(broken) == {
    'file': 'b.jpg',
    'answer': None,
    'classes': [],
    'error': 'the file is empty',
  }
