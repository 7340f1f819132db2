"""Tests of inception.inspection.declared."""

import json

import pytest

from inception import dataset
from inception.inspection import declared
from inception.inspection import record_examination
from inception.inspection import record_table


def table(**labels):
  """Returns a table of records: {subset: labels}."""
  made = record_table.RecordTable()
  for subset, numbers in labels.items():
    made.begin_shard(subset, subset)
    for record, label in enumerate(numbers):
      made.add(
        record_examination.ExaminedRecord(label=label), record=record, offset=0
      )
  return made


def info(num_examples_of, examples_per_class):
  return dataset.Dataset(
    name='pets',
    data_dir='',
    class_names=('cat', 'dog'),
    num_examples_of=num_examples_of,
    examples_per_class=examples_per_class,
  )


SOUND = info(
  {'train': 3, 'test': 1}, {'train': {'cat': 2, 'dog': 1}, 'test': {'dog': 1}}
)


def test_equal_numbers_are_accepted():
  records = table(train=[1, 1, 2], test=[2])
  assert list(declared.wrong_counts(records, SOUND)) == []
  assert list(declared.wrong_counts(records, None)) == []


def test_different_numbers_are_reported():
  assert list(declared.wrong_counts(table(train=[1, 2, 2, 2]), SOUND)) == [
    'dataset_info.json says that train has 3 records, but its shards have 4',
    'dataset_info.json says that test has 1 records, but its shards have 0',
    "dataset_info.json says that train has 2 records of 'cat', but its shards "
    'have 1',
    "dataset_info.json says that train has 1 records of 'dog', but its shards "
    'have 3',
    "dataset_info.json says that test has 1 records of 'dog', but its shards "
    'have 0',
  ]


def test_subsets_that_were_not_read_are_not_reported():
  records = table(train=[1, 1, 2])
  assert list(declared.wrong_counts(records, SOUND, only_subset='train')) == []


@pytest.mark.parametrize(
  ('content', 'distance'),
  [
    ({'settings': {'near_duplicate_distance': 0}}, 0),
    ({'settings': {'near_duplicate_distance': 17}}, 17),
    ({'settings': {'near_duplicate_distance': 'x'}}, 24),
    ({'settings': {'near_duplicate_distance': 1000}}, 24),
    ({'settings': {}}, 24),
    ([], 24),
  ],
)
def test_distance_is_that_of_the_audit(tmp_path, content, distance):
  (tmp_path / 'audit.json').write_text(json.dumps(content), encoding='utf-8')
  assert declared.near_duplicate_distance(tmp_path) == distance


def test_without_an_audit_the_default_distance_is_used(tmp_path):
  assert declared.near_duplicate_distance(tmp_path) == 24
  (tmp_path / 'audit.json').write_text('{', encoding='utf-8')
  assert declared.near_duplicate_distance(tmp_path) == 24
