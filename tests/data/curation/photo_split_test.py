"""Tests of inception.data.curation.photo_split."""

import dataclasses
import hashlib

import pytest

from inception.data.curation import content_split
from inception.data.curation import curation
from inception.data.curation import image_survey
from inception.data.curation import photo_split
from inception.data.curation import repeats
from inception.settings import config

NOTHING = curation.Curation(groups=(), left_out={})


def photo(number, class_name='daisy'):
  return image_survey.Photo(
    path=f'/x/{class_name}/{number}.jpg',
    relative=f'{class_name}/{number}.jpg',
    class_name=class_name,
    label=1,
    key=hashlib.blake2b(str(number).encode(), digest_size=16).digest(),
    num_bytes=1,
    width=1,
    height=1,
    source_format='JPEG',
    is_original=True,
    signature=bytes(80),
  )


def group(*places):
  return repeats.Group(places)


def half(photo):
  """Returns the subset of a single photo with a key, if half are validated."""
  place = hashlib.blake2b(photo.key, digest_size=8).digest()
  return 'validation' if place[0] < 128 else 'train'


def draw(photos, found=NOTHING, **options):
  split = config.SplitConfig(**{
    'validation_fraction': 0.5,
    **{
      name: options.pop(name)
      for name in ('validation_per_class', 'seed')
      if name in options
    },
  })
  return photo_split.draw(photos, found, split, **options)


def test_key_decides_for_a_single_photo():
  photos = [photo(i) for i in range(40)]
  expected = [half(photo) for photo in photos]
  assert set(expected) == {'train', 'validation'}
  assert draw(photos) == expected


def test_smallest_key_decides_for_near_copies():
  photos = [photo(i) for i in range(40)]
  smallest = min(photos[:30], key=lambda photo: photo.key)
  found = curation.Curation(groups=(group(*range(30)),), left_out={})
  subsets = draw(photos, found)
  assert subsets[:30] == [half(smallest)] * 30
  assert subsets[30:] == draw(photos)[30:]


def test_growing_series_keeps_its_subset():
  def series_of(relative):
    return relative.split('/')[1][0] if relative[6] in '12' else None

  photos = [photo(i) for i in range(30)]
  before = draw(photos, series_of=series_of)
  for digit in '12':
    assert (
      len({
        subset
        for photo, subset in zip(photos, before)
        if photo.relative.startswith(f'daisy/{digit}')
      })
      == 1
    )
  more = [*photos, *(photo(i) for i in range(100, 200))]
  assert draw(more, series_of=series_of)[:30] == before


def test_series_and_copies_join_to_one_cluster():
  photos = [photo(i) for i in range(9)]
  found = curation.Curation(groups=(group(2, 5),), left_out={})
  names = {2: 'a', 3: 'a', 5: 'b', 7: 'b'}
  subsets = draw(
    photos, found, series_of=lambda relative: names.get(int(relative[6]))
  )
  assert len({subsets[place] for place in names}) == 1


def test_left_out_photo_has_no_subset_and_moves_no_others():
  photos = [photo(i) for i in range(40)]
  groups = (group(0, 1), group(2, 3), group(4, 5))
  kept = draw(photos, curation.Curation(groups=groups, left_out={}))
  left_out = dict.fromkeys((0, 3, 5), curation.DUPLICATE)
  subsets = draw(photos, curation.Curation(groups=groups, left_out=left_out))
  assert [subsets[place] for place in left_out] == ['', '', '']
  assert all(
    after == before
    for place, (before, after) in enumerate(zip(kept, subsets))
    if place not in left_out
  )


def test_by_number_the_remaining_copy_counts_as_a_picture():
  photos = [photo(i) for i in range(3)]
  found = curation.Curation(
    groups=(group(0, 1),), left_out={0: curation.DUPLICATE}
  )
  subsets = draw(photos, found, validation_per_class=1)
  assert sorted(subsets) == ['', 'train', 'validation']
  with pytest.raises(content_split.SplitError, match='without a copy'):
    draw(
      photos[:2],
      dataclasses.replace(found, left_out={}),
      validation_per_class=1,
    )


def test_missing_class_is_an_error():
  with pytest.raises(content_split.SplitError, match="'tulips' can give 0"):
    draw(
      [photo(i) for i in range(9)],
      validation_per_class=1,
      class_names=('daisy', 'tulips'),
    )
