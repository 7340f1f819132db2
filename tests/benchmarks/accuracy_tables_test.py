"""Tests of the tables and the runs of accuracy_benchmark.py."""

import math
import xml.etree.ElementTree

import pytest

from tests.benchmarks import accuracy_benchmark
from tests.benchmarks import accuracy_tables


def result(split, correct, *, name='a', cost=1250, **flags):
  """Returns a result of 100 images at 160 and 208 pixels."""
  return {
    'name': name,
    'start': 'stand-in',
    'cost': cost,
    'split': split,
    'steps': 129,
    'flags': flags,
    'sizes': {'160': {'p1': correct / 100}, '208': {'p1': (correct + 1) / 100}},
  }


def test_row_is_the_mean_of_the_splits_with_its_standard_error():
  *_, row = accuracy_tables.table([result(1, 80), result(2, 84)])
  # The standard deviation of 0.80 and 0.84 is 0.04 / sqrt(2).
  error = 0.04 / math.sqrt(2) / math.sqrt(2)
  assert row == (
    f'| a | stand-in | 1,250 | 129 | 2 | 0.820 ± {error:.3f} (160) | '
    f'208: 0.830 ± {error:.3f} |'
  )


def test_single_split_has_no_standard_error():
  *_, row = accuracy_tables.table([result(1, 80, image_size=208)])
  assert row.endswith('| 1 | 0.810 (208) | 160: 0.800 |')


def test_sizes_that_a_split_lacks_are_left_out():
  first, second = result(1, 80), result(2, 84)
  del second['sizes']['208']
  *_, row = accuracy_tables.table([first, second])
  assert row.endswith('(160) |  |')


def test_curve_has_a_line_for_each_setting():
  drawn = accuracy_tables.curve([
    result(1, 80),
    result(1, 86, cost=2500),
    result(1, 82, name='b'),
  ])
  root = xml.etree.ElementTree.fromstring(drawn)
  lines = root.findall('{http://www.w3.org/2000/svg}polyline')
  assert [len(line.get('points').split()) for line in lines] == [2, 1]


def test_curve_shows_the_chosen_sizes_of_a_setting():
  drawn = accuracy_tables.curve(
    [result(1, 80), result(1, 86, cost=2500), result(1, 82, name='b')],
    shown=[('a', '160'), ('a', '208')],
  )
  root = xml.etree.ElementTree.fromstring(drawn)
  tag = '{http://www.w3.org/2000/svg}'
  assert len(root.findall(f'{tag}polyline')) == 2
  texts = [text.text for text in root.findall(f'{tag}text')]
  assert texts[-2:] == ['a (stand-in), 160 pixels', 'a (stand-in), 208 pixels']


def test_curve_of_each_checkpoints_own_size():
  results = [result(1, 80), result(1, 86, cost=2500) | {'eval_size': 208}]
  for each, size in zip(results, ('160f', '208f'), strict=True):
    each['sizes'][size] = {'p1': 1.0}
  drawn = accuracy_tables.curve(results, shown=[('a', 'ownf'), ('a', 'own')])
  root = xml.etree.ElementTree.fromstring(drawn)
  tag = '{http://www.w3.org/2000/svg}'
  points = [
    [float(point.split(',')[1]) for point in line.get('points').split()]
    for line in root.findall(f'{tag}polyline')
  ]
  averaged, plain = points
  assert averaged[0] == averaged[1] < plain[1] < plain[0]
  assert [text.text for text in root.findall(f'{tag}text')][-2:] == [
    'a (stand-in), its own sizes, 2 views',
    'a (stand-in), its own sizes',
  ]


def test_recorded_size_is_that_of_the_evaluation():
  *_, row = accuracy_tables.table([result(1, 80) | {'eval_size': 208}])
  assert row.endswith('| 1 | 0.810 (208) | 160: 0.800 |')


@pytest.mark.parametrize(
  ('flags', 'size'),
  [
    ({}, 208),
    ({'image_size': 128}, 128),
    ({'image_size': 128, 'eval_image_size': 160}, 160),
    ({'eval_image_size': 0}, 160),
  ],
)
def test_size_of_the_evaluation_is_that_of_the_command(flags, size):
  assert accuracy_benchmark.eval_size({'flags': flags}) == size


def test_each_split_is_a_run():
  runs = accuracy_benchmark.runs([{'name': 'a', 'cost': 9, 'splits': [1, 3]}])
  assert list(map(accuracy_benchmark.key, runs)) == [
    ('a', 9, 1, 1),
    ('a', 9, 3, 1),
  ]


def test_steps_follow_from_the_cost_with_recalibration():
  flags, cost, steps = accuracy_benchmark.planned({
    'cost': 1250,
    'seed': 1,
    'flags': {'batch_norm_recalibration_batches': 20, 'image_size': 160},
    'warmup_share': 0.25,
  })
  image = (160 / 299) ** 2
  # 20 batches of 32 forward, then as many whole steps as the rest pays for.
  assert steps == int((1250 - 20 * 32 * image / 3) / (32 * image)) == 129
  assert cost == pytest.approx(20 * 32 * image / 3 + 129 * 32 * image, abs=0.1)
  assert flags['max_steps'] == 129
  assert flags['warmup_steps'] == 32


def test_lines_of_a_file_that_does_not_exist_are_none(tmp_path):
  assert accuracy_benchmark.read_lines(tmp_path / 'none.jsonl') == []
