"""Tests of inception.data.curation.repeats."""

import numpy as np
import pytest

from inception.data.curation import repeats

_RANDOM = np.random.default_rng(7).integers(0, 256, [200, 80], np.uint8)


def find(*images, max_distance=24):
  """Finds the repeats of (key, class, number of the picture)."""
  keys, classes, pictures = zip(*images)
  return repeats.find(
    keys, classes, _RANDOM[list(pictures)], max_distance=max_distance
  )


def scene(count, class_name='good', first=0, picture=0):
  return [(f'{first + i}', class_name, picture) for i in range(count)]


def others(count, class_name='good'):
  return [(f'other {class_name} {i}', class_name, 1 + i) for i in range(count)]


def test_copies_near_copies_and_conflicts_are_distinguished():
  found = find(
    ('x', 'a', 0),
    ('1', 'a', 1),
    ('x', 'b', 0),
    ('2', 'a', 1),
    ('3', 'a', 2),
    ('1', 'a', 1),
  )
  assert found.groups == (
    repeats.Group((0, 2), copies=((0, 2),), is_conflict=True),
    repeats.Group((1, 3, 5), copies=((1, 5),)),
  )
  assert [group.is_exact for group in found.groups] == [True, False]
  assert found.scenes == ()


def test_only_images_with_subsets_make_leaks():
  found = find(('1', 'a', 0), ('2', 'a', 0), ('3', 'a', 1), ('4', 'a', 1))
  leaks = found.in_subsets(['train', 'test', 'train', ''])
  assert [group.is_leak for group in leaks.groups] == [True, False]
  assert [group.is_leak for group in found.groups] == [False, False]


def test_each_kind_has_its_groups():
  groups = (
    repeats.Group((0, 1), copies=((0, 1),), is_conflict=True),
    repeats.Group((2, 3, 4), copies=((2, 4),), is_leak=True),
    repeats.Group((5, 6)),
  )
  assert repeats.by_kind(groups) == {
    repeats.LEAKS: [(2, 3, 4)],
    repeats.CONFLICTS: [(0, 1)],
    repeats.COPIES: [(0, 1), (2, 4)],
    repeats.NEAR_COPIES: [(2, 3, 4), (5, 6)],
  }
  both = repeats.Group((7, 8), is_conflict=True, is_leak=True)
  same = repeats.Group((9, 10), copies=((9, 10),))
  assert repeats.by_worst_kind((*groups, both, same)) == {
    repeats.LEAKS: [groups[1], both],
    repeats.CONFLICTS: [groups[0]],
    repeats.COPIES: [same],
    repeats.NEAR_COPIES: [groups[2]],
  }


@pytest.mark.parametrize(
  ('count', 'num_others', 'is_scene'),
  [(8, 0, True), (7, 0, False), (8, 7, True), (8, 8, False), (60, 40, True)],
)
def test_near_copies_that_fill_most_of_a_class_are_a_scene(
  count, num_others, is_scene
):
  found = find(*scene(count), *others(num_others))
  members = tuple(range(count))
  assert found.scenes == ((members,) if is_scene else ())
  assert found.groups == (() if is_scene else (repeats.Group(members),))


def test_two_classes_of_one_scene_are_not_a_conflict():
  found = find(*scene(20), *scene(9, 'scratch', first=100), *others(60))
  assert found.scenes == (tuple(range(29)),)
  assert found.groups == ()


def test_files_of_equal_content_are_copies_within_a_scene():
  found = find(*scene(20), ('3', 'scratch', 0), ('5', 'good', 0))
  assert found.scenes == (tuple(range(22)),)
  assert found.groups == (
    repeats.Group((3, 20), copies=((3, 20),), is_conflict=True),
    repeats.Group((5, 21), copies=((5, 21),)),
  )


def test_many_copies_of_one_file_are_not_a_scene():
  found = find(*(('x', 'good', 0) for _ in range(30)))
  assert found.scenes == ()
  assert found.groups == (
    repeats.Group(tuple(range(30)), copies=(tuple(range(30)),)),
  )


def test_images_without_a_class_neither_contradict_nor_make_a_scene():
  assert find(('x', None, 0), ('x', 'a', 0)).groups == (
    repeats.Group((0, 1), copies=((0, 1),)),
  )
  assert find(*scene(20, None)).scenes == ()


def test_at_distance_0_there_are_no_scenes():
  found = find(*scene(20), max_distance=0)
  assert (found.groups, found.scenes) == ((), ())


def test_long_chain_is_joined():
  joined = repeats.Joined(5000)
  for i in range(4998, -1, -1):
    joined.join((i + 1, i))
  assert joined.groups() == [tuple(range(5000))]
