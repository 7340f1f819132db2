"""Tests of inception.data.curation.empty_subsets."""

import pytest

from inception.data.curation import curation
from inception.data.curation import empty_subsets
from inception.data.curation import image_survey
from inception.data.curation import repeats


def photos(count):
  return [
    image_survey.Photo(
      path=f'/x/a/{number}.jpg',
      relative=f'a/{number}.jpg',
      class_name='a',
      label=1,
      key=bytes([number]),
      num_bytes=1,
      width=1,
      height=1,
      source_format='JPEG',
      is_original=True,
      signature=bytes(80),
    )
    for number in range(count)
  ]


def reason(count, *, groups=(), left_out=None, candidates=None, **options):
  return empty_subsets.reason(
    'validation',
    photos(count),
    curation.Curation(groups=groups, left_out=left_out or {}),
    candidates=range(count) if candidates is None else candidates,
    num_files=9,
    **options,
  )


def test_unusable_files_are_the_reason():
  expected = 'none of 9 files is a usable image'
  assert reason(0) == reason(3, candidates=[]) == expected


def test_too_few_is_reported_if_more_images_would_help():
  assert reason(1) == (
    '1 files are too few to set some of each class aside: add images, or pass '
    '--validation_fraction=0'
  )


@pytest.mark.parametrize(
  ('left_out', 'words'),
  [
    (
      dict.fromkeys(range(3), curation.CONFLICT),
      'all 3 usable images are left out, 3 as pictures in more than one class '
      '(--on_conflict=drop; keep leaves them in, and '
      '--near_duplicate_distance=0 drops byte-identical copies only)',
    ),
    (
      {0: curation.DUPLICATE, 1: curation.CONFLICT, 2: curation.DUPLICATE},
      'all 3 usable images are left out, 1 as pictures in more than one class '
      '(--on_conflict=drop; keep leaves them in, and '
      '--near_duplicate_distance=0 drops byte-identical copies only) and 2 as '
      'copies (--on_duplicate=drop; keep leaves them in)',
    ),
  ],
)
def test_left_out_images_are_the_reason(left_out, words):
  assert reason(3, left_out=left_out) == words


def test_images_left_out_of_other_subsets_are_not_the_reason():
  left_out = dict.fromkeys(range(3), curation.DUPLICATE)
  assert reason(5, left_out=left_out, candidates=[2]).startswith(
    'all 1 usable images are left out, 1 as copies'
  )


def test_left_out_images_are_reported_if_too_few_remain():
  assert reason(3, left_out={1: 'duplicate', 2: 'duplicate'}).startswith(
    '1 files are too few to set some of each class aside (left out are 2 as '
    'copies '
  )


def test_near_copies_are_reported_with_the_remedy():
  assert reason(6, groups=(repeats.Group(tuple(range(6))),)) == (
    'the 6 images are 1 group of copies or near copies, each of which stays in '
    'one subset: add other images, pass --near_duplicate_distance=0, which '
    'counts near copies as different pictures, name the series among them '
    'with --group_pattern, or pass --validation_fraction=0'
  )


def test_copies_alone_need_other_images():
  assert reason(4, groups=(repeats.Group((0, 1), copies=((0, 1),)),)) == (
    'the 4 images are 3 groups of copies, each of which stays in one subset: '
    'add other images, or pass --validation_fraction=0'
  )


def test_series_is_reported_with_the_remedy():
  assert reason(4, series_of=lambda path: 'plant') == (
    'the 4 images are 1 group of series, each of which stays in one subset: '
    'add other images, pass a --group_pattern that makes smaller series, or '
    'pass --validation_fraction=0'
  )
