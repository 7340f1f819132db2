"""Tests of listing folders of images with their labels."""

import os
import socket
import sys

import pytest

from inception.images import directory_entries
from inception.images import image_files
from inception.records import labels_file


def touch(folder, *names):
  for name in names:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b'x')


def link(path, target):
  """Makes a link to an existing file or folder, or to nothing."""
  try:
    os.symlink(
      target, path, target_is_directory=os.path.isdir(path.parent / target)
    )
  except (OSError, NotImplementedError):
    pytest.skip('this system lets nobody make links')


def relatives(listing):
  return [image.relative for image in listing.images]


def reasons(listing):
  """Returns {last part of the path: reason} of the skipped entries."""
  return {
    os.path.basename(skipped.path): skipped.reason
    for skipped in listing.skipped
  }


def forbid(folder):
  """Makes a folder unreadable, or skips the test."""
  if not hasattr(os, 'geteuid') or os.geteuid() == 0:
    pytest.skip('root and Windows read it in spite of its mode')
  folder.chmod(0)


def test_folder_names_are_sorted_by_code_point(tmp_path):
  touch(
    tmp_path,
    'b/1',
    'a/1',
    'B/1',
    '\u00e4/1',
    'with space/1',
    '.git/1',
    'LICENSE.txt',
    '__MACOSX/1',
    '@eaDir/1',
  )
  assert image_files.folder_names(tmp_path) == (
    'B',
    'a',
    'b',
    'with space',
    '\u00e4',
  )


def test_a_folder_without_folders_is_refused(tmp_path):
  touch(tmp_path, 'photo.jpg', '.hidden/1')
  with pytest.raises(labels_file.LabelsError, match='has no folders'):
    image_files.folder_names(tmp_path)


def test_missing_folder_raises_oserror(tmp_path):
  with pytest.raises(FileNotFoundError):
    image_files.folder_names(tmp_path / 'none')
  with pytest.raises(FileNotFoundError):
    image_files.find_images(tmp_path / 'none', ['a'])


@pytest.mark.skipif(sys.platform == 'win32', reason='no such names there')
@pytest.mark.parametrize('name', [b'two\nlines', b'latin \xfc', b'back\\slash'])
def test_folder_name_that_cannot_be_a_label_is_refused(tmp_path, name):
  try:
    os.mkdir(os.path.join(os.fsencode(tmp_path), name))
  except OSError:
    pytest.skip('this file system has no such names')
  with pytest.raises(labels_file.LabelsError):
    image_files.folder_names(tmp_path)


def test_images_have_the_labels_of_their_folders_from_1(tmp_path):
  touch(tmp_path, 'daisy/b.JPG', 'daisy/a.png', 'roses/c', 'LICENSE.txt')
  listing = image_files.find_images(tmp_path, ['roses', 'daisy'])
  assert [
    (
      os.path.relpath(image.path, tmp_path).replace(os.sep, '/'),
      image.class_name,
      image.label,
    )
    for image in listing.images
  ] == [
    ('roses/c', 'roses', 1),
    ('daisy/a.png', 'daisy', 2),
    ('daisy/b.JPG', 'daisy', 2),
  ]
  assert listing.skipped == ()


def test_operating_system_clutter_is_ignored(tmp_path):
  touch(
    tmp_path,
    'a/1.jpg',
    'a/.DS_Store',
    'a/._1.jpg',
    'a/Thumbs.db',
    'a/desktop.ini',
    'a/DESKTOP.INI',
    'a/ehthumbs.db',
    'a/.git/x.jpg',
    'a/__MACOSX/1.jpg',
    'a/b/@eaDir/SYNOPHOTO_THUMB_M.jpg',
    '__MACOSX/2.jpg',
    '.1.jpg',
    'desktop.ini',
  )
  listing = image_files.find_images(tmp_path, ['a'])
  assert relatives(listing) == ['a/1.jpg']
  assert listing.skipped == listing.other_folders == listing.stray == ()


def test_folders_in_a_class_folder_are_searched(tmp_path):
  touch(
    tmp_path,
    'a/sub/deep/er/z.jpg',
    'a/sub.jpg',
    'a/sub/b.jpg',
    'a/other/c.jpg',
    'a/x.jpg/inside.jpg',
    'a/Z.jpg',
    'b/1.jpg',
  )
  (tmp_path / 'a' / 'empty').mkdir()
  listing = image_files.find_images(tmp_path, ['a', 'b'])
  # Sorted by code point, including /, which comes after the dot.
  assert relatives(listing) == [
    'a/Z.jpg',
    'a/other/c.jpg',
    'a/sub.jpg',
    'a/sub/b.jpg',
    'a/sub/deep/er/z.jpg',
    'a/x.jpg/inside.jpg',
    'b/1.jpg',
  ]
  for image in listing.images:
    assert image.path == str(tmp_path.joinpath(*image.relative.split('/')))
    assert (image.class_name, image.label) == (
      ('b', 2) if image.relative == 'b/1.jpg' else ('a', 1)
    )
  assert listing.skipped == ()


def test_deeply_nested_folders_are_searched(tmp_path):
  folder = tmp_path / 'a'
  folder.mkdir()
  depth = 0
  try:
    while depth < 200:
      (folder / 'd').mkdir()
      folder /= 'd'
      depth += 1
  except OSError:
    pass  # A system whose paths are short.
  (folder / '1').write_bytes(b'')
  listing = image_files.find_images(tmp_path, ['a'])
  assert relatives(listing) == ['a/' + 'd/' * depth + '1']


def test_relative_path_of_an_image_is_optional():
  assert image_files.ImageFile('x/y.jpg', 'x', 1).relative == ''


def test_entries_that_are_no_files_are_skipped_with_the_reason(tmp_path):
  touch(tmp_path, 'a/1.jpg')
  (tmp_path / 'a' / 'folder.jpg').mkdir()
  link(tmp_path / 'a' / 'loop.jpg', 'loop.jpg')
  link(tmp_path / 'a' / 'nowhere.jpg', 'none')
  link(tmp_path / 'a' / 'somewhere.jpg', '1.jpg')
  listing = image_files.find_images(tmp_path, ['a'])
  assert [os.path.basename(image.path) for image in listing.images] == [
    '1.jpg',
    'somewhere.jpg',
  ]
  skipped = reasons(listing)
  assert list(skipped) == ['folder.jpg', 'loop.jpg', 'nowhere.jpg']
  assert skipped['folder.jpg'] == 'a folder, not a file'
  assert skipped['nowhere.jpg'] == 'a link whose target does not exist'
  assert skipped['loop.jpg']


def test_links_to_folders_are_followed_except_circular_ones(tmp_path):
  touch(
    tmp_path,
    'photos/a/1.jpg',
    'photos/a/sub/2.jpg',
    'photos/b/3.jpg',
    'else/4.jpg',
    'else/sub/5.jpg',
  )
  a = tmp_path / 'photos' / 'a'
  ring = 'a link to a folder that contains it'
  again = 'a folder that the class already has by another path'
  link(a / 'else', os.path.join('..', '..', 'else'))
  link(a / 'itself', os.curdir)
  link(a / 'photos', os.pardir)
  link(a / 'sub' / 'all', os.path.join('..', '..', '..'))
  link(a / 'sub' / 'up', os.pardir)
  link(a / '0sub', 'sub')  # Before 'sub', and still the second one.
  link(tmp_path / 'else' / 'back', os.path.join('..', 'photos'))
  link(tmp_path / 'else' / 'sub' / 'a', a)
  listing = image_files.find_images(tmp_path / 'photos', ['a', 'b'])
  assert relatives(listing) == [
    'a/1.jpg',
    'a/else/4.jpg',
    'a/else/sub/5.jpg',
    'a/sub/2.jpg',
    'b/3.jpg',
  ]
  assert [
    (os.path.basename(skipped.path), skipped.reason)
    for skipped in listing.skipped
  ] == [
    ('0sub', again),
    ('back', ring),
    ('a', again),
    ('itself', ring),
    ('photos', ring),
    ('all', ring),
    ('up', ring),
  ]


def test_folders_that_all_link_to_one_another_are_walked_once(tmp_path):
  names = [f'f{i:02d}' for i in range(20)]  # 20! ways lead through them.
  touch(tmp_path, *(f'a/{name}/{name}.jpg' for name in names))
  for name in names:
    for other in names:
      if other != name:
        link(tmp_path / 'a' / name / other, os.path.join('..', other))
  listing = image_files.find_images(tmp_path, ['a'])
  assert relatives(listing) == [f'a/{name}/{name}.jpg' for name in names]
  assert len(listing.skipped) == 20 * 19


def test_a_class_folder_that_links_to_its_own_folder_is_skipped(tmp_path):
  touch(tmp_path, 'photos/a/1.jpg')
  link(tmp_path / 'photos' / 'b', os.curdir)
  link(tmp_path / 'photos' / 'c', os.path.join('..', '..'))
  listing = image_files.find_images(tmp_path / 'photos', ['a', 'b', 'c'])
  assert relatives(listing) == ['a/1.jpg']
  assert list(reasons(listing)) == ['b', 'c']
  assert listing.empty_classes == ('b', 'c')


@pytest.mark.skipif(sys.platform == 'win32', reason='no such names there')
@pytest.mark.parametrize(
  'name',
  [
    b'two\nlines.jpg',
    b'tab\there.jpg',
    b'bell\x07.jpg',
    b'back\\slash.jpg',
    b'latin \xfc.jpg',
    b' .jpg',
    b'-rf',
    b'*?.jpg',
    b'x' * 250 + b'.jpg',
    '\U0001f33c \u00e4 \u65e5.jpg'.encode(),
  ],
)
def test_any_name_is_found(tmp_path, name):
  touch(tmp_path, 'a/1.jpg')
  path = os.path.join(os.fsencode(tmp_path), b'a', name)
  try:
    with open(path, 'wb'):
      pass
  except OSError:
    pytest.skip('this file system has no such names')
  found = {
    image.relative: image.path
    for image in image_files.find_images(tmp_path, ['a']).images
  }
  text = 'a/' + os.fsdecode(name)
  assert set(found) == {'a/1.jpg', text}
  assert os.fsencode(found[text]) == path


def test_an_unreadable_folder_is_skipped(tmp_path):
  touch(tmp_path, 'a/1.jpg', 'a/secret/2.jpg', 'b/3.jpg')
  forbid(tmp_path / 'a' / 'secret')
  forbid(tmp_path / 'b')
  try:
    listing = image_files.find_images(tmp_path, ['a', 'b'])
  finally:
    for folder in ('a/secret', 'b'):
      (tmp_path / folder).chmod(0o700)
  assert relatives(listing) == ['a/1.jpg']
  assert reasons(listing) == {
    'secret': 'Permission denied',
    'b': 'Permission denied',
  }
  assert listing.empty_classes == ('b',)


def test_folder_that_cannot_be_listed_is_skipped(tmp_path, monkeypatch):
  touch(tmp_path, 'a/1.jpg', 'a/secret/2.jpg', 'b/3.jpg', 'c/4.jpg')
  refused = {
    str(tmp_path / 'a' / 'secret'): PermissionError(13, 'No entry'),
    str(tmp_path / 'b'): OSError('odd'),
  }
  scandir = os.scandir

  def refusing(path):
    if str(path) in refused:
      raise refused[str(path)]
    return scandir(path)

  monkeypatch.setattr(os, 'scandir', refusing)
  listing = image_files.find_images(tmp_path, ['a', 'b', 'c'])
  assert relatives(listing) == ['a/1.jpg', 'c/4.jpg']
  assert reasons(listing) == {'secret': 'No entry', 'b': 'unreadable'}
  assert listing.empty_classes == ('b',)


def test_an_unreadable_file_is_listed(tmp_path):
  # Reading it reports the error; listing only asks the directory.
  touch(tmp_path, 'a/1.jpg')
  forbid(tmp_path / 'a' / '1.jpg')
  assert relatives(image_files.find_images(tmp_path, ['a'])) == ['a/1.jpg']


def test_classes_without_files_are_reported(tmp_path):
  touch(tmp_path, 'a/1.jpg', 'c/.hidden')
  (tmp_path / 'b' / 'sub').mkdir(parents=True)
  listing = image_files.find_images(tmp_path, ['c', 'b', 'a', 'missing'])
  assert listing.empty_classes == ('c', 'b')
  assert listing.missing_classes == ('missing',)


def test_images_beside_the_class_folders_are_reported(tmp_path):
  touch(
    tmp_path,
    'a/1.jpg',
    'z.JPG',
    'b.heic',
    'LICENSE.txt',
    'labels.csv',
    'c.tiff',
    'jpg',
  )
  touch(tmp_path, 'folder.jpg/x')
  listing = image_files.find_images(tmp_path, ['a'])
  assert listing.stray == ('b.heic', 'c.tiff', 'z.JPG')
  assert listing.other_folders == ('folder.jpg',)


def test_the_images_of_a_class_share_its_name_and_have_no_dict(tmp_path):
  touch(tmp_path, 'a/1.jpg', 'a/2.jpg')
  one, two = image_files.find_images(tmp_path, ['a']).images
  assert one.class_name is two.class_name
  assert not hasattr(one, '__dict__')


@pytest.mark.skipif(not hasattr(os, 'mkfifo'), reason='no pipes as files')
def test_a_pipe_is_skipped(tmp_path):
  touch(tmp_path, 'a/1.jpg')
  os.mkfifo(tmp_path / 'a' / 'pipe.jpg')  # Would never be read to its end.
  listing = image_files.find_images(tmp_path, ['a'])
  assert reasons(listing) == {'pipe.jpg': 'neither a file nor a folder'}


@pytest.mark.skipif(sys.platform == 'win32', reason='no sockets as files')
def test_a_socket_is_skipped(tmp_path, monkeypatch):
  touch(tmp_path, 'a/1.jpg')
  monkeypatch.chdir(tmp_path / 'a')  # A socket's path is 100 letters at most.
  with socket.socket(socket.AF_UNIX) as server:
    server.bind('socket.jpg')
    listing = image_files.find_images(tmp_path, ['a'])
  assert relatives(listing) == ['a/1.jpg']
  assert reasons(listing) == {'socket.jpg': 'neither a file nor a folder'}


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


def test_find_below_takes_whatever_is_there(tmp_path):
  touch(tmp_path, 'b.jpg', 'a/2.txt', f'a/{NFD}', '.hidden', 'Thumbs.db')
  link(tmp_path / 'a' / 'up', '..')
  found, num_others, skipped = image_files.find_below(tmp_path)
  # In the spelling of the disk: they are to be opened.
  assert found == (str(tmp_path / 'a' / NFD), str(tmp_path / 'b.jpg'))
  assert num_others == 1
  assert [entry.reason for entry in skipped] == [
    'a link to a folder that contains it'
  ]


def test_find_below_needs_a_folder(tmp_path):
  with pytest.raises(FileNotFoundError):
    image_files.find_below(tmp_path / 'no')


def test_image_endings_are_known():
  assert directory_entries.has_image_ending('A.JPEG')
  assert not directory_entries.has_image_ending('jpg.txt')


@pytest.mark.parametrize(
  'name',
  [
    '1.jpg:Zone.Identifier' if os.name != 'nt' else 'Zone.Identifier',
    '1.jpgZone.Identifier',
    '1.jpg.supplemental-metadata.json',
    '1.XML',
    '1.xmp',
    '1.txt',
    'film.MOV',
    'film.mp4',
  ],
)
def test_sidecars_are_listed_separately(tmp_path, name):
  touch(tmp_path, 'a/1.jpg', f'a/2020/{name}')
  listing = image_files.find_images(tmp_path, ['a'])
  assert relatives(listing) == ['a/1.jpg']
  assert listing.sidecars == (f'a/2020/{name}',)
  assert listing.skipped == ()


@pytest.mark.parametrize(
  'beginning',
  [b'\xff\xd8\xff\xe0', b'\x89PNG\r\n\x1a\n', b'GIF89a', b'MM\0*\0\0'],
)
def test_image_with_a_sidecar_name_is_an_image(tmp_path, beginning):
  touch(tmp_path, 'a/1.jpg')
  (tmp_path / 'a' / '1.txt').write_bytes(beginning)
  listing = image_files.find_images(tmp_path, ['a'])
  assert relatives(listing) == ['a/1.jpg', 'a/1.txt']
  assert listing.sidecars == ()


def test_class_with_only_sidecars_is_empty(tmp_path):
  touch(tmp_path, 'a/1.jpg', 'b/1.xml')
  assert image_files.find_images(tmp_path, ['a', 'b']).empty_classes == ('b',)


def test_empty_folders_are_no_classes(tmp_path):
  touch(tmp_path, 'a/1.jpg', 'b/deep/1.jpg', 'litter/.DS_Store')
  for name in ('new', 'hollow/deep', 'lost+found', 'LOST+FOUND/x'):
    (tmp_path / name).mkdir(parents=True, exist_ok=True)
  assert image_files.folder_names(tmp_path) == ('a', 'b')
  listing = image_files.find_images(tmp_path, ['a', 'b'])
  assert listing.other_folders == ()
  assert listing.empty_classes == ('hollow', 'litter', 'new')


def test_empty_folders_are_classes_if_all_are_empty(tmp_path):
  for name in ('a', 'b'):
    (tmp_path / name).mkdir()
  assert image_files.folder_names(tmp_path) == ('a', 'b')


def test_a_folder_that_links_elsewhere_is_a_class(tmp_path):
  touch(tmp_path, 'photos/a/1.jpg', 'elsewhere/2.jpg')
  (tmp_path / 'photos' / 'b').mkdir()
  link(tmp_path / 'photos' / 'b' / 'more', '../../elsewhere')
  assert image_files.folder_names(tmp_path / 'photos') == ('a', 'b')


# An e with an accent as one code point, and as two.
NFC, NFD = 'caf\u00e9', 'cafe\u0301'


def test_names_are_in_composed_form(tmp_path):
  touch(tmp_path, f'{NFD}/{NFD}.jpg', 'tea/1.jpg')
  assert image_files.folder_names(tmp_path) == (NFC, 'tea')
  (tmp_path / 'labels.txt').write_text(f'tea\n{NFD}\n', encoding='utf-8')
  names = labels_file.read(tmp_path / 'labels.txt')
  assert names == ('tea', NFC)
  listing = image_files.find_images(tmp_path, names)
  assert relatives(listing) == ['tea/1.jpg', f'{NFC}/{NFC}.jpg']
  assert (listing.missing_classes, listing.other_folders) == ((), ())
  assert os.path.samefile(listing.images[1].path, tmp_path / NFD / f'{NFD}.jpg')


def test_label_in_two_unicode_forms_is_a_duplicate(tmp_path):
  path = tmp_path / 'labels.txt'
  path.write_text(f'{NFC}\n{NFD}\n', encoding='utf-8')
  with pytest.raises(labels_file.LabelsError, match='twice'):
    labels_file.read(path)


def test_folders_in_two_unicode_forms_are_one_class(tmp_path):
  touch(tmp_path, f'{NFC}/{NFC}.jpg', f'{NFC}/{NFD}.jpg', f'{NFD}/{NFD}.jpg')
  if len(os.listdir(tmp_path)) < 2:
    pytest.skip('this file system has one spelling')
  assert image_files.folder_names(tmp_path) == (NFC,)
  listing = image_files.find_images(tmp_path, [NFC])
  assert len(set(relatives(listing))) == 3
  assert {image.class_name for image in listing.images} == {NFC}
