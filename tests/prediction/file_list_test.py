"""Tests of the files that arguments name."""

import os

import pytest

from inception.prediction import file_list
from inception.testing import image_folders


@pytest.fixture(name='base')
def _base(tmp_path):
  for name in ('b.jpg', 'a.jpg', 'sub folder/\u00fc.png', 'sub folder/c.jpg'):
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(image_folders.image_file(1))
  (tmp_path / 'sub folder' / 'photo without ending').write_bytes(
    image_folders.image_file(2)
  )
  (tmp_path / 'sub folder' / 'notes.txt').write_bytes(b'x')
  (tmp_path / 'sub folder' / 'broken.jpg').write_bytes(b'x')
  (tmp_path / 'sub folder' / '.DS_Store').write_bytes(b'x')
  (tmp_path / '[1].jpg').write_bytes(b'x')
  return tmp_path


def expand(base, *arguments, stdin=b''):
  return file_list.expand(arguments, base=str(base), read_stdin=lambda: stdin)


def in_folder(*names):
  return tuple(os.path.join('sub folder', name) for name in names)


def test_files_come_in_the_order_given(base):
  assert expand(base, 'b.jpg', 'a.jpg', 'b.jpg').names == (
    'b.jpg',
    'a.jpg',
    'b.jpg',
  )


def test_folder_yields_files_with_an_image_name_or_signature(base):
  found = expand(base, 'sub folder')
  assert found.names == in_folder(
    'broken.jpg', 'c.jpg', 'photo without ending', '\u00fc.png'
  )
  assert found.num_left_out == 1
  assert os.path.isfile(found.path(found.names[0]))


def test_patterns_are_expanded_without_a_shell(base):
  assert expand(base, '?.jpg').names == ('a.jpg', 'b.jpg')
  assert expand(base, 'sub*/*.png').names == in_folder('\u00fc.png')
  assert expand(base, 'sub*').names == expand(base, 'sub folder').names
  assert len(expand(base, '**/*.jpg').names) == 5
  assert expand(base, str(base / '?.jpg')).names[0] == str(base / 'a.jpg')


def test_existing_name_with_brackets_is_not_a_pattern(base):
  assert expand(base, '[1].jpg').names == ('[1].jpg',)


def test_home_folder_is_expanded(base, monkeypatch):
  monkeypatch.setenv('HOME', str(base))
  monkeypatch.setenv('USERPROFILE', str(base))
  assert expand('', os.path.join('~', '?.jpg')).names == tuple(
    str(base / name) for name in ('a.jpg', 'b.jpg')
  )


@pytest.mark.parametrize(
  'content',
  [
    b'a.jpg\nmissing.jpg\nsub folder\n',
    b'a.jpg\r\nmissing.jpg\r\n\r\nsub folder',
    b'\xef\xbb\xbfa.jpg\nmissing.jpg\nsub folder',
    b'a.jpg\0missing.jpg\0sub folder\0',
    'a.jpg\r\nmissing.jpg\r\nsub folder'.encode('utf-16'),
  ],
)
def test_list_on_standard_input(base, content):
  assert expand(base, '-', stdin=content).names == (
    'a.jpg',
    'missing.jpg',
    *in_folder('broken.jpg', 'c.jpg', 'photo without ending', '\u00fc.png'),
  )


def test_shards_share_the_files(base):
  files = expand(base, 'sub folder')
  shards = [files.shard(index, 3).names for index in range(3)]
  assert shards[0] == (files.names[0], files.names[3])
  assert sorted(sum(shards, ())) == sorted(files.names)


@pytest.mark.parametrize(
  'arguments,stdin,reason',
  [
    ([], b'', 'give what to classify'),
    (['no.jpg'], b'', "there is no file or folder 'no.jpg'"),
    (['*.gif'], b'', r"the pattern '\*.gif' matches no image"),
    (['empty'], b'', "the folder 'empty' holds no image"),
    (['-'], b'', 'is empty'),
    (['-'], b'\n\r\n', 'is empty'),
    (['-'], image_folders.image_file(1), 'is an image, not a list'),
    (['-'], b'\xff\xfe\x00', 'neither UTF-8 nor UTF-16'),
  ],
)
def test_mistakes_are_reported(base, arguments, stdin, reason):
  (base / 'empty').mkdir()
  with pytest.raises(file_list.InputError, match=reason):
    expand(base, *arguments, stdin=stdin)


@pytest.mark.parametrize(
  'error,reason',
  [
    (OSError('a broken disk'), 'a broken disk'),
    (AttributeError('None has no buffer'), 'it is closed'),
  ],
)
def test_unreadable_list_is_reported(error, reason):
  def read_stdin():
    raise error

  with pytest.raises(file_list.InputError, match=rf'cannot be read \({reason}'):
    file_list.expand(['-'], read_stdin=read_stdin)


@pytest.mark.skipif(
  os.name == 'nt' or not hasattr(os, 'geteuid') or os.geteuid() == 0,
  reason='every folder is readable here',
)
def test_unreadable_folder_is_reported(tmp_path):
  (tmp_path / 'shut').mkdir(mode=0)
  with pytest.raises(file_list.InputError, match='cannot be read'):
    expand(tmp_path, 'shut')


def test_unreadable_folder_is_reported_with_the_systems_message(
  base, monkeypatch
):
  def refuse(path):
    raise PermissionError(13, 'Permission denied', path)

  monkeypatch.setattr(file_list.image_files, 'find_below', refuse)
  with pytest.raises(file_list.InputError, match='Permission denied'):
    expand(base, 'sub folder')
