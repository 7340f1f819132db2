"""Tests of inception.data.records_plan."""

import dataclasses

import pytest

from inception.data import records_plan
from inception.data.curation import image_survey
from inception.settings import config

DESCRIPTION = records_plan.Description(name='flowers', class_names=('a', 'b'))


def photo(number, **values):
  return image_survey.Photo(
    **{
      'path': f'/x/a/{number}.jpg',
      'relative': f'a/{number}.jpg',
      'class_name': 'a',
      'label': 1,
      'key': bytes([number]),
      'num_bytes': 1,
      'width': 1,
      'height': 1,
      'source_format': 'JPEG',
      'is_original': True,
      'signature': bytes(80),
    }
    | values
  )


PHOTOS = [photo(number) for number in range(40)]


def fingerprint(photos=PHOTOS, number=2, description=DESCRIPTION, **options):
  settings = config.RecordsConfig(output_directory='out', **options)
  return records_plan.fingerprint(
    {'train': photos}, {'train': number}, settings, description
  )


@pytest.mark.parametrize(
  ('num_images', 'asked_for', 'expected'),
  [
    (0, None, 1),
    (1024, None, 1),
    (1537, None, 2),
    (10_240, None, 10),
    (5, 3, 3),
  ],
)
def test_shard_has_about_1024_images(tmp_path, num_images, asked_for, expected):
  settings = config.RecordsConfig(
    output_directory=str(tmp_path), train_shards=asked_for
  )
  assert records_plan.num_shards({'train': [None] * num_images}, settings) == {
    'train': expected
  }


def test_seed_decides_the_order():
  shuffled = records_plan.shuffled(PHOTOS, 1)
  assert shuffled == records_plan.shuffled(PHOTOS, 1) != PHOTOS
  assert shuffled != records_plan.shuffled(PHOTOS, 2)
  assert sorted(shuffled, key=lambda photo: photo.key) == PHOTOS


def test_fingerprint_covers_everything_that_determines_the_bytes():
  same = fingerprint()
  # Threads and folders do not change the bytes.
  assert fingerprint(num_threads=7) == same
  others = [
    fingerprint(PHOTOS[::-1]),
    fingerprint(PHOTOS[1:]),
    fingerprint([photo(0, key=b'x'), *PHOTOS[1:]]),
    fingerprint([photo(0, label=2), *PHOTOS[1:]]),
    fingerprint(number=3),
    fingerprint(seed=1),
    fingerprint(max_side=500),
    *(
      fingerprint(description=dataclasses.replace(DESCRIPTION, **values))
      for values in (
        {'name': 'x'},
        {'class_names': ('b', 'a')},
        {'texts': {'a': 'A', 'b': 'B'}},
        {'boxes_id': 'x'},
      )
    ),
  ]
  assert len({same, *others}) == 1 + len(others)


def test_texts_are_in_label_order():
  assert DESCRIPTION.texts_in_order == ()
  described = dataclasses.replace(DESCRIPTION, texts={'b': 'B', 'a': 'A'})
  assert described.texts_in_order == ('A', 'B')
