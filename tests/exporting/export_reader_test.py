"""Tests of reading exports."""

import json

import pytest

from inception.exporting import export_files
from inception.exporting import export_reader


def write_version(output, number):
  folder = output / 'saved_model' / str(number)
  folder.mkdir(parents=True)
  (folder / 'saved_model.pb').touch()
  return folder


def write_description(folder, **changes):
  path = folder / 'assets.extra' / 'model.json'
  path.parent.mkdir()
  values = {
    'format_version': 1,
    'class_names': ['a'],
    'image_size': 75,
    'none_of_these': None,
    'precision': 'float32',
  }
  path.write_text(json.dumps(values | changes), 'utf-8')


def test_locate_takes_the_newest_version(tmp_path):
  write_version(tmp_path, 9)
  newest = write_version(tmp_path, 10)
  for path in (tmp_path, tmp_path / 'saved_model', newest):
    assert export_reader.locate(path) == newest
  assert export_reader.locate(str(tmp_path / 'saved_model' / '9')).name == '9'


@pytest.mark.parametrize('name', ['', 'missing', 'saved_model'])
def test_locate_refuses_other_folders(tmp_path, name):
  (tmp_path / 'saved_model' / '1').mkdir(parents=True)
  with pytest.raises(export_files.ExportError, match='holds no SavedModel'):
    export_reader.locate(tmp_path / name)


def test_description_is_read(tmp_path):
  folder = write_version(tmp_path, 1)
  write_description(folder)
  assert export_reader.read_description(folder)['image_size'] == 75


@pytest.mark.parametrize(
  'changes, reason',
  [({'format_version': 2}, 'has format_version 2'), ({}, 'lacks a field')],
)
def test_unusable_description_is_refused(tmp_path, changes, reason):
  folder = write_version(tmp_path, 1)
  write_description(folder, **changes)
  if not changes:
    path = folder / 'assets.extra' / 'model.json'
    path.write_text('{"format_version": 1}', 'utf-8')
  with pytest.raises(export_files.ExportError, match=reason):
    export_reader.read_description(folder)


def test_missing_description_is_refused(tmp_path):
  with pytest.raises(export_files.ExportError, match='that export has written'):
    export_reader.read_description(write_version(tmp_path, 1))
