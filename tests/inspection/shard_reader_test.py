"""Tests of inception.inspection.shard_reader."""

import gzip

import pytest

from inception.inspection import shard_reader
from inception.testing import record_folders


def test_subsets_are_found_by_their_shards(tmp_path):
  for name in (
    'train-00000-of-00002',
    'my-of-test-00001-of-00002',
    'notes-of-train',
    'train-0-of-2',
    'dataset_info.json',
    '.valid-00000-of-00001.partial',
    '-of-',
  ):
    (tmp_path / name).touch()
  assert shard_reader.subsets(tmp_path) == {'train', 'my-of-test'}


def test_missing_folder_is_an_oserror(tmp_path):
  with pytest.raises(FileNotFoundError):
    shard_reader.subsets(tmp_path / 'missing')


def test_subsets_have_their_order():
  names = ['test', 'extra', 'validation', 'a', 'train']
  assert shard_reader.in_order(names) == [
    'train',
    'validation',
    'test',
    'a',
    'extra',
  ]


def test_each_shard_starts_with_a_mark_and_has_its_records(tmp_path):
  a, b = str(tmp_path / 'a'), str(tmp_path / 'b')
  record_folders.write_shard(a, [b'one', b'three'])
  record_folders.write_shard(b, [])
  item = shard_reader.Item
  assert list(shard_reader.read({'train': [a], 'test': [b]})) == [
    item(subset='train', shard=a),
    item(subset='train', shard=a, record=0, offset=0, data=b'one'),
    item(subset='train', shard=a, record=1, offset=19, data=b'three'),
    item(subset='test', shard=b),
  ]
  assert shard_reader.total_bytes({'train': [a], 'test': [b]}) == 3 + 5 + 2 * 16


def test_damage_ends_only_its_shard(tmp_path):
  a, b = str(tmp_path / 'a'), str(tmp_path / 'b')
  record_folders.write_shard(a, [b'one', b'three'])
  record_folders.write_shard(b, [b'four'])
  with open(a, 'r+b') as file:
    file.truncate(30)
  missing = str(tmp_path / 'missing')
  items = list(shard_reader.read({'train': [a, missing, b]}))
  assert [(item.shard, item.record, item.data) for item in items] == [
    (a, None, None),
    (a, 0, b'one'),
    (a, 1, None),
    (missing, None, None),
    (missing, 0, None),
    (b, None, None),
    (b, 0, b'four'),
  ]
  assert 'truncated' in items[2].reason
  assert 'prepare the data again' in items[2].reason
  assert 'cannot be read' in items[4].reason
  assert items[2].num_bytes == 0
  assert shard_reader.total_bytes({'train': [missing, b]}) == 20


def test_compressed_shard_is_reported_as_such(tmp_path):
  path = tmp_path / 'train-00000-of-00001'
  path.write_bytes(gzip.compress(b'x' * 99))
  _, item = shard_reader.read({'train': [str(path)]})
  assert (item.record, item.data) == (0, None)
  assert item.reason == 'the file is compressed with GZIP: decompress it'
