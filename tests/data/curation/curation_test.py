"""Tests of inception.data.curation.curation."""

import numpy as np
import pytest

from inception.data.curation import content_split
from inception.data.curation import curation
from inception.data.curation import image_survey
from inception.data.curation import picture_signatures
from inception.data.curation import repeats
from inception.images import image_coder
from inception.settings import config
from inception.testing import image_folders

_RANDOM = np.random.default_rng(5).integers(0, 256, [100, 80], np.uint8)


def signature(picture, bits=0):
  """Returns a distinct signature, with the first bits inverted."""
  made = _RANDOM[picture].copy()
  for bit in range(bits):
    made[bit // 8] ^= 128 >> bit % 8
  return made.tobytes()


def photo(
  class_name,
  name,
  picture,
  *,
  content=None,
  bits=0,
  size=(40, 30),
  num_bytes=1000,
):
  """Returns a Photo; equal contents are one file."""
  return image_survey.Photo(
    path=f'/photos/{class_name}/{name}',
    relative=f'{class_name}/{name}',
    class_name=class_name,
    label=1,
    num_bytes=num_bytes,
    key=content_split.content_key(
      (content or f'{class_name}/{name}').encode(), seed=1
    ),
    width=size[0],
    height=size[1],
    source_format='JPEG',
    is_original=True,
    signature=signature(picture, bits),
  )


def curate(*photos, subsets=None, **options):
  return curation.curate(
    photos,
    config.RecordsConfig(
      output_directory='x', near_duplicate_distance=16, **options
    ),
    subsets=subsets,
  )


def group(*photos, is_exact=False, is_conflict=False, copies=()):
  return repeats.Group(
    photos, copies=(photos,) if is_exact else copies, is_conflict=is_conflict
  )


def test_different_pictures_are_not_grouped():
  found = curate(
    *(photo('a', str(i), i) for i in range(50)),
    on_duplicate='drop',
    on_conflict='drop',
  )
  assert found.groups == found.conflicts == ()
  assert found.left_out == {}
  assert curate().groups == ()


def test_exact_and_near_copies_are_distinguished():
  found = curate(
    photo('a', '0', 0),
    photo('a', '1', 1, content='x'),
    photo('a', '2', 2),
    photo('a', '3', 1, content='x'),
    photo('a', '4', 2, bits=3),
  )
  assert found.groups == (group(1, 3, is_exact=True), group(2, 4))


def test_requested_distance_is_used():
  photos = (
    photo('a', '0', 0),
    photo('a', '1', 0, bits=16),
    photo('a', '2', 1),
    photo('a', '3', 1, bits=17),
  )
  assert curate(*photos).groups == (group(0, 1),)


def test_at_distance_0_only_equal_files_are_copies():
  photos = [
    photo('a', '0', 0),
    photo('a', '1', 0),
    photo('a', '2', 2, content='x'),
    photo('a', '3', 2, content='x'),
  ]
  assert curation.curate(
    photos,
    config.RecordsConfig(output_directory='x', near_duplicate_distance=0),
  ).groups == (group(2, 3, is_exact=True),)


def test_equal_files_are_copies_whatever_their_signatures():
  found = curate(
    photo('a', '0', 0, content='x'), photo('a', '1', 1, content='x')
  )
  assert found.groups == (group(0, 1, is_exact=True),)


def test_connected_pairs_are_one_picture():
  # 0 and 2 are the same file; 2 is near 4; 4 is near 1, which is not near 2.
  found = curate(
    photo('a', '0', 0, content='x'),
    photo('a', '1', 0, bits=30),
    photo('a', '2', 0, content='x'),
    photo('a', '3', 3),
    photo('a', '4', 0, bits=15),
  )
  assert found.groups == (group(0, 1, 2, 4, copies=((0, 2),)),)


def test_picture_in_two_classes_is_a_conflict():
  found = curate(
    photo('a', '0', 0, content='x'),
    photo('b', '1', 0, content='x'),
    photo('a', '2', 1),
    photo('a', '3', 1),
    photo('b', '4', 1, bits=4),
  )
  assert (
    found.groups
    == found.conflicts
    == (
      group(0, 1, is_exact=True, is_conflict=True),
      group(2, 3, 4, is_conflict=True),
    )
  )


PHOTOS = (
  photo('a', '0', 0),
  photo('a', '1', 0, bits=2),
  photo('b', '2', 1),
  photo('c', '3', 1, bits=2),
  photo('b', '4', 1, bits=1),
  photo('b', '5', 2),
)


@pytest.mark.parametrize(
  ('duplicate', 'conflict', 'left_out'),
  [
    ('keep', 'keep', {}),
    ('keep', 'fail', {}),
    ('keep', 'drop', dict.fromkeys((2, 3, 4), 'conflict')),
    # One of each class stays.
    ('drop', 'keep', {1: 'duplicate', 4: 'duplicate'}),
    ('drop', 'drop', {1: 'duplicate', **dict.fromkeys((2, 3, 4), 'conflict')}),
  ],
)
def test_settings_decide_which_photos_are_left_out(
  duplicate, conflict, left_out
):
  # Of 0 and 1, and of 2 and 4, the larger file is the better one.
  photos = [
    photo('a', '0', 0, num_bytes=1001),
    PHOTOS[1],
    photo('b', '2', 1, num_bytes=1001),
    *PHOTOS[3:],
  ]
  found = curate(*photos, on_duplicate=duplicate, on_conflict=conflict)
  assert found.left_out == left_out
  assert len(found.groups) == 2


@pytest.mark.parametrize(
  ('others', 'left_out'),
  [
    # More pixels, whatever the file has.
    ([dict(size=(41, 30), num_bytes=1)], {0}),
    ([dict(size=(39, 30), num_bytes=9000)], {1}),
    # As many pixels, more bytes.
    ([dict(size=(30, 40), num_bytes=1001)], {0}),
    ([dict(num_bytes=999)], {1}),
    ([dict(), dict(size=(80, 60)), dict(size=(20, 15))], {0, 1, 3}),
  ],
)
def test_largest_copy_is_kept(others, left_out):
  photos = [photo('a', 'b.jpg', 0)]
  photos += [
    photo('a', f'{i}.jpg', 0, bits=i, **options)
    for i, options in enumerate(others)
  ]
  assert set(curate(*photos, on_duplicate='drop').left_out) == left_out
  turned = curate(*photos[::-1], on_duplicate='drop').left_out
  assert {len(photos) - 1 - place for place in turned} == left_out


def test_first_name_of_equal_files_is_kept():
  photos = [photo('a', name, 0, content='x') for name in 'cab']
  assert set(curate(*photos, on_duplicate='drop').left_out) == {0, 2}


@pytest.mark.parametrize(
  ('subsets', 'left_out'),
  [
    (['train', 'validation', 'train'], {0, 2}),
    (['train', 'validation', 'test'], {0, 1}),
    (['train', 'train', 'test'], {0, 1}),
    # The second photo is the largest.
    (['train', 'train', 'train'], {0, 2}),
    (['validation', 'train', 'validation'], {1, 2}),
  ],
)
def test_evaluation_copy_is_kept_over_training_copy(subsets, left_out):
  photos = [
    photo('a', str(i), 0, content='x', size=size)
    for i, size in enumerate([(40, 30), (80, 60), (20, 15)])
  ]
  assert (
    set(curate(*photos, subsets=subsets, on_duplicate='drop').left_out)
    == left_out
  )
  assert not curate(*photos, subsets=subsets).left_out


def test_evaluated_picture_is_not_trained_on_in_another_class():
  found = curate(
    photo('roses', '0', 0, content='x', size=(99, 99)),
    photo('daisy', '1', 0, content='x'),
    photo('tulips', '2', 0, content='x'),
    subsets=['train', 'validation', 'validation'],
    on_duplicate='drop',
  )
  assert found.left_out == {0: 'duplicate'}


def test_groups_and_series_form_clusters():
  photos = [photo('a', str(i), i) for i in range(8)]
  numbers = curation.clusters(
    photos,
    [group(0, 3), group(1, 2, is_exact=True)],
    [None, 's', 't', None, 't', 's', None, 'u'],
  )
  members = {}
  for place, number in enumerate(numbers):
    members.setdefault(number, []).append(place)
  assert sorted(members.values()) == [[0, 3], [1, 2, 4, 5], [6], [7]]


def test_long_chain_is_one_cluster():
  count = 20_000
  photos = [photo('a', '0', 0)] * count
  links = [group(i, i + 1) for i in range(count - 1)]
  for groups in (links, links[::-1], links[::2] + links[1::2]):
    assert len(set(curation.clusters(photos, groups, [None] * count))) == 1


def test_real_copies_are_found():
  def made(name, seed, **options):
    content = image_folders.image_file(seed, **options)
    seen = image_coder.examine(content)
    return image_survey.Photo(
      path=name,
      relative=name,
      class_name='a',
      label=1,
      key=content_split.content_key(content, seed=1),
      num_bytes=len(content),
      width=seen.width,
      height=seen.height,
      source_format=seen.source_format,
      is_original=seen.is_original,
      signature=picture_signatures.signature(seen.thumbnail),
    )

  photos = [made(f'{seed}', seed, height=60, width=80) for seed in range(12)]
  photos += [
    made('png', 3, height=60, width=80, file_format='PNG'),
    made('copy', 5, height=60, width=80),
    made('large', 8, height=120, width=160),
  ]
  found = curation.curate(
    photos, config.RecordsConfig(output_directory='x', on_duplicate='drop')
  )
  assert found.groups == (
    group(3, 12),
    group(5, 13, is_exact=True),
    group(8, 14),
  )
  # Kept are the larger file, the first by name, and the larger image.
  assert photos[12].num_bytes > photos[3].num_bytes
  assert set(found.left_out) == {3, 13, 8}
