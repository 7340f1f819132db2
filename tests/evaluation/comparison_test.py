"""Tests of paired differences, by hand and by a binomial test."""

import numpy as np
import pytest

from inception.evaluation import comparison
from inception.evaluation import result_files
from inception.testing import answers


def made(name, is_correct):
  return comparison.Answers(
    name=name,
    examples=[(f's:{i}', f'{i}.jpg', 'a') for i in range(len(is_correct))],
    is_correct=np.array(is_correct, bool),
  )


@pytest.mark.parametrize(
  ('first', 'other', 'expected'),
  # scipy.stats.binomtest(first, first + other).pvalue
  [
    (0, 0, 1.0),
    (1, 0, 1.0),
    (3, 12, 0.03515625),
    (12, 3, 0.03515625),
    (40, 41, 1.0),
    (900, 1200, 6.337277315775641e-11),
  ],
)
def test_mcnemar_equals_a_binomial_test(first, other, expected):
  assert comparison.mcnemar(first, other) == pytest.approx(expected, rel=1e-9)


def test_a_difference_by_hand():
  first = made('A', [True] * 80 + [False] * 10 + [True] * 10)
  other = made('B', [True] * 80 + [False] * 18 + [True] * 2)
  found = comparison.compare(first, other)
  assert (found.only_first, found.only_other) == (8, 0)
  assert found.difference == pytest.approx(0.08)
  assert found.p_value == pytest.approx(2 / 2**8)
  low, high = found.interval
  # The normal approximation: 0.08 -+ 1.96 sqrt(0.08 * 0.92 / 100).
  assert low == pytest.approx(0.027, abs=0.011)
  assert high == pytest.approx(0.133, abs=0.011)
  assert comparison.compare(first, other) == found


def test_the_better_network_is_named_first():
  worse, better = made('A', [True] * 9 + [False] * 11), made('B', [True] * 20)
  words = comparison.compare(worse, better).in_words()
  assert words.startswith('B is better than A by 55.0 points (')
  assert words.endswith('); chance alone: p = 0.00098')
  again = comparison.compare(better, worse).in_words()
  assert again.startswith('B is better than A by 55.0 points (')
  first, last = again.split('(')[1].split(')')[0].split(' .. ')
  assert 30 < float(first) < 55 < float(last) < 80


def test_difference_within_chance_is_described_as_such():
  words = comparison.compare(
    made('A', [1, 1, 0, 1]), made('B', [1, 0, 1, 0])
  ).in_words()
  assert words.startswith('A is better than B by 25.0 points (')
  assert words.endswith('); which may well be chance: p = 1')


def test_tiny_p_value_is_printed_as_a_bound():
  words = comparison.compare(
    made('A', [1] * 40), made('B', [0] * 40)
  ).in_words()
  assert words.endswith('chance alone: p < 0.0001')


def test_equal_networks_are_described_as_equal():
  found = comparison.compare(made('A', [1, 0, 1]), made('B', [0, 1, 1]))
  assert found.p_value == 1
  assert found.in_words().startswith(
    'A and B are equally good: their difference is 0.0 points (-'
  )


def test_to_json_has_the_documented_fields():
  found = comparison.compare(made('A', [1, 0, 1]), made('B', [0, 0, 1]))
  assert found.to_json() == {
    'other': 'B',
    'difference': pytest.approx(1 / 3),
    'interval': list(found.interval),
    'p_value': 1.0,
    'only_this_correct': 1,
    'only_other_correct': 0,
  }


def test_different_number_of_examples_is_refused():
  with pytest.raises(comparison.ComparisonError, match='on 2 and 3 examples'):
    comparison.compare(made('A', [1, 1]), made('B', [1, 1, 1]))


def test_different_examples_are_refused():
  other = made('B', [1, 1])
  other.examples[1] = ('s:1', 'else.jpg', 'b')
  with pytest.raises(
    comparison.ComparisonError,
    match=r"number 2 is '1.jpg' of 'a' and 'else.jpg' of 'b'",
  ):
    comparison.compare(made('A', [1, 1]), other)


def test_answers_are_read_back_from_any_of_the_files(tmp_path):
  predictions = answers.draw(examples=30, num_classes=3)
  csv = result_files.write_predictions(tmp_path, predictions)
  json = result_files.write_metrics(
    tmp_path, {'checkpoint': 'run/model.ckpt-4'}
  )
  ours = comparison.of(predictions, name='ours')
  for path, name in ((csv, str(csv)), (json, str(json)), (tmp_path, str(json))):
    found = comparison.read(path)
    assert found.name == name
    assert comparison.compare(ours, found).difference == 0
    assert found.is_correct.tolist() == predictions.is_correct.tolist()


def test_a_missing_file_is_refused(tmp_path):
  with pytest.raises(result_files.ResultFileError, match='metrics.json'):
    comparison.read(tmp_path)
