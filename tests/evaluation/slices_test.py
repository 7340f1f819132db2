"""Tests of slices, counted by hand."""

import dataclasses

import numpy as np
import pytest

from inception.evaluation import proportions
from inception.evaluation import slices
from inception.testing import answers


def predictions(is_correct, **fields):
  """Returns answers, and records with the given fields."""
  labels = np.ones(len(is_correct), np.int64)
  made = answers.make(
    [[0, 1, 0] if correct else [0, 0, 1] for correct in is_correct], labels
  )
  looks = fields.pop('looks', None)
  sources = [
    dataclasses.replace(
      source, **{name: values[i] for name, values in fields.items()}
    )
    for i, source in enumerate(made.sources)
  ]
  return dataclasses.replace(made, sources=sources, looks=looks)


def of(found, property_name):
  return [
    (part.name, part.num_examples, part.num_correct)
    for part in found
    if part.property_name == property_name
  ]


def test_numbers_are_cut_at_their_quartiles():
  sides = np.random.default_rng(0).permutation(np.arange(100, 200))
  is_correct = sides >= 125
  found = slices.compute(
    predictions(is_correct, width=sides.tolist(), height=[500] * 100)
  )
  assert of(found, 'shorter side, pixels') == [
    ('100 .. 124', 25, 0),
    ('125 .. 149', 25, 25),
    ('150 .. 174', 25, 25),
    ('175 .. 199', 25, 25),
  ]
  first = found[0]
  assert sorted(sides[first.members]) == list(range(100, 125))
  assert first.interval == proportions.wilson_interval(0, 25)
  assert [part.is_worse for part in found[:4]] == [True, False, False, False]
  assert first.to_json() == {
    'property': 'shorter side, pixels',
    'slice': '100 .. 124',
    'num_examples': 25,
    'num_correct': 0,
    'precision': 0.0,
    'interval': list(first.interval),
    'is_worse': True,
  }


@pytest.mark.parametrize(
  ('sides', 'expected'),
  [
    # Most have one size, which stays together.
    ([240] * 90 + [300] * 30, [('240', 90), ('300', 30)]),
    # Too few of the second size: no slice of their own, so nothing to compare.
    ([240] * 90 + [300] * 19, []),
    ([240] * 10 + [300] * 29, []),
    ([100 + i for i in range(45)], [('100 .. 121', 22), ('122 .. 144', 23)]),
    # Unknown sizes are left out.
    ([None] * 50 + [1] * 20 + [2] * 20, [('1', 20), ('2', 20)]),
  ],
)
def test_equal_values_and_small_slices(sides, expected):
  found = slices.compute(
    predictions([True] * len(sides), width=sides, height=sides)
  )
  assert [
    (name, count) for name, count, _ in of(found, 'shorter side, pixels')
  ] == expected


def test_shapes_are_named():
  sizes = [(40, 100), (80, 100), (100, 100), (150, 100), (300, 100)]
  found = slices.compute(
    predictions(
      [True] * 100,
      width=[size[0] for size in sizes] * 20,
      height=[size[1] for size in sizes] * 20,
    )
  )
  assert {name for name, _, _ in of(found, 'shape')} == {
    'narrow upright',
    'upright',
    'about square',
    'horizontal',
    'wide',
  }


def test_brightness_and_sharpness_are_cut_too():
  looks = np.stack([np.linspace(0, 1, 40), np.linspace(2, 1, 40)], axis=1)
  found = slices.compute(predictions([True] * 20 + [False] * 20, looks=looks))
  assert of(found, 'brightness') == [
    ('0% .. 49%', 20, 20),
    ('51% .. 100%', 20, 0),
  ]
  assert of(found, 'sharpness') == [
    ('1.00 .. 1.49', 20, 0),
    ('1.51 .. 2.00', 20, 20),
  ]


def test_folders_and_formats():
  found = slices.compute(
    predictions(
      [True] * 60 + [False] * 30,
      folder=['daisy/field'] * 40 + [''] * 20 + ['roses/a'] * 15 + ['b/c'] * 15,
      file=['x.JPG', 'y.jpeg'] * 30 + ['z.png'] * 30,
    )
  )
  assert of(found, 'sub-folder') == [
    ('field', 40, 40),
    ('(none)', 20, 20),
    ('others', 30, 0),
  ]
  assert of(found, 'file format') == [('JPEG', 60, 60), ('PNG', 30, 0)]


def test_few_examples_have_no_slices():
  assert slices.compute(predictions([True] * 30, width=range(1, 31))) == []
