"""Tests of inception.inspection.record_table."""

import numpy as np
import pytest

from inception.inspection import record_examination
from inception.inspection import record_table
from inception.records import tfrecord_file
from inception.testing import record_folders

RECORDS = [record_folders.record(1, 2), record_folders.record(2, 3), b'']


@pytest.fixture(name='table')
def _table(tmp_path):
  found = record_table.RecordTable()
  found.begin_shard('train', tmp_path / 'empty')
  for subset in ('train', 'test'):
    path = tmp_path / subset
    record_folders.write_shard(path, RECORDS)
    found.begin_shard(subset, path)
    offset = 0
    for i, record in enumerate(RECORDS):
      found.add(record_examination.examine(record), record=i, offset=offset)
      offset += 16 + len(record)
  return found


def test_columns_have_the_added_values(table):
  assert len(table) == 6
  assert table.subsets == ['train', 'test']
  assert table.shard_subsets == [0, 0, 1]
  assert table.formats == ['', 'JPEG']
  assert table.formats[record_table.UNREADABLE] == ''
  for name, expected in (
    ('subset', [0, 0, 0, 1, 1, 1]),
    ('shard', [1, 1, 1, 2, 2, 2]),
    ('record', [0, 1, 2] * 2),
    ('height', [48, 48, 0] * 2),
    ('width', [64, 64, 0] * 2),
    ('image_format', [1, 1, 0] * 2),
    ('label', [2, 3, record_table.NO_LABEL] * 2),
    ('num_bytes', [*(len(record_folders.picture(i)) for i in (1, 2)), 0] * 2),
  ):
    np.testing.assert_array_equal(table.column(name), expected, name)


def test_digests_and_signatures_are_rows(table):
  examined = record_examination.examine(RECORDS[1])
  assert bytes(table.digests()[4]) == examined.digest
  assert bytes(table.signatures()[4]) == examined.signature
  assert not table.digests()[5].any()
  assert not table.signatures()[5].any()


def test_record_is_read_again(table, tmp_path):
  assert table.subset(4) == 'test'
  assert table.shard(4) == str(tmp_path / 'test')
  assert table.value(4, 'label') == 3
  assert table.read(4).filename == '2.jpg'


def test_changed_record_is_an_error(table, tmp_path):
  path = tmp_path / 'test'
  path.write_bytes(path.read_bytes()[:100])
  with pytest.raises(tfrecord_file.RecordError, match='record 1 '):
    table.read(4)


def test_empty_table_has_no_rows():
  table = record_table.RecordTable()
  assert len(table) == 0
  assert table.column('label').shape == (0,)
  assert table.digests().shape == (0, 16)


@pytest.mark.parametrize('label', [2**63 - 1, -(2**63)])
def test_any_label_fits(label):
  table = record_table.RecordTable()
  table.begin_shard('train', 'x')
  table.add(record_examination.ExaminedRecord(label=label), record=0, offset=0)
  assert table.column('label').tolist() == [label]
