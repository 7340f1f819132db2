"""Tests of reading the audit of the data."""

import json

import pytest

from inception.data.curation import audit as audit_lib
from inception.evaluation import audit_file


@pytest.mark.parametrize('text', [None, '[]', 'no JSON'])
def test_other_files_have_no_content(tmp_path, text):
  if text is not None:
    (tmp_path / 'audit.json').write_text(text, encoding='utf-8')
  assert audit_file.read(tmp_path) == {}


def test_entries_with_a_path_are_returned(tmp_path):
  content = {
    'leaks': [[{'path': 'a'}, {'path': 'b'}], 3, [{}, {'path': 1}, 'c']],
    'small_images': [{'path': 'd'}, 4, {'file': 'e'}],
    'conflicts': 5,
  }
  (tmp_path / 'audit.json').write_text(json.dumps(content), encoding='utf-8')
  audit = audit_file.read(tmp_path)
  assert audit_file.groups(audit, 'leaks') == [
    [{'path': 'a'}, {'path': 'b'}],
    [],
    [],
  ]
  assert audit_file.entries(audit, 'small_images') == [{'path': 'd'}]
  for key in ('conflicts', 'scenes'):
    assert audit_file.groups(audit, key) == []
    assert audit_file.entries(audit, key) == []


def test_name_is_that_of_the_audit():
  assert audit_file.FILE == audit_lib.FILE
