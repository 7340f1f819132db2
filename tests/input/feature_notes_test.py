"""Tests of inception.input.feature_notes."""

import dataclasses
import hashlib
import json
import os

import numpy as np
import pytest

from inception.input import feature_notes

NOTE = feature_notes.Note(
  subset='train',
  records='ab' * 64,
  num_examples=3,
  num_features=2048,
  network='cd' * 64,
  image_size=299,
)


def write(folder, key, note=NOTE, *, changed=0):
  name = f'features-{note.subset}-{key}'
  (folder / f'{name}.npy').write_bytes(b'rows')
  os.utime(folder / f'{name}.npy', (changed, changed))
  feature_notes.write(folder, name, note)
  return name


def test_digest_includes_the_lengths_of_the_records():
  digest = feature_notes.RecordsDigest()
  digest.add(b'ab')
  digest.add(b'c')
  content = bytes([2, 0, 0, 0, 0, 0, 0, 0]) + b'ab'
  content += bytes([1, 0, 0, 0, 0, 0, 0, 0]) + b'c'
  assert digest.hexdigest() == hashlib.blake2b(content).hexdigest()
  other = feature_notes.RecordsDigest()
  other.add(b'a')
  other.add(b'bc')
  assert other.hexdigest() != digest.hexdigest()


class Weight:
  """The part of a TensorFlow variable that is used."""

  def __init__(self, *values, dtype=np.float32):
    self.values = np.array(values, dtype)

  def numpy(self):
    return self.values


def network(folder, *, text='source', weights=None, facts=(299, 'float32')):
  source = folder / 'source.py'
  source.write_text(text, encoding='utf-8')
  return feature_notes.network_digest(
    [source], weights or {'a': Weight(1, 2), 'b': Weight(3)}, facts
  )


@pytest.mark.parametrize(
  'change',
  [
    {'text': 'other'},
    {'facts': (160, 'float32')},
    {'weights': {'a': Weight(1, 2), 'b': Weight(4)}},
    {'weights': {'a': Weight(1), 'b': Weight(2, 3)}},
    {'weights': {'a': Weight(1, 2), 'c': Weight(3)}},
    {'weights': {'a': Weight(1, 2), 'b': Weight(3, dtype=np.int32)}},
  ],
)
def test_network_digest_depends_on_each_part(tmp_path, change):
  assert network(tmp_path, **change) != network(tmp_path)
  swapped = {'b': Weight(3), 'a': Weight(1, 2)}
  assert network(tmp_path, weights=swapped) == network(tmp_path)
  assert len(network(tmp_path)) == 128


def test_unreadable_source_is_an_error(tmp_path):
  with pytest.raises(OSError):
    feature_notes.network_digest([tmp_path / 'missing.py'], {}, ())


def test_notes_are_read_newest_first(tmp_path):
  test = dataclasses.replace(NOTE, subset='test', num_examples=1)
  old = write(tmp_path, 'a', changed=1)
  new = write(tmp_path, 'b', changed=3)
  middle = write(tmp_path, 'c', test, changed=2)
  assert feature_notes.read_all(tmp_path) == [
    (new, NOTE),
    (middle, test),
    (old, NOTE),
  ]


def test_equal_note_is_not_written_again(tmp_path):
  name = write(tmp_path, 'a')
  path = tmp_path / f'{name}.json'
  os.utime(path, (5, 5))
  feature_notes.write(tmp_path, name, NOTE)
  assert path.stat().st_mtime == 5
  other = dataclasses.replace(NOTE, image_size=160)
  feature_notes.write(tmp_path, name, other)
  assert feature_notes.read_all(tmp_path) == [(name, other)]


@pytest.mark.parametrize(
  'change',
  [
    {'format_version': 2},
    {'records': 5},
    {'num_examples': '3'},
    {'num_examples': True},
    {'network': None},
  ],
)
def test_invalid_notes_are_left_out(tmp_path, change):
  name = write(tmp_path, 'a')
  path = tmp_path / f'{name}.json'
  facts = json.loads(path.read_text(encoding='utf-8'))
  path.write_text(json.dumps(facts | change), encoding='utf-8')
  assert feature_notes.read_all(tmp_path) == []


def test_damaged_notes_and_notes_without_features_are_left_out(tmp_path):
  damaged, without_features = write(tmp_path, 'a'), write(tmp_path, 'b')
  (tmp_path / f'{damaged}.json').write_text('{', encoding='utf-8')
  (tmp_path / f'{without_features}.npy').unlink()
  assert feature_notes.read_all(tmp_path) == []


def test_missing_folder_has_no_notes(tmp_path):
  assert feature_notes.read_all(tmp_path / 'missing') == []
  (tmp_path / 'file').write_bytes(b'')
  assert feature_notes.read_all(tmp_path / 'file') == []


def test_failure_to_write_a_note_is_an_error(tmp_path):
  with pytest.raises(OSError):
    feature_notes.write(tmp_path / 'missing', 'features-train-a', NOTE)
