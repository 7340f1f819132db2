"""What records were made from, remembered."""

import hashlib
import json

import google_crc32c
import pytest

from inception import dataset
from inception.data import receipt


@pytest.fixture(name='made')
def _made(tmp_path):
  """Two shards and what describes them."""
  for i in range(2):
    (tmp_path / f'train-0000{i}-of-00002').write_bytes(bytes([i]))
  made = dataset.Dataset(name='x', data_dir=str(tmp_path), class_names=('a',),
                         num_examples_of={'train': 2})
  dataset.write_info(made)
  return made


def test_sha256_of_a_file(tmp_path):
  content = bytes(range(256)) * 10_000
  (tmp_path / 'file').write_bytes(content)
  assert receipt.sha256(tmp_path / 'file') == hashlib.sha256(
      content).hexdigest()


@pytest.mark.parametrize(('content', 'checksum'), [
    # RFC 3720, appendix B.4.
    (bytes(32), '8a9136aa-32'), (b'\xff' * 32, '62a8ab43-32'),
    (bytes(range(32)), '46dd794e-32'),
    (b'123456789', 'e3069283-9'), (b'', '00000000-0')])
def test_crc32c_of_a_file(tmp_path, content, checksum):
  (tmp_path / 'file').write_bytes(content)
  assert receipt.crc32c(tmp_path / 'file') == checksum


def test_crc32c_of_a_file_that_is_read_in_parts(tmp_path, monkeypatch):
  monkeypatch.setattr(receipt, '_CHUNK', 7)
  content = bytes(range(256))
  (tmp_path / 'file').write_bytes(content)
  assert receipt.crc32c(tmp_path / 'file') == (
      f'{google_crc32c.value(content):08x}-256')
  with pytest.raises(FileNotFoundError):
    receipt.crc32c(tmp_path / 'none')


def test_a_fingerprint_depends_on_the_facts_and_not_on_their_order():
  first = receipt.fingerprint({'a': 1, 'b': ['x']})
  assert first == receipt.fingerprint({'b': ['x'], 'a': 1})
  assert first != receipt.fingerprint({'a': 1, 'b': ['y']})


def test_records_are_found_again(tmp_path, made):
  receipt.write(made, 'photos')
  assert receipt.find(tmp_path, 'photos') == made


def test_records_of_something_else_are_not_found(tmp_path, made):
  receipt.write(made, 'photos')
  assert receipt.find(tmp_path, 'other photos') is None


def test_a_folder_without_a_receipt_is_not_found(tmp_path, made):
  assert made
  assert receipt.find(tmp_path, 'photos') is None
  assert receipt.find(tmp_path / 'none', 'photos') is None


@pytest.mark.parametrize('content', [
    b'', b'\xff', b'[]', b'{}', b'3', b'{"made_from": "photos"}',
    b'{"made_from": "photos", "crc32c": 3}',
    b'{"made_from": "photos", "crc32c": {"none": "0"}}',
    # What an earlier program wrote.
    b'{"made_from": "photos", "sha256": {}}'])
def test_a_broken_receipt_is_not_found(tmp_path, made, content):
  receipt.write(made, 'photos')
  (tmp_path / '.records.json').write_bytes(content)
  assert receipt.find(tmp_path, 'photos') is None


def test_a_missing_or_changed_shard_is_noticed(tmp_path, made):
  receipt.write(made, 'photos')
  shard = tmp_path / 'train-00001-of-00002'
  shard.write_bytes(b'y')  # As long as it was.
  assert receipt.find(tmp_path, 'photos') is None
  shard.unlink()
  assert receipt.find(tmp_path, 'photos') is None


def test_an_unfinished_folder_is_not_found(tmp_path, made):
  receipt.write(made, 'photos')
  dataset.mark_unfinished(tmp_path)
  assert receipt.find(tmp_path, 'photos') is None


def test_the_receipt_is_a_hidden_file(tmp_path, made):
  receipt.write(made, 'photos')
  hidden = [path.name for path in tmp_path.iterdir()
            if path.name.startswith('.')]
  assert hidden == ['.records.json']
  told = json.loads((tmp_path / '.records.json').read_bytes())
  assert told == {
      'made_from': 'photos', 'crc32c': {
          f'train-0000{i}-of-00002': f'{google_crc32c.value(bytes([i])):08x}-1'
          for i in range(2)}}
