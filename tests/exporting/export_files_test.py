"""Tests of the folders of an export."""

import json

import pytest

from inception.exporting import export_files


def write_version(output, number, name='saved_model'):
  folder = output / name / str(number)
  folder.mkdir(parents=True)
  (folder / 'saved_model.pb').write_bytes(b'x' * number)
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


def test_next_version_is_larger_than_any(tmp_path):
  assert export_files.next_version(tmp_path / 'missing') == 1
  write_version(tmp_path, 2)
  write_version(tmp_path, 10, 'openvino')
  (tmp_path / 'saved_model' / 'notes').mkdir()
  (tmp_path / 'openvino' / '77.txt').write_text('a file', 'utf-8')
  assert export_files.next_version(tmp_path) == 11
  export_files.append(tmp_path, {'version': 30})
  assert export_files.next_version(tmp_path) == 31


def test_version_appears_when_it_is_published(tmp_path):
  with export_files.temporary(tmp_path, 'saved_model', 1) as path:
    path.mkdir()
    (path / 'a').write_bytes(b'abc')
    assert not list((tmp_path / 'saved_model').glob('[0-9]*'))
    target = export_files.publish(tmp_path, 'saved_model', 1)
  assert target == tmp_path / 'saved_model' / '1'
  assert [file.name for file in target.iterdir()] == ['a']
  assert export_files.size(target) == 3
  assert list(target.parent.iterdir()) == [target]


def test_interrupted_version_leaves_nothing(tmp_path):
  with pytest.raises(KeyboardInterrupt):
    with export_files.temporary(tmp_path, 'saved_model', 1) as path:
      path.mkdir()
      raise KeyboardInterrupt
  assert not list(tmp_path.iterdir())


def test_leftover_of_a_kill_is_replaced(tmp_path):
  with export_files.temporary(tmp_path, 'saved_model', 1) as path:
    leftover = path
  leftover.mkdir(parents=True)
  (leftover / 'old').write_bytes(b'')
  with export_files.temporary(tmp_path, 'saved_model', 1) as path:
    assert path == leftover and not path.exists()


def test_existing_version_is_never_replaced(tmp_path):
  write_version(tmp_path, 1)
  with export_files.temporary(tmp_path, 'saved_model', 1) as path:
    path.mkdir()
    with pytest.raises(export_files.ExportError, match='appeared meanwhile'):
      export_files.publish(tmp_path, 'saved_model', 1)
  assert (tmp_path / 'saved_model' / '1' / 'saved_model.pb').exists()


def test_locate_takes_the_newest_version(tmp_path):
  write_version(tmp_path, 9)
  newest = write_version(tmp_path, 10)
  for path in (tmp_path, tmp_path / 'saved_model', newest):
    assert export_files.locate(path) == newest
  assert export_files.locate(str(tmp_path / 'saved_model' / '9')).name == '9'


@pytest.mark.parametrize('name', ['', 'missing', 'saved_model'])
def test_locate_refuses_other_folders(tmp_path, name):
  (tmp_path / 'saved_model' / '1').mkdir(parents=True)
  with pytest.raises(export_files.ExportError, match='holds no SavedModel'):
    export_files.locate(tmp_path / name)


def test_description_is_read(tmp_path):
  folder = write_version(tmp_path, 1)
  write_description(folder)
  assert export_files.read_description(folder)['image_size'] == 75


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
    export_files.read_description(folder)


def test_missing_description_is_refused(tmp_path):
  with pytest.raises(export_files.ExportError, match='that export has written'):
    export_files.read_description(write_version(tmp_path, 1))


def test_report_keeps_earlier_exports(tmp_path):
  export_files.append(tmp_path, {'version': 1, 'name': 'Röschen'})
  path = export_files.append(tmp_path, {'version': 2})
  values = json.loads(path.read_text('utf-8'))
  assert [entry['version'] for entry in values['exports']] == [1, 2]
  assert 'Röschen' in path.read_text('utf-8')


@pytest.mark.parametrize(
  'text, reason',
  [
    ('precious', 'is not JSON'),
    ('[]', 'is damaged'),
    ('{"format_version": 9}', 'has format_version 9'),
    ('{"format_version": 1, "exports": [{}]}', 'is damaged'),
  ],
)
def test_other_report_is_refused(tmp_path, text, reason):
  path = tmp_path / 'export.json'
  path.write_text(text, 'utf-8')
  for call in (
    export_files.next_version,
    lambda output: export_files.append(output, {'version': 1}),
  ):
    with pytest.raises(export_files.ExportError, match=reason):
      call(tmp_path)
  assert path.read_text('utf-8') == text


def test_card_never_replaces_another(tmp_path):
  path = export_files.card_path(tmp_path, 1)
  assert path.name == 'MODEL_CARD.md'
  path.write_text('by hand', 'utf-8')
  second = export_files.card_path(tmp_path, 2)
  assert second.name == 'MODEL_CARD-2.md'
  second.write_text('by hand', 'utf-8')
  assert export_files.card_path(tmp_path, 2).name == 'MODEL_CARD-3.md'
