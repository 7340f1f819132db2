"""Tests of inception.data.folder_layout."""

import unicodedata

import pytest

from inception.data import folder_layout


def make(root, *paths):
  """Makes files below a folder; a path that ends with / is a folder."""
  for path in paths:
    place = root / path
    if path.endswith('/'):
      place.mkdir(parents=True)
    else:
      place.parent.mkdir(parents=True, exist_ok=True)
      place.write_bytes(b'x')
  return root


def problem(root, *paths, flag='image_directory'):
  return folder_layout.problem(make(root, *paths), flag)


@pytest.mark.parametrize(
  'paths',
  [
    ['daisy/a.jpg', 'roses/a.jpg'],
    ['daisy/a.jpg'],
    ['daisy/garden/a.jpg', 'daisy/b.jpg'],
    ['daisy/garden/a.jpg', 'roses/garden/a.jpg'],
    ['train/a.jpg', 'bus/a.jpg', 'tram/a.jpg'],
    ['train/ice/a.jpg', 'test/wood/a.jpg'],
    ['train/a.jpg', 'test/a.jpg', 'other/a.jpg'],
    ['images/a.jpg', 'daisy/a.jpg', 'masks/a.jpg'],
    ['masks/a.jpg', 'gloves/a.jpg'],
    ['a.jpg'],
    [],
  ],
)
def test_class_folders_are_accepted(tmp_path, paths):
  assert problem(tmp_path, *paths) is None


@pytest.mark.parametrize(
  ('train', 'validation'),
  [
    ('train', 'val'),
    ('Train', 'VALID'),
    ('training', 'validation'),
    ('train', 'dev'),
  ],
)
def test_subset_folders_get_matching_flags(tmp_path, train, validation):
  assert problem(
    tmp_path,
    *(
      f'{subset}/{name}/a.jpg'
      for subset in (train, validation)
      for name in ('cat', 'dog')
    ),
  ) == (
    f'{str(tmp_path)!r} has the folders '
    f'{", ".join(sorted((train, validation)))}, which are subsets, not '
    'classes: pass '
    + ' '.join(
      sorted(
        (
          f'--train_directory={tmp_path / train}',
          f'--validation_directory={tmp_path / validation}',
        ),
        key=lambda flag: flag.split('=')[1],
      )
    )
    + ' (or name them in --labels_file, if they are classes)'
  )


def test_test_folder_gets_its_flag(tmp_path):
  assert f'--test_directory={tmp_path / "test"} --train_directory=' in problem(
    tmp_path, *(f'{subset}/cat/a.jpg' for subset in ('train', 'val', 'test'))
  )


def test_test_folder_without_classes_gets_no_flag(tmp_path):
  told = problem(tmp_path, 'train/cat/a.jpg', 'val/cat/a.jpg', 'test/1.jpg')
  assert '--validation_directory=' in told
  assert '--test_directory' not in told


def test_subsets_must_share_half_of_their_classes(tmp_path):
  told = problem(
    tmp_path, *(f'train/{i}/a.jpg' for i in range(4)), 'val/0/a', 'val/1/a'
  )
  assert '--train_directory=' in told


def test_without_validation_folder_images_are_set_aside(tmp_path):
  assert (
    f': pass --image_directory={tmp_path / "train"}, from which validation'
    in problem(tmp_path, 'train/cat/a.jpg', 'test/cat/a.jpg')
  )


def test_subsets_without_class_folders_are_refused(tmp_path):
  assert 'and their images are in no class folders' in problem(
    tmp_path, 'train/cat.0.jpg', 'test/1.jpg'
  )


def test_single_folder_of_folders_is_reported(tmp_path):
  photos = tmp_path / 'flower_photos'
  told = problem(
    tmp_path,
    'flower_photos/daisy/a.jpg',
    'flower_photos/roses/a.jpg',
    'LICENSE.txt',
    '__MACOSX/x/',
    flag='train_directory',
  )
  assert told == (
    f"{str(tmp_path)!r} holds nothing but the folder 'flower_photos', which "
    f'holds nothing but folders: pass --train_directory={photos} if these are '
    "the classes, or name 'flower_photos' in --labels_file if it is one"
  )


def test_single_folder_with_a_decomposed_accent_is_reported(tmp_path):
  name = unicodedata.normalize('NFD', 'Blüten')
  told = problem(tmp_path, f'{name}/daisy/a.jpg', f'{name}/roses/a.jpg')
  assert f'pass --image_directory={tmp_path / name} ' in told


def test_nested_single_folders_are_searched(tmp_path):
  assert f'pass --image_directory={tmp_path / "a" / "b"} ' in problem(
    tmp_path, 'a/b/daisy/1.jpg', 'a/b/roses/1.jpg'
  )
  told = problem(tmp_path / 'z', 'a/train/x/1.jpg', 'a/val/x/1.jpg')
  assert f'--train_directory={tmp_path / "z" / "a" / "train"}' in told


@pytest.mark.parametrize(
  ('images', 'companion'),
  [('images', 'masks'), ('JPEGImages', 'SegmentationClass')],
)
def test_images_folder_beside_masks_is_suggested(tmp_path, images, companion):
  assert problem(
    tmp_path, f'{images}/cat/a.jpg', f'{images}/dog/a.jpg', f'{companion}/a.png'
  ) == (
    f'{str(tmp_path)!r} has the folder {images!r} beside {companion}, which '
    f'are not classes: pass --image_directory={tmp_path / images}'
  )


def test_annotations_get_their_flag(tmp_path):
  assert problem(
    tmp_path, 'images/cat/a.jpg', 'annotations/xmls/a.xml'
  ).endswith(
    f'--image_directory={tmp_path / "images"} '
    f'--bounding_box_file={tmp_path / "annotations" / "xmls"}'
  )


def test_images_without_class_folders_are_reported(tmp_path):
  assert "'images' has no folders: put the images of each class" in problem(
    tmp_path, 'images/cat_1.jpg', 'annotations/cat_1.xml'
  )


def test_split_images_beside_labels_are_subsets(tmp_path):
  told = problem(
    tmp_path, 'images/train/x/a.jpg', 'images/val/x/a.jpg', 'labels/train/a.txt'
  )
  assert f'--train_directory={tmp_path / "images" / "train"}' in told


def test_missing_folder_is_an_error(tmp_path):
  with pytest.raises(FileNotFoundError):
    folder_layout.problem(tmp_path / 'none', 'image_directory')
