"""Folders of images: which files, which labels."""

import os
import sys

import pytest

from inception.data import image_files


def touch(folder, *names):
  for name in names:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b'x')


def link(path, target):
  try:
    os.symlink(target, path)
  except (OSError, NotImplementedError):
    pytest.skip('this system lets nobody make links')


def test_folder_names_are_sorted_by_code_point(tmp_path):
  touch(tmp_path, 'b/1', 'a/1', 'B/1', '\u00e4/1', 'with space/1', '.git/1',
        'LICENSE.txt')
  assert image_files.folder_names(tmp_path) == (
      'B', 'a', 'b', 'with space', '\u00e4')


def test_a_folder_without_folders_is_refused(tmp_path):
  touch(tmp_path, 'photo.jpg', '.hidden/1')
  with pytest.raises(image_files.LabelsError, match='has no folders'):
    image_files.folder_names(tmp_path)


def test_a_missing_folder_is_the_systems_error(tmp_path):
  with pytest.raises(FileNotFoundError):
    image_files.folder_names(tmp_path / 'none')
  with pytest.raises(FileNotFoundError):
    image_files.find_images(tmp_path / 'none', ['a'])


@pytest.mark.skipif(sys.platform == 'win32', reason='no such names there')
@pytest.mark.parametrize('name', [b'two\nlines', b'latin \xfc', b'back\\slash'])
def test_a_folder_name_that_is_no_label_is_refused(tmp_path, name):
  try:
    os.mkdir(os.path.join(os.fsencode(tmp_path), name))
  except OSError:
    pytest.skip('this file system has no such names')
  with pytest.raises(image_files.LabelsError):
    image_files.folder_names(tmp_path)


@pytest.mark.parametrize('text', [
    b'roses\ndaisy\n', b'roses\r\ndaisy\r\n', b'\xef\xbb\xbfroses\ndaisy',
    b'\n  roses \n\ndaisy\n\n\n'])
def test_labels_are_read_in_their_order(tmp_path, text):
  (tmp_path / 'labels.txt').write_bytes(text)
  assert image_files.read_labels(tmp_path / 'labels.txt') == ('roses', 'daisy')


@pytest.mark.parametrize(('text', 'message'), [
    (b'', 'names no class'),
    (b' \n\n', 'names no class'),
    (b'a\nb\na\n', "'a' twice"),
    (b'a\n../b\n', 'cannot be both'),
    (b'..\n', 'cannot be both'),
    (b'caf\xe9\n', 'not UTF-8'),
])
def test_labels_that_cannot_be_used_are_refused(tmp_path, text, message):
  (tmp_path / 'labels.txt').write_bytes(text)
  with pytest.raises(image_files.LabelsError, match=message):
    image_files.read_labels(tmp_path / 'labels.txt')


def test_images_have_the_labels_of_their_folders_from_1(tmp_path):
  touch(tmp_path, 'daisy/b.JPG', 'daisy/a.png', 'roses/c', 'LICENSE.txt')
  listing = image_files.find_images(tmp_path, ['roses', 'daisy'])
  assert [(os.path.relpath(image.path, tmp_path).replace(os.sep, '/'),
           image.class_name, image.label) for image in listing.images] == [
               ('roses/c', 'roses', 1), ('daisy/a.png', 'daisy', 2),
               ('daisy/b.JPG', 'daisy', 2)]
  assert listing.skipped == ()


def test_hidden_files_are_not_looked_at(tmp_path):
  touch(tmp_path, 'a/1.jpg', 'a/.DS_Store', 'a/._1.jpg')
  listing = image_files.find_images(tmp_path, ['a'])
  assert len(listing.images) == 1
  assert listing.skipped == ()


def test_what_is_no_file_is_skipped_with_its_reason(tmp_path):
  touch(tmp_path, 'a/1.jpg', 'a/folder.jpg/2.jpg')
  link(tmp_path / 'a' / 'loop.jpg', 'loop.jpg')
  link(tmp_path / 'a' / 'nowhere.jpg', 'none')
  link(tmp_path / 'a' / 'somewhere.jpg', '1.jpg')
  listing = image_files.find_images(tmp_path, ['a'])
  assert [os.path.basename(image.path) for image in listing.images] == [
      '1.jpg', 'somewhere.jpg']
  reasons = {os.path.basename(skipped.path): skipped.reason
             for skipped in listing.skipped}
  assert set(reasons) == {'folder.jpg', 'loop.jpg', 'nowhere.jpg'}
  assert reasons['folder.jpg'] == 'a folder, not a file'
  assert reasons['nowhere.jpg'] == 'a link that leads nowhere'
  assert reasons['loop.jpg']


@pytest.mark.skipif(not hasattr(os, 'mkfifo'), reason='no pipes as files')
def test_a_pipe_is_skipped(tmp_path):
  touch(tmp_path, 'a/1.jpg')
  os.mkfifo(tmp_path / 'a' / 'pipe.jpg')  # Would never be read to its end.
  listing = image_files.find_images(tmp_path, ['a'])
  assert [skipped.reason for skipped in listing.skipped] == [
      'neither a file nor a folder']


def test_a_class_folder_may_be_a_link_but_not_to_itself(tmp_path):
  touch(tmp_path, 'elsewhere/1.jpg')
  link(tmp_path / 'a', 'elsewhere')
  link(tmp_path / 'b', 'b')
  assert image_files.folder_names(tmp_path) == ('a', 'elsewhere')
  listing = image_files.find_images(tmp_path, ['a', 'b'])
  assert len(listing.images) == 1
  assert listing.missing_classes == ('b',)


def test_folders_and_labels_are_compared(tmp_path):
  touch(tmp_path, 'a/1.jpg', 'c/1.jpg', 'd/1.jpg')
  listing = image_files.find_images(tmp_path, ['a', 'b'])
  assert listing.missing_classes == ('b',)
  assert listing.other_folders == ('c', 'd')
