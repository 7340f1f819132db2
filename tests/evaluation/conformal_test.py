"""Tests of sets: the quantile by hand, the promise on drawn answers."""

import numpy as np
import pytest

from inception.evaluation import conformal
from inception.testing import answers


@pytest.mark.parametrize(
  ('coverage', 'expected'),
  [
    # Of nine, the floor(10 * 0.1) = 1 smallest ranks count: the smallest.
    (0.9, 0.1),
    (0.8, 0.2),
    (0.5, 0.5),
    (0.95, 0.0),  # Nine are too few.
  ],
)
def test_least_probability_by_hand(coverage, expected):
  own = np.random.default_rng(0).permutation(np.arange(1, 10) / 10)
  assert conformal.least_probability(own, coverage) == expected


@pytest.mark.parametrize('coverage', [0.8, 0.95])
def test_sets_of_new_examples_contain_the_true_class_as_promised(coverage):
  found = conformal.fit(
    answers.draw(examples=4000, num_classes=5, seed=1), coverage=coverage
  )
  other = answers.draw(examples=4000, num_classes=5, seed=2)
  scaled = np.exp(other.logits / found.temperature)
  probabilities = scaled / scaled.sum(axis=1, keepdims=True)
  sets = probabilities >= found.least_probability
  held = sets[np.arange(4000), other.labels]
  assert held.mean() == pytest.approx(coverage, abs=0.015)
  assert found.measured_coverage == pytest.approx(coverage, abs=0.015)
  assert found.mean_size == pytest.approx(
    sets[:, 1:].sum(axis=1).mean(), abs=0.1
  )
  assert found.to_json()['coverage'] == coverage


def test_too_few_examples_make_sets_of_all_classes():
  found = conformal.fit(answers.draw(examples=4, num_classes=3), coverage=0.9)
  assert (found.least_probability, found.mean_size) == (0, 3)
