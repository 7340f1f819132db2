"""Tests of inception.inspection.cached_features."""

import os

import numpy as np
import pytest

from inception.input import feature_notes
from inception.inspection import cached_features
from inception.testing import cached_feature_files
from inception.testing import record_folders

TRAIN = np.arange(12, dtype=np.float32).reshape(3, 4)
TEST = TRAIN[:1] + 100


@pytest.fixture(name='folder')
def _folder(tmp_path):
  record = record_folders.record
  record_folders.write(
    tmp_path,
    {'train': [[record(1), record(2)], [record(3)]], 'test': [[record(4)]]},
  )
  return tmp_path


def find(folder, *, subsets=('train', 'test'), **changed):
  notes = feature_notes.read_all(cached_features.folder(folder))
  digests = {
    note.subset: note.records for _, note in notes if note.subset in subsets
  }
  return cached_features.find(folder, notes, digests | changed)


def write(folder, subset, values, *, changed=0, **options):
  path = cached_feature_files.write(folder, subset, values, **options)
  os.utime(path, (changed, changed))
  return path


def test_features_of_all_subsets_are_found(folder):
  write(folder, 'train', TRAIN)
  write(folder, 'test', TEST)
  cached = find(folder)
  assert set(cached.values) == {'train', 'test'}
  np.testing.assert_array_equal(cached.values['train'], TRAIN)
  np.testing.assert_array_equal(cached.values['test'], TEST)
  assert cached.image_size == 299
  assert set(find(folder, subsets=['test']).values) == {'test'}


def test_features_of_other_records_are_not_used(folder):
  write(folder, 'train', TRAIN)
  assert find(folder, train='0' * 128) is None
  write(folder, 'test', TEST)
  assert set(find(folder, train='0' * 128).values) == {'test'}


def test_networks_are_not_mixed(folder):
  write(folder, 'train', TRAIN, network='first', changed=5)
  write(folder, 'test', TEST, network='second', changed=9)
  assert set(find(folder).values) == {'train'}


def test_network_with_most_records_is_selected_then_the_newest(folder):
  write(folder, 'train', TRAIN, network='first', key='a', changed=1)
  write(folder, 'test', TEST, network='first', key='a', changed=1)
  write(folder, 'train', TRAIN + 1, network='second', key='b', changed=5)
  assert find(folder).values['train'][0, 0] == 0
  write(folder, 'test', TEST + 1, network='second', key='b', changed=5)
  assert find(folder).values['train'][0, 0] == 1
  # Of two files of one network, the newest is used.
  write(folder, 'train', TRAIN + 2, network='second', key='c', changed=9)
  assert find(folder).values['train'][0, 0] == 2


def test_damaged_files_are_skipped(folder):
  write(folder, 'train', TRAIN, network='first', key='a', changed=1)
  path = write(folder, 'train', TRAIN + 1, network='second', key='b', changed=5)
  content = bytearray(path.read_bytes())
  content[-10] ^= 1
  path.write_bytes(content)
  assert find(folder).values['train'][0, 0] == 0
  path.write_bytes(b'')
  assert find(folder).values['train'][0, 0] == 0
  path.unlink()
  path.mkdir()
  assert find(folder).values['train'][0, 0] == 0


def test_result_without_features_is_none(folder):
  assert find(folder) is None
