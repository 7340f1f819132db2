"""Tests of inception.data.flowers.raw_photos."""

import os
import pathlib

import pytest

from inception.data.curation import content_split
from inception.data.flowers import raw_photos
from inception.downloads import safe_tar
from inception.records import labels_file
from inception.settings import config
from inception.testing import image_folders

COUNTS = {'daisy': 5, 'roses': 6}
SPLIT = config.SplitConfig(validation_per_class=2, seed=1)


@pytest.fixture(name='archive')
def _archive(tmp_path):
  return image_folders.flowers_tar(tmp_path / 'flowers.tgz', COUNTS)


@pytest.fixture(name='data_dir')
def _data_dir(tmp_path):
  data_dir = tmp_path / 'data \u00e4'
  data_dir.mkdir()
  return data_dir


def make(
  data_dir, archive, *, split=SPLIT, identity='id', log=lambda line: None
):
  return raw_photos.make(
    data_dir, archive, identity=identity, split=split, num_threads=2, log=log
  )


def files(folder):
  return {
    path.relative_to(folder).as_posix(): path.read_bytes()
    for path in folder.rglob('*')
    if path.is_file()
  }


def test_folder_layout_is_that_of_2016(data_dir, archive):
  photos = make(data_dir, archive)
  assert photos.class_names == ('daisy', 'roses')
  assert [path.name for path in data_dir.iterdir()] == ['raw-data']
  raw = data_dir / 'raw-data'
  assert (raw / 'labels.txt').read_bytes() == b'daisy\nroses\n'
  count = {
    f'{subset}/{name}': len(list((raw / subset / name).iterdir()))
    for subset in ('train', 'validation')
    for name in COUNTS
  }
  assert count == {
    'train/daisy': 3,
    'train/roses': 4,
    'validation/daisy': 2,
    'validation/roses': 2,
  }
  assert len(photos.images('validation')) == 4
  assert all(
    pathlib.Path(image.path).is_file()
    for subset in raw_photos.SUBSETS
    for image in photos.images(subset)
  )


def test_complete_photographs_are_found(data_dir, archive):
  photos = make(data_dir, archive)
  assert raw_photos.find(data_dir, 'id', SPLIT) == photos


def test_same_archive_gives_the_same_split(tmp_path, data_dir, archive):
  other = tmp_path / 'other'
  other.mkdir()
  assert make(data_dir, archive).keys == make(other, archive).keys


@pytest.mark.parametrize(
  ('identity', 'split'),
  [
    ('other', SPLIT),
    ('id', config.SplitConfig(validation_per_class=2, seed=2)),
    ('id', config.SplitConfig(validation_per_class=3, seed=1)),
  ],
)
def test_photographs_of_another_archive_or_split_are_not_found(
  data_dir, archive, identity, split
):
  make(data_dir, archive)
  assert raw_photos.find(data_dir, identity, split) is None


def test_missing_folder_gives_none(data_dir):
  assert raw_photos.find(data_dir, 'id', SPLIT) is None
  (data_dir / 'raw-data').mkdir()
  assert raw_photos.find(data_dir, 'id', SPLIT) is None


def test_folder_of_another_program_is_refused(data_dir):
  (data_dir / 'raw-data' / 'train').mkdir(parents=True)
  with pytest.raises(raw_photos.RawPhotosError, match='was not made by this'):
    raw_photos.find(data_dir, 'id', SPLIT)


@pytest.mark.parametrize('damage', [None, b'', b'other'])
def test_incomplete_photographs_are_made_again(data_dir, archive, damage):
  photos = make(data_dir, archive)
  before = files(data_dir / 'raw-data')
  image = pathlib.Path(photos.images('train')[0].path)
  image.unlink()
  if damage is not None:
    image.write_bytes(damage)
  assert raw_photos.find(data_dir, 'id', SPLIT) is None
  lines = []
  make(data_dir, archive, log=lines.append)
  assert files(data_dir / 'raw-data') == before
  if damage is None:
    assert [path.name for path in data_dir.iterdir()] == ['raw-data']
  else:
    # The changed file may be the user's work.
    assert list(files(data_dir / 'raw-data.kept').values()) == [damage]
    assert 'raw-data.kept' in lines[-1]


def test_users_own_files_are_kept(data_dir, archive):
  make(data_dir, archive)
  raw = data_dir / 'raw-data'
  (raw / 'train' / 'daisy' / 'mine.jpg').write_bytes(b'mine')
  (raw / 'notes').mkdir()
  (raw / 'notes' / 'a.txt').write_bytes(b'note')
  make(data_dir, archive, split=config.SplitConfig(validation_per_class=1))
  assert files(data_dir / 'raw-data.kept') == {
    'train/daisy/mine.jpg': b'mine',
    'notes/a.txt': b'note',
  }
  assert 'train/daisy/mine.jpg' not in files(raw)


def test_files_not_from_the_archive_are_counted(data_dir, archive):
  photos = make(data_dir, archive)
  assert raw_photos.num_others(photos) == 0
  for name in ('1.jpg', '2.jpg', '.hidden'):
    (data_dir / 'raw-data' / 'validation' / 'daisy' / f'{name}').write_bytes(
      b''
    )
  # The hidden file is not counted.
  assert raw_photos.num_others(photos) == 2


@pytest.mark.parametrize('prefix', ['', './', 'a/b/'])
def test_class_folders_may_be_at_any_depth(tmp_path, data_dir, prefix):
  archive = image_folders.tar(
    tmp_path / 'x.tar',
    [
      (f'{prefix}{name}/{j}.jpg', image_folders.image_file(10 * i + j))
      for i, name in enumerate(['a', 'b'])
      for j in range(3)
    ],
    mode='w',
  )
  photos = make(data_dir, archive)
  assert photos.class_names == ('a', 'b')


def test_single_class_folder_is_not_descended_into(tmp_path, data_dir):
  archive = image_folders.tar(
    tmp_path / 'x.tar',
    [(f'photos/daisy/{i}.jpg', image_folders.image_file(i)) for i in range(3)],
  )
  assert make(data_dir, archive).class_names == ('daisy',)


def test_unusable_files_never_go_to_validation(tmp_path, data_dir):
  members = [(f'p/a/bad{i}.jpg', f'bad {i}'.encode()) for i in range(20)]
  members += [(f'p/a/{i}.jpg', image_folders.image_file(i)) for i in range(3)]
  photos = make(data_dir, image_folders.tar(tmp_path / 'x.tgz', members))
  assert not [
    image
    for image in photos.images('validation')
    if 'bad' in os.path.basename(image.path)
  ]
  assert len(photos.images('train')) == 21


def test_images_in_subfolders_belong_to_the_class(tmp_path, data_dir):
  members = [
    (f'p/{name}/{place}{i}.jpg', image_folders.image_file(seed + i))
    for seed, name in ((0, 'a'), (100, 'b'))
    for i, place in enumerate(('', '', 'more/', 'more/deep/'))
  ]
  photos = make(data_dir, image_folders.tar(tmp_path / 'x.tgz', members))
  found = [
    image.relative
    for subset in raw_photos.SUBSETS
    for image in photos.images(subset)
  ]
  assert sorted(found) == sorted(name[2:] for name, _ in members)
  assert len(photos.images('validation')) == 4
  assert raw_photos.find(data_dir, 'id', SPLIT) == photos


def one_file(path):
  return image_folders.tar(path, [('photo.jpg', b'x')])


def few_images(path):
  return image_folders.flowers_tar(path, {'daisy': 5, 'roses': 2})


def broken(path):
  path.write_bytes(b'broken')
  return path


def bad_name(path):
  return image_folders.tar(path, [('p/a\nb/x.jpg', b''), ('p/c/x.jpg', b'')])


@pytest.mark.parametrize(
  ('archive_of', 'error'),
  [
    (one_file, raw_photos.RawPhotosError),
    (few_images, content_split.SplitError),
    (broken, safe_tar.ArchiveError),
    (bad_name, labels_file.LabelsError),
  ],
)
def test_unusable_archive_changes_nothing(
  tmp_path, data_dir, archive, archive_of, error
):
  make(data_dir, archive)
  before = files(data_dir)
  with pytest.raises(error):
    make(data_dir, archive_of(tmp_path / 'x.tgz'))
  assert files(data_dir) == before


class Killed(BaseException):
  """Simulates the end of the process."""


@pytest.mark.parametrize('calls', range(12))
def test_run_killed_anywhere_is_completed_by_the_next(
  tmp_path, data_dir, archive, monkeypatch, calls
):
  make(data_dir, archive, identity='old')
  mine = data_dir / 'raw-data' / 'train' / 'mine.txt'
  mine.write_bytes(b'mine')
  left = [calls]

  def dying(function):
    def call(*arguments, **options):
      left[0] -= 1
      if left[0] < 0:
        raise Killed
      return function(*arguments, **options)

    return call

  monkeypatch.setattr(os, 'replace', dying(os.replace))
  monkeypatch.setattr(os, 'rmdir', dying(os.rmdir))
  monkeypatch.setattr(raw_photos.shutil, 'rmtree', lambda *_, **__: None)
  with pytest.raises(Killed):
    make(data_dir, archive)
  monkeypatch.undo()
  raw_photos.tidy(data_dir, log=lambda line: None)
  if raw_photos.find(data_dir, 'id', SPLIT) is None:
    make(data_dir, archive)
  photos = raw_photos.find(data_dir, 'id', SPLIT)
  assert len(photos.images('train') + photos.images('validation')) == 11
  kept = {
    name: content
    for name, content in files(data_dir).items()
    if name.endswith('mine.txt')
  }
  assert list(kept.values()) == [b'mine']
  assert not [path for path in data_dir.iterdir() if path.name[0] == '.']
