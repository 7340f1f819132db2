"""Tests of inception.data.flowers.photo_manifest."""

import dataclasses
import hashlib
import unicodedata

import pytest

from inception.data.flowers import photo_manifest
from inception.settings import config

SPLIT = config.SplitConfig(validation_per_class=3, seed=9)


def photos(folder, keys=None):
  return photo_manifest.RawPhotos(
    folder=str(folder),
    class_names=('daisy', 'roses'),
    identity='x',
    split=SPLIT,
    keys=keys or {'train/daisy/a.jpg': '00'},
  )


def test_images_of_a_subset_are_sorted_by_class_and_name(tmp_path):
  keys = dict.fromkeys(
    [
      'labels.txt',
      'train/LICENSE.txt',
      'train/roses/b.jpg',
      'train/roses/a.jpg',
      'train/daisy/z.jpg',
      'train/daisy/.DS_Store',
      'train/daisy/more/x.jpg',
      'train/.hidden/x.jpg',
      'train/daisy/.hidden/x.jpg',
      'validation/daisy/v.jpg',
    ],
    '00',
  )
  images = photos(tmp_path, keys).images('train')
  assert [
    (image.relative, image.class_name, image.label) for image in images
  ] == [
    ('daisy/more/x.jpg', 'daisy', 1),
    ('daisy/z.jpg', 'daisy', 1),
    ('roses/a.jpg', 'roses', 2),
    ('roses/b.jpg', 'roses', 2),
  ]
  assert images[0].path == str(tmp_path / 'train' / 'daisy' / 'more' / 'x.jpg')


def test_folders_with_decomposed_accents_are_their_classes(tmp_path):
  of_a_mac = unicodedata.normalize('NFD', 'rosé')
  (image,) = dataclasses.replace(
    photos(tmp_path, {f'train/{of_a_mac}/a.jpg': '00'}), class_names=('rosé',)
  ).images('train')
  assert (image.class_name, image.label) == ('rosé', 1)
  assert image.relative == 'rosé/a.jpg'
  assert image.path == str(tmp_path / 'train' / of_a_mac / 'a.jpg')


def test_manifest_survives_writing_and_reading(tmp_path):
  keys = {'train/daisy/\u00e4 b\n.jpg': '12', 'train/daisy/\udcfc.jpg': '34'}
  photo_manifest.write(photos(tmp_path, keys))
  assert photo_manifest.read(tmp_path) == photos(tmp_path, keys)


@pytest.mark.parametrize(
  'content',
  [
    None,
    b'',
    b'\xff',
    b'[]',
    b'{"format_version": 1}',
    b'{"format_version": 2}',
  ],
)
def test_folder_without_a_valid_manifest_gives_none(tmp_path, content):
  if content is not None:
    (tmp_path / '.manifest.json').write_bytes(content)
  assert photo_manifest.read(tmp_path) is None


def test_changed_file_is_detected(tmp_path):
  path = tmp_path / 'a.jpg'
  path.write_bytes(b'content')
  key = hashlib.blake2b(
    b'content', digest_size=16, key=hashlib.sha256(b'9').digest()
  ).hexdigest()
  made = photos(tmp_path, {'a.jpg': key})
  assert photo_manifest.is_unchanged(made, 'a.jpg')
  path.write_bytes(b'Content')
  assert not photo_manifest.is_unchanged(made, 'a.jpg')
  path.unlink()
  assert not photo_manifest.is_unchanged(made, 'a.jpg')
