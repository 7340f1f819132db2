"""Tests of the copies that the audit of the data found."""

import json

import pytest

from inception.evaluation import audit_copies
from inception.evaluation import record_sources


def entry(path, class_name, subset, done='kept'):
  return {'path': path, 'class': class_name, 'subset': subset, 'done': done}


AUDIT = {
  'exact_duplicates': [
    [
      entry('a/1.jpg', 'a', 'train'),
      entry('a/2.jpg', 'a', 'train'),
      entry('a/3.jpg', 'a', 'train', 'left out (a copy)'),
    ],
    [
      entry('a/4.jpg', 'a', 'train'),
      entry('a/5.jpg', 'a', 'train', 'left out (a copy)'),
    ],
  ],
  'leaks': [
    [
      entry('train/a/2.jpg', 'a', 'train'),
      entry('validation/b/6.jpg', 'b', 'validation'),
    ]
  ],
  'scenes': [
    [entry('b/7.jpg', 'b', 'validation'), entry('b/8.jpg', 'b', 'validation')]
  ],
}


@pytest.fixture(name='groups')
def _groups(tmp_path):
  (tmp_path / 'audit.json').write_text(json.dumps(AUDIT), encoding='utf-8')
  return audit_copies.read(tmp_path)


def test_groups_are_read_without_pictures_that_were_left_out(groups):
  assert groups == [
    [('train', 'a', '1.jpg'), ('train', 'a', '2.jpg')],
    [('train', 'a', '2.jpg'), ('validation', 'b', '6.jpg')],
    [('validation', 'b', '7.jpg'), ('validation', 'b', '8.jpg')],
  ]


@pytest.mark.parametrize('text', ['{}', '[]', 'no JSON', '{"leaks": 3}'])
def test_other_files_have_no_groups(tmp_path, text):
  assert audit_copies.read(tmp_path) == []
  (tmp_path / 'audit.json').write_text(text, encoding='utf-8')
  assert audit_copies.read(tmp_path) == []


def test_groups_with_a_common_example_become_one(groups):
  examples = [
    audit_copies.Example(*parts)
    for parts in (
      ('validation', 'b', '6.jpg'),
      ('train', 'a', '9.jpg'),
      ('train', 'a', '1.jpg'),
      ('validation', 'b', '7.jpg'),
      ('train', 'a', '2.jpg'),
    )
  ]
  # 8.jpg is not among the examples, so 7.jpg has no copy.
  assert audit_copies.indices(groups, examples) == [[0, 2, 4]]
  assert audit_copies.indices(groups, examples[:2]) == []


def test_evaluated_examples_with_a_training_copy_are_leaks(groups):
  assert audit_copies.leaked(groups, 'validation') == [
    ('validation', 'b', '6.jpg')
  ]
  assert audit_copies.leaked(groups, 'train') == []
  assert audit_copies.leaked(groups, 'test') == []


def test_examples_are_named_by_subset_class_and_file():
  sources = [
    record_sources.Source(
      file='1.jpg',
      label=2,
      shard='folder/my-test-00000-of-00002',
      record=0,
      offset=0,
    )
  ]
  assert audit_copies.of(sources, ['a', 'b']) == [('my-test', 'b', '1.jpg')]
