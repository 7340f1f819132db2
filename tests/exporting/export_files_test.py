"""Tests of the folders of an export."""

import json

import pytest

from inception.exporting import export_files


def write_version(output, number, name='saved_model'):
  folder = output / name / str(number)
  folder.mkdir(parents=True)
  (folder / 'saved_model.pb').write_bytes(b'x' * number)
  return folder


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


def test_labels_are_one_per_line():
  text = export_files.labels_text(['daisy', 'R\u00f6schen', 'sun flower'])
  assert text == 'daisy\nR\u00f6schen\nsun flower\n'
