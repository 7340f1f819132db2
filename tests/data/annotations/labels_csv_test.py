"""Tests of corrected labels from a CSV file."""

import pytest

from inception.data.annotations import labels_csv
from inception.images import image_files

CLASSES = ('daisy', 'roses', 'T\u00fclips')


def listing(*paths):
  return image_files.Listing(
    images=tuple(
      image_files.ImageFile(
        f'/photos/{path}',
        path.split('/')[0],
        CLASSES.index(path.split('/')[0]) + 1,
        path,
      )
      for path in sorted(paths)
    ),
    skipped=(),
    missing_classes=(),
    other_folders=(),
  )


def relabelled(tmp_path, text, listings):
  """Returns {(subset, relative path): (class, label)} of all images."""
  path = tmp_path / 'labels.csv'
  path.write_bytes(text.encode('utf-8', 'surrogateescape'))
  changed = labels_csv.relabel(listings, labels_csv.read(path), CLASSES)
  return {
    (subset, image.relative): (image.class_name, image.label)
    for subset, found in changed.items()
    for image in found.images
  }


def test_given_classes_replace_those_of_the_folders(tmp_path):
  assert relabelled(
    tmp_path,
    '\ufefffile,class,margin\r\ndaisy/a.jpg,roses,0.5\r\n'
    'roses/c.jpg,roses,0.1\r\n"roses/d, \udcff.jpg",Tu\u0308lips,0\r\n',
    {'': listing('daisy/a.jpg', 'daisy/b.jpg', 'roses/c.jpg')}
    | {'test': listing('roses/d, \udcff.jpg')},
  ) == {
    ('', 'daisy/a.jpg'): ('roses', 2),
    ('', 'daisy/b.jpg'): ('daisy', 1),
    ('', 'roses/c.jpg'): ('roses', 2),
    ('test', 'roses/d, \udcff.jpg'): ('T\u00fclips', 3),
  }


def test_images_are_sorted_by_class_and_path(tmp_path):
  images = relabelled(
    tmp_path,
    'class,file\nroses,daisy/a.jpg\n',
    {'': listing('daisy/a.jpg', 'daisy/b.jpg', 'roses/c.jpg')},
  )
  assert [path for _, path in images] == [
    'daisy/b.jpg',
    'daisy/a.jpg',
    'roses/c.jpg',
  ]


@pytest.mark.parametrize(
  'name', ['daisy/garden/a.jpg', 'daisy/a.jpg', r'daisy\a.jpg', './daisy/a.jpg']
)
def test_file_is_named_by_its_path_or_by_class_and_name(tmp_path, name):
  images = relabelled(
    tmp_path, f'file,class\n{name},roses\n', {'': listing('daisy/garden/a.jpg')}
  )
  assert images == {('', 'daisy/garden/a.jpg'): ('roses', 2)}


@pytest.mark.parametrize(
  'text,reason',
  [
    ('', 'has no column file: its first line must name'),
    ('file,label\n', 'has no column class'),
    ('file,class\ndaisy/a.jpg\n', 'line 2, has no class: fill it in'),
    ('file,class\n ,roses\n', 'line 2, has no file: fill it in'),
    ('file,class\n"a"b,roses\n', 'line 2, is no CSV .*quotes'),
    (
      'file,class\ndaisy/a.jpg,roses\ndaisy/b.jpg,oaks\n',
      'line 3, gives the class oaks, and the classes are daisy, roses, '
      'T\u00fclips: give one of these, or make a folder',
    ),
    (
      'file,class\nroses/a.jpg,roses\n',
      'line 2, names roses/a.jpg, and the folder of images has no such file: '
      'give its path',
    ),
    (
      'file,class\ndaisy/c.jpg,roses\n',
      'line 2, names daisy/c.jpg, which can be test/daisy/1/c.jpg, '
      'test/daisy/2/c.jpg: give its path below the folder',
    ),
    (
      'file,class\ndaisy/d.jpg,roses\n',
      'line 2, names daisy/d.jpg, which can be train/daisy/d.jpg, '
      'test/daisy/d.jpg: rename one of the files',
    ),
    (
      'file,class\ndaisy/a.jpg,roses\ndaisy/a.jpg,daisy\n',
      'line 3, gives daisy/a.jpg the class daisy, and an earlier line roses: '
      'remove one',
    ),
  ],
)
def test_unusable_rows_are_refused(tmp_path, text, reason):
  with pytest.raises(labels_csv.LabelsCsvError, match=reason):
    relabelled(
      tmp_path,
      text,
      {
        'train': listing('daisy/a.jpg', 'daisy/b.jpg', 'daisy/d.jpg'),
        'test': listing('daisy/1/c.jpg', 'daisy/2/c.jpg', 'daisy/d.jpg'),
      },
    )


def test_missing_file_is_refused(tmp_path):
  with pytest.raises(labels_csv.LabelsCsvError, match='cannot be read'):
    labels_csv.read(tmp_path / 'labels.csv')
