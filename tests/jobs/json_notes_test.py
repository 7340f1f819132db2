"""Tests of inception.jobs.json_notes."""

import pytest

from inception.jobs import json_notes


def test_a_note_is_read_as_it_was_written(tmp_path):
  path = tmp_path / '.größe.json'
  facts = {'name': 'größe', 'files': {'a/b': [3, 'c']}, 'total': None}
  json_notes.write(path, facts)
  assert json_notes.read(path) == facts
  assert path.read_bytes().endswith(b'}\n')
  assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_a_name_that_is_not_unicode_can_be_noted(tmp_path):
  json_notes.write(tmp_path / 'note', {'file': '\udcfc.jpg'})
  assert json_notes.read(tmp_path / 'note') == {'file': '\udcfc.jpg'}


@pytest.mark.parametrize(
  'content', [b'', b'{"half": ', b'[1]', b'\xff', b'null', b'3']
)
def test_damaged_note_reads_as_empty(tmp_path, content):
  (tmp_path / 'note').write_bytes(content)
  assert json_notes.read(tmp_path / 'note') == {}


def test_missing_note_reads_as_empty(tmp_path):
  assert json_notes.read(tmp_path / 'note') == {}
  assert json_notes.read(tmp_path) == {}


def test_a_note_that_cannot_be_written_is_an_error(tmp_path):
  with pytest.raises(FileNotFoundError):
    json_notes.write(tmp_path / 'missing' / 'note', {})
