"""Tests of looking up the evaluated pictures in the audit."""

import dataclasses
import json

import pytest

from inception.data.curation import audit
from inception.evaluation import audit_findings
from inception.testing import answers

AUDIT = {
  'num_images': 9,
  'conflicts': [[{'path': 'a/0.jpg'}, {'path': 'b/9.jpg'}]],
  'exact_duplicates': [[{'path': 'a/0.jpg'}, {'path': 'a/8.jpg'}]],
  'flawed_images': [
    {'path': 'a/1.jpg', 'flaw': 'nearly black'},
    {'path': 'a/1.jpg', 'flaw': 'nearly black'},
  ],
  'small_images': [{'path': 'b/old/2.jpg'}, {'path': 'a/1.jpg'}],
}


def write(folder, content):
  (folder / 'audit.json').write_text(json.dumps(content), encoding='utf-8')


@pytest.fixture
def predictions():
  # The second of four is wrong.
  made = answers.make(
    [[0, 1, 0], [0, 0, 1], [0, 0, 1], [0, 1, 0]], [1, 1, 2, 1]
  )
  made.sources[2] = dataclasses.replace(made.sources[2], folder='b/old')
  return made


def test_findings_are_looked_up_by_path(tmp_path, predictions):
  write(tmp_path, AUDIT)
  found = audit_findings.find(audit_findings.read(tmp_path), predictions)
  assert found.of_example == [
    ('also in another class', 'has an identical copy'),
    ('nearly black', 'small'),
    ('small',),
    (),
  ]
  assert found.counts == {
    'small': (2, 1),
    'also in another class': (1, 0),
    'has an identical copy': (1, 0),
    'nearly black': (1, 1),
  }
  assert found.to_json()[0] == {
    'finding': 'small',
    'num_examples': 2,
    'num_mistakes': 1,
  }


def test_paths_may_begin_with_the_subset(tmp_path, predictions):
  write(
    tmp_path,
    {
      'num_images': 2,
      'leaks': [[{'path': 'train/a/0.jpg'}, {'path': 'validation/a/3.jpg'}]],
    },
  )
  found = audit_findings.find(audit_findings.read(tmp_path), predictions)
  assert found.of_example == [(), (), (), ('also in another subset',)]


def test_facts_of_the_data_are_read(tmp_path):
  spread = {'min': 3, 'median': 4, 'max': 9}
  write(
    tmp_path,
    {
      'num_images': 1,
      'formats': {'PNG': 1},
      'sizes': {'width': spread, 'height': spread, 'total_file_bytes': 5},
    },
  )
  found = audit_findings.read(tmp_path)
  assert found.formats == {'PNG': 1}
  assert found.sizes == {'width': spread, 'height': spread}
  write(tmp_path, {'num_images': 0, 'sizes': {}})
  assert audit_findings.read(tmp_path).sizes == {}


def test_no_audit(tmp_path):
  assert audit_findings.read(tmp_path) is None
  write(tmp_path, [])
  assert audit_findings.read(tmp_path) is None


def test_entries_of_another_kind_are_skipped(tmp_path):
  write(
    tmp_path,
    {'num_images': 1, 'leaks': [[1, {}]], 'flawed_images': [{'path': 'x'}]},
  )
  assert audit_findings.read(tmp_path).findings == {}


def test_keys_are_those_of_the_audit():
  assert set(audit_findings.GROUPS) == set(audit.GROUP_KEYS.values())
