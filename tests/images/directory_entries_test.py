"""Tests of classifying the entries of folders of photographs."""

import os

import pytest

from inception.images import directory_entries


def entry(path):
  with os.scandir(path.parent) as entries:
    return next(entry for entry in entries if entry.name == path.name)


@pytest.mark.parametrize(
  ('name', 'expected'),
  [
    ('.hidden', True),
    ('Thumbs.db', True),
    ('__MACOSX', True),
    ('@eaDir', True),
    ('lost+found', True),
    ('photo.jpg', False),
    ('thumbs.db.jpg', False),
  ],
)
def test_clutter_is_recognised_by_name(name, expected):
  assert directory_entries.is_clutter(name) == expected


@pytest.mark.parametrize(
  ('name', 'expected'),
  [('a.JPG', True), ('a.heic', True), ('a.jpg.txt', False), ('jpg', False)],
)
def test_image_endings_are_recognised(name, expected):
  assert directory_entries.has_image_ending(name) == expected


@pytest.mark.parametrize(
  ('name', 'content', 'expected'),
  [
    ('notes.txt', b'Notes', True),
    ('notes.txt', b'\xff\xd8\xff\xe0 and more', False),
    ('notes', b'Notes', False),
    ('photo.jpg', b'Notes', False),
  ],
)
def test_sidecar_has_the_name_and_is_no_image(
  tmp_path, name, content, expected
):
  path = tmp_path / name
  path.write_bytes(content)
  assert directory_entries.is_sidecar(entry(path)) == expected


def test_folders_and_files_are_distinguished(tmp_path):
  (tmp_path / 'folder').mkdir()
  (tmp_path / 'file').touch()
  assert directory_entries.is_folder(entry(tmp_path / 'folder'))
  assert not directory_entries.is_folder(entry(tmp_path / 'file'))
  for name in ('folder', 'file'):
    assert directory_entries.reason_to_skip(entry(tmp_path / name)) == ''


def test_folder_holds_a_file_at_any_depth(tmp_path):
  deep = tmp_path / 'a' / 'b'
  deep.mkdir(parents=True)
  (deep / '.hidden').touch()
  assert not directory_entries.holds_a_file(str(tmp_path))
  (deep / 'photo.jpg').touch()
  assert directory_entries.holds_a_file(str(tmp_path))


def test_unreadable_folder_counts_as_holding_a_file(tmp_path):
  assert directory_entries.holds_a_file(str(tmp_path / 'missing'))
