"""Tests of inception.data.provenance."""

import json

import google_crc32c
import pytest

from inception import dataset
from inception.data import provenance


@pytest.fixture(name='made')
def _made(tmp_path):
  """Two shards and the data set that describes them."""
  for i in range(2):
    (tmp_path / f'train-0000{i}-of-00002').write_bytes(bytes([i]))
  made = dataset.Dataset(
    name='x',
    data_dir=str(tmp_path),
    class_names=('a',),
    num_examples_of={'train': 2},
  )
  dataset.write_info(made)
  return made


def test_matching_records_are_found(tmp_path, made):
  provenance.write(made, 'photos')
  assert provenance.find(tmp_path, 'photos') == made


def test_records_of_another_plan_are_not_found(tmp_path, made):
  provenance.write(made, 'photos')
  assert provenance.find(tmp_path, 'other photos') is None


def test_folder_without_a_note_is_not_found(tmp_path, made):
  assert made
  assert provenance.find(tmp_path, 'photos') is None
  assert provenance.find(tmp_path / 'none', 'photos') is None


@pytest.mark.parametrize(
  'content',
  [
    b'',
    b'\xff',
    b'[]',
    b'{}',
    b'3',
    b'{"made_from": "photos"}',
    b'{"made_from": "photos", "crc32c": 3}',
    b'{"made_from": "photos", "crc32c": {"none": "0"}}',
    # The note of an earlier version.
    b'{"made_from": "photos", "sha256": {}}',
  ],
)
def test_invalid_note_is_ignored(tmp_path, made, content):
  provenance.write(made, 'photos')
  (tmp_path / '.records.json').write_bytes(content)
  assert provenance.find(tmp_path, 'photos') is None


def test_missing_or_changed_shard_is_detected(tmp_path, made):
  provenance.write(made, 'photos')
  shard = tmp_path / 'train-00001-of-00002'
  shard.write_bytes(b'y')  # Same length as before.
  assert provenance.find(tmp_path, 'photos') is None
  shard.unlink()
  assert provenance.find(tmp_path, 'photos') is None


def test_unfinished_folder_is_not_found(tmp_path, made):
  provenance.write(made, 'photos')
  dataset.mark_unfinished(tmp_path)
  assert provenance.find(tmp_path, 'photos') is None


def test_note_is_a_hidden_file(tmp_path, made):
  provenance.write(made, 'photos')
  hidden = [
    path.name for path in tmp_path.iterdir() if path.name.startswith('.')
  ]
  assert hidden == ['.records.json']
  told = json.loads((tmp_path / '.records.json').read_bytes())
  assert told == {
    'made_from': 'photos',
    'crc32c': {
      f'train-0000{i}-of-00002': f'{google_crc32c.value(bytes([i])):08x}-1'
      for i in range(2)
    },
  }
