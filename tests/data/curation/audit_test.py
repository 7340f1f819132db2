"""Tests of inception.data.curation.audit."""

import json
import os

import pytest

from inception.data.curation import audit
from inception.data.curation import curation
from inception.data.curation import repeats
from inception.images import image_files
from inception.settings import config
from inception.testing import audited_photos

photo = audited_photos.photo
photos = audited_photos.photos
made = audited_photos.made


GROUPS = curation.Curation(
  groups=(
    repeats.Group((0, 2), copies=((0, 2),)),
    repeats.Group((1, 3, 4), is_conflict=True),
  ),
  left_out={3: 'conflict'},
)
GROUPED = [
  photo('a/0.jpg'),
  photo('a/1.jpg', key=b'1', width=400),
  photo('a/2.jpg'),
  photo('b/3.jpg', key=b'3'),
  photo('b/4.jpg', key=b'4'),
]
GROUPED_SUBSETS = ['train', 'validation', 'train', '', 'train']


def test_images_of_another_class_than_their_folder_are_reported():
  images = [photo('a/1.jpg', class_name='b'), photo('b/2.jpg')]
  entry = {
    'path': 'a/1.jpg',
    'folder': 'a',
    'class': 'b',
    'done': 'labelled as --labels_csv says',
  }
  assert made(images)['relabelled_images'] == [entry]
  split = made(images, ['test', 'train'], folders={'test': 'x', 'train': 'y'})
  assert split['relabelled_images'] == [entry | {'path': 'test/a/1.jpg'}]


def test_audit_has_the_same_fields_for_every_folder():
  assert made([], class_names=('a', 'b')) == {
    'format_version': 1,
    'tool': 'inception 0.1.0',
    'folders': {'': '/photos'},
    'settings': {
      'train_shards': None,
      'validation_shards': None,
      'test_shards': None,
      'num_threads': 2,
      'seed': 12345,
      'max_side': None,
      'on_duplicate': 'keep',
      'on_conflict': 'keep',
      'on_bad_image': 'skip',
      'near_duplicate_distance': 24,
    },
    'num_files': 0,
    'num_images': 0,
    'num_left_out': 0,
    'classes': {'a': {}, 'b': {}},
    'formats': {},
    'num_stored_unchanged': 0,
    'sizes': {},
    'bad_files': [],
    'relabelled_images': [],
    'wrong_endings': [],
    'small_images': [],
    'deep_images': [],
    'flawed_images': [],
    'empty_classes': [],
    'images_outside_class_folders': [],
    'files_beside_images': [],
    'exact_duplicates': [],
    'near_duplicates': [],
    'conflicts': [],
    'leaks': [],
    'scenes': [],
  }


def test_settings_include_those_of_the_split():
  settings = made(
    [],
    split=config.SplitConfig(
      validation_fraction=0.2, test_fraction=0.1, seed=3
    ),
  )['settings']
  assert settings['validation_fraction'] == 0.2
  assert settings['test_fraction'] == 0.1
  assert settings['validation_per_class'] is None
  assert settings['seed'] == 3


def test_images_are_counted_by_class_subset_and_format():
  report = made(
    [*photos('a', 3), photo('b/x.png', source_format='PNG', is_original=False)],
    ['train', 'validation', 'train', 'test'],
    class_names=('b', 'a', 'c'),
  )
  assert (report['num_images'], report['num_stored_unchanged']) == (4, 3)
  assert report['classes'] == {
    'b': {'test': 1},
    'a': {'train': 2, 'validation': 1},
    'c': {},
  }
  assert list(report['classes']) == ['b', 'a', 'c']
  assert report['formats'] == {'JPEG': 3, 'PNG': 1}


def test_sizes_are_minimum_median_and_maximum():
  report = made(
    photo(f'a/{width}.jpg', width=width, height=height, num_bytes=num_bytes)
    for width, height, num_bytes in (
      (300, 90, 10),
      (100, 80, 30),
      (200, 99, 20),
      (400, 80, 90),
    )
  )
  assert report['sizes'] == {
    'width': {'min': 100, 'median': 200, 'max': 400},
    'height': {'min': 80, 'median': 80, 'max': 99},
    'file_bytes': {'min': 10, 'median': 20, 'max': 90},
    'total_file_bytes': 150,
  }


@pytest.mark.parametrize(
  ('name', 'source_format', 'is_wrong'),
  [
    ('a.jpg', 'JPEG', False),
    ('a.JPEG', 'JPEG', False),
    ('a.jpe', 'JPEG', False),
    ('a.Jfif', 'JPEG', False),
    ('a.jpg', 'PNG', True),
    ('a.png', 'JPEG', True),
    ('a', 'JPEG', True),
    ('a.jpg.txt', 'JPEG', True),
    ('.jpg', 'JPEG', True),
    ('a.PNG', 'PNG', False),
    ('a.gif', 'GIF', False),
    ('a.bmp', 'BMP', False),
    ('a.webp', 'WEBP', False),
    ('a.tif', 'TIFF', False),
    ('a.tiff', 'TIFF', False),
    ('a.heic', 'JPEG', True),
  ],
)
def test_wrong_extension_is_reported(name, source_format, is_wrong):
  report = made([photo(f'c/{name}', source_format=source_format)])
  assert report['wrong_endings'] == is_wrong * [
    {
      'path': f'c/{name}',
      'format': source_format,
      'done': 'taken for what it is',
    }
  ]


def test_small_images_are_reported():
  report = made([
    photo('a/0.jpg', width=75, height=75),
    photo('a/1.jpg', width=900, height=74),
  ])
  assert report['small_images'] == [
    {'path': 'a/1.jpg', 'width': 900, 'height': 74, 'done': 'kept'}
  ]


def test_samples_of_more_than_8_bits_are_reported_with_their_range():
  images = [
    photo('a/0.jpg'),
    photo('a/1.tif', source_format='TIFF', levels='assumed 0 to 4095'),
    photo('a/2.png', source_format='PNG', levels='declared 0 to 1023'),
  ]
  assert made(images)['deep_images'] == [
    {
      'path': 'a/1.tif',
      'levels': 'assumed 0 to 4095',
      'done': 'scaled to 8 bits',
    },
    {
      'path': 'a/2.png',
      'levels': 'declared 0 to 1023',
      'done': 'scaled to 8 bits',
    },
  ]


def test_flawed_pictures_are_reported():
  report = made([
    photo('a/0.jpg', flaw='of one colour'),
    photo('a/1.jpg'),
    photo('a/2_mask.png', width=500, source_format='PNG', flaw='nearly black'),
    photo('a/3.jpg', width=400),
  ])
  assert report['flawed_images'] == [
    {'path': 'a/0.jpg', 'flaw': 'of one colour', 'done': 'kept'},
    {'path': 'a/2_mask.png', 'flaw': 'nearly black', 'done': 'kept'},
    {
      'path': 'a/2_mask.png',
      'flaw': 'more than 4 times as long as wide',
      'done': 'kept',
    },
    {'path': 'a/2_mask.png', 'flaw': 'called a mask', 'done': 'kept'},
  ]


def test_unusable_files_are_reported_with_the_reason():
  report = made(
    photos('a', 1),
    empty_classes=['c', 'd'],
    stray=['x.jpg'],
    skipped=[image_files.Skipped('/photos/a/bad.jpg', 'the file is empty')],
  )
  assert report['bad_files'] == [
    {
      'path': '/photos/a/bad.jpg',
      'reason': 'the file is empty',
      'done': 'skipped',
    }
  ]
  assert (report['num_files'], report['num_images']) == (2, 1)
  assert report['empty_classes'] == ['c', 'd']
  assert report['images_outside_class_folders'] == ['x.jpg']


def test_groups_list_each_file_and_the_action():
  report = made(GROUPED, GROUPED_SUBSETS, found=GROUPS)
  kept = {'width': 200, 'height': 100, 'subset': 'train', 'done': 'kept'}
  copies = [
    {'path': 'a/0.jpg', 'class': 'a', **kept},
    {'path': 'a/2.jpg', 'class': 'a', **kept},
  ]
  conflict = [
    {
      'path': 'a/1.jpg',
      'class': 'a',
      **kept,
      'width': 400,
      'subset': 'validation',
    },
    {
      'path': 'b/3.jpg',
      'class': 'b',
      **kept,
      'subset': '',
      'done': 'left out (conflict)',
    },
    {'path': 'b/4.jpg', 'class': 'b', **kept},
  ]
  assert report['exact_duplicates'] == [copies]
  assert report['near_duplicates'] == [conflict]
  assert report['conflicts'] == [conflict]
  assert report['leaks'] == [conflict]
  assert report['num_left_out'] == 1
  assert report['classes'] == {
    'a': {'train': 2, 'validation': 1},
    'b': {'left_out': 1, 'train': 1},
  }


def test_copies_among_near_copies_are_reported():
  images = [
    photo('a/0.jpg', key=b'0'),
    photo('a/1.jpg', key=b'1'),
    photo('b/2.jpg', key=b'0'),
  ]
  report = made(
    images,
    found=curation.Curation(
      left_out={},
      groups=(repeats.Group((0, 1, 2), copies=((0, 2),), is_conflict=True),),
    ),
  )
  assert [
    [file['path'] for file in group] for group in report['exact_duplicates']
  ] == [['a/0.jpg', 'b/2.jpg']]
  assert [len(group) for group in report['near_duplicates']] == [3]


def test_leak_is_reported_with_the_action():
  found = curation.Curation(
    groups=GROUPS.groups, left_out={3: 'duplicate', 4: 'duplicate'}
  )
  report = made(
    GROUPED,
    ['train', 'validation', 'train', 'train', 'train'],
    found=found,
    folders={'train': '/t', 'validation': '/v'},
  )
  assert [
    [(file['path'], file['subset'], file['done']) for file in group]
    for group in report['leaks']
  ] == [
    [
      ('validation/a/1.jpg', 'validation', 'kept'),
      ('train/b/3.jpg', 'train', 'left out (duplicate)'),
      ('train/b/4.jpg', 'train', 'left out (duplicate)'),
    ]
  ]


def test_file_is_json_and_replaces_the_old_one(tmp_path):
  report = made([photo('a/caf\udce9 \U0001f33c.jpg', width=10)])
  for _ in range(2):
    assert audit.write(report, tmp_path) == str(tmp_path / 'audit.json')
    assert json.loads((tmp_path / 'audit.json').read_bytes()) == report
  assert os.listdir(tmp_path) == ['audit.json']


def test_file_that_cannot_be_written_is_an_error(tmp_path):
  with pytest.raises(OSError, match='none'):
    audit.write(made([]), tmp_path / 'none')
