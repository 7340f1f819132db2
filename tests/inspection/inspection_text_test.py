"""Tests of inception.inspection.inspection_text."""

import io

import numpy as np
import pytest
from PIL import Image

from inception.inspection import feature_copies
from inception.inspection import inspection_text
from inception.inspection import record_inspection
from inception.testing import cached_feature_files
from inception.testing import record_folders

record = record_folders.record


@pytest.fixture(name='lines_of')
def _lines_of(tmp_path):
  def lines_of(shards, **options):
    record_folders.write(tmp_path, shards, **options)
    inspection = record_inspection.inspect(tmp_path, log=print)
    return [
      *inspection_text.lines(inspection),
      inspection_text.verdict(inspection),
    ]

  return lines_of


def test_valid_folder_is_reported_in_tables(lines_of, tmp_path):
  num_bytes = sorted(len(record_folders.picture(i)) for i in range(1, 5))
  lines = lines_of({
    'train': [[record(1), record(2, 2)], [record(3)]],
    'test': [[record(4)]],
  })
  sizes = (
    num_bytes[0],
    (num_bytes[1] + num_bytes[2]) / 2,
    sum(num_bytes) / 4,
    num_bytes[3],
  )
  assert [line.split() for line in lines] == [
    [f'{tmp_path}:', 'flowers,', 'written', 'by', 'a', 'test'],
    [],
    ['subset', 'records', 'shards', 'MB'],
    ['train', '3', '2', '0.0'],
    ['test', '1', '1', '0.0'],
    [],
    ['class', 'label', 'train', 'test'],
    ['daisy', '1', '2', '1'],
    ['roses', '2', '1', '0'],
    ['tulips', '3', '0', '0'],
    [],
    ['images', 'smallest', 'median', 'mean', 'largest'],
    ['width', '64', '64', '64', '64'],
    ['height', '48', '48', '48', '48'],
    ['kB', *(f'{size / 1000:.1f}' for size in sizes)],
    ['formats:', '4', 'JPEG'],
    [],
    ['4', 'records', 'are', 'sound.'],
  ]
  assert lines[2:4] == [
    'subset  records  shards   MB',
    'train         3       2  0.0',
  ]


def test_repeated_pictures_are_named(lines_of):
  lines = lines_of({
    'train': [[record(1), record(2)]],
    'test': [[record(1, 2, filename='same.jpg')]],
  })
  name = (
    '  train/daisy/1.jpg (train-00000-of-00001, 0) = '
    'test/roses/same.jpg (test-00000-of-00001, 0)'
  )
  for title in (
    '1 picture is there as byte-identical copies:',
    '1 picture is in more than one class:',
    '1 picture is in more than one subset:',
  ):
    assert lines[lines.index(title) + 1] == name
  assert not any('nearly the same' in line for line in lines)
  assert lines[-1] == '3 records are sound.'


def test_near_copies_are_named(lines_of):
  small = record_folders.picture(1, height=36, width=48)
  lines = lines_of({
    'train': [[record(1), record(2, encoded=small, height=36, width=48)]]
  })
  index = lines.index('1 picture is there as near copies:')
  assert '1.jpg' in lines[index + 1]
  assert '2.jpg' in lines[index + 1]


def test_long_lists_are_cut(lines_of):
  lines = lines_of({
    'train': [[record(i % 7) for i in range(70)] + [b'nonsense'] * 60]
  })
  index = lines.index('7 pictures are there as byte-identical copies:')
  assert lines[index + 1].endswith(' = 6 more')
  assert lines[index + 4] == '  ... and 4 more'
  assert sum(line.startswith('PROBLEM: ') for line in lines) == 50
  assert '... and 10 more problems' in lines
  assert lines[-1] == '60 problems in 130 records.'


def test_many_classes_are_cut(lines_of):
  lines = lines_of(
    {'train': [[]]}, class_names=[f'class {i}' for i in range(300)]
  )
  assert '... and 100 more classes' in lines
  assert lines[-1] == '0 records are sound.'


def test_problems_name_shard_record_and_file(lines_of):
  lines = lines_of({
    'train': [
      [
        record_folders.with_field(
          record(1, filename='two\nlines.jpg'), 'image/height', 5
        )
      ]
    ]
  })
  assert (
    "PROBLEM: train-00000-of-00001, record 0, 'two\\nlines.jpg': "
    'image/height is 5, but the image has 48'
  ) in lines
  assert lines[-1] == '1 problem in 1 record.'


def test_control_characters_in_names_are_escaped(lines_of):
  names = ['two\nlines', 'a' * 100, '\x1b[31mred', 'Bl\u00fcte \U0001f33b']
  lines = lines_of({'train': [[record(1, text=names[0])]]}, class_names=names)
  rows = lines[lines.index('') + 1 :]
  assert any(row.startswith('two\\nlines ') for row in rows)
  assert any(row.startswith('a' * 37 + '... ') for row in rows)
  assert any(row.startswith('\\x1b[31mred ') for row in rows)
  assert any(row.startswith('Bl\u00fcte \U0001f33b ') for row in rows)
  assert all(line.isprintable() for line in lines)


def test_turned_images_are_noted(lines_of):
  lines = lines_of({
    'train': [[record(1, encoded=record_folders.picture(1, orientation=8))]]
  })
  assert any(line.startswith('NOTE: 1 image would be turned') for line in lines)
  assert lines[-1] == '1 record is sound.'


def test_folder_of_2016_has_no_name(lines_of, tmp_path):
  lines = lines_of({'train': [[record(1)]]}, with_info=False)
  assert lines[0] == f'{tmp_path}: no dataset_info.json'


def flipped(seed, **fields):
  """Returns a record of a mirrored picture."""
  buffer = io.BytesIO()
  Image.fromarray(record_folders.noise(seed)[:, ::-1]).save(buffer, 'JPEG')
  return record(seed, encoded=buffer.getvalue(), **fields)


def test_likely_copies_are_named(tmp_path):
  shards = {
    'train': [[record(i) for i in range(1, 6)]],
    'test': [[flipped(2, filename='m.jpg')]],
    'validation': [[record(9)]],
  }
  record_folders.write(tmp_path, shards)
  values = np.eye(6, dtype=np.float32)
  cached_feature_files.write(tmp_path, 'train', values[:5])
  cached_feature_files.write(tmp_path, 'test', values[1:2])
  lines = list(
    inspection_text.lines(record_inspection.inspect(tmp_path, log=print))
  )
  index = lines.index(
    'likely copies that the hash does not see (mirrored, cropped), in more '
    'than one subset: 1'
  )
  assert lines[index + 1 : index + 3] == [
    '  train/daisy/2.jpg (train-00000-of-00001, 1) = '
    'test/daisy/m.jpg (test-00000-of-00001, 0)',
    'mirrored and cropped copies are searched for in train, test only: there '
    'are no features of validation',
  ]


def test_command_for_features_is_shown_for_many_sound_records(
  lines_of, monkeypatch
):
  hint = 'mirrored and cropped copies are not searched for, as there are no'
  shards = {'train': [[record(i) for i in range(5)]]}
  assert not any(hint in line for line in lines_of(shards))
  monkeypatch.setattr(inspection_text, '_WORTH_FEATURES', 5)
  (line,) = [line for line in lines_of(shards) if hint in line]
  assert '--trainable_scopes=head' in line
  # Problems have to be solved first.
  shards['train'][0].append(b'nonsense')
  assert not any(hint in line for line in lines_of(shards))


def test_too_many_records_for_features_are_reported(tmp_path, monkeypatch):
  record_folders.write(tmp_path, {'train': [[record(1), record(2)]]})
  cached_feature_files.write(tmp_path, 'train', np.eye(2, dtype=np.float32))
  monkeypatch.setattr(feature_copies, 'MAX_RECORDS', 1)
  lines = inspection_text.lines(record_inspection.inspect(tmp_path, log=print))
  assert (
    'mirrored and cropped copies are not searched for: 2 records are more than '
    '1'
  ) in lines


def test_flawed_pictures_are_named(lines_of):
  buffer = io.BytesIO()
  Image.new('RGB', (64, 48), (9, 99, 9)).save(buffer, 'JPEG')
  plain = record(7, encoded=buffer.getvalue())
  lines = lines_of({'train': [[record(1), plain, plain, plain, plain]]})
  (line,) = [line for line in lines if line.startswith('of one colour: 4 (')]
  assert line.startswith(
    'of one colour: 4 (train/daisy/7.jpg (train-00000-of-00001, 1), '
  )
  assert line.endswith(', ...)')
  assert lines[-1] == '5 records are sound.'
