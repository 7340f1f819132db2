"""Tests of inception.data.existing_shards."""

import pytest

from inception import dataset
from inception.data import existing_shards
from inception.jobs import output_folder

FOUR = {'train': 4}


def touch(folder, *names):
  for name in names:
    (folder / name).write_bytes(b'')


def test_empty_folder_is_accepted(tmp_path):
  touch(tmp_path, 'notes.txt', 'train.csv')
  existing_shards.check_shards(tmp_path, FOUR)


def test_own_records_may_be_replaced(tmp_path):
  touch(tmp_path, 'train-00000-of-00004', dataset.INFO_FILE)
  existing_shards.check_shards(tmp_path, FOUR)


def test_records_of_other_programs_are_refused(tmp_path):
  touch(tmp_path, 'train-00000-of-00004')
  with pytest.raises(output_folder.FolderError, match='did not write'):
    existing_shards.check_shards(tmp_path, FOUR)


def test_different_number_of_shards_is_refused(tmp_path):
  touch(
    tmp_path, 'train-00000-of-00002', 'train-00001-of-00002', dataset.INFO_FILE
  )
  with pytest.raises(
    output_folder.FolderError, match='in 2 shards, and 4 would be added'
  ):
    existing_shards.check_shards(tmp_path, FOUR)


@pytest.mark.parametrize(
  'names',
  [
    ['test-00000-of-00002'],
    ['test-00000-of-00002', dataset.INFO_FILE],
    ['validation-00000-of-00001', dataset.INFO_FILE],
  ],
)
def test_records_of_other_subsets_are_refused(tmp_path, names):
  touch(tmp_path, *names)
  with pytest.raises(
    output_folder.FolderError,
    match=(
      f'holds {names[0].split("-")[0]} records, .* other subsets beside them: '
      'move the old records away or choose'
    ),
  ):
    existing_shards.check_shards(tmp_path, FOUR)


def test_records_of_unknown_subsets_are_ignored(tmp_path):
  touch(tmp_path, 'extra-00000-of-00002')
  existing_shards.check_shards(tmp_path, FOUR)


@pytest.mark.parametrize(
  ('names', 'number'),
  [
    ([], None),
    (['train-00000-of-00002', 'train-00001-of-00002'], None),
    ([dataset.INFO_FILE], None),
    (['validation-00000-of-00001', dataset.INFO_FILE], None),
    (['train-00000-of-00002', 'train-00001-of-00002', dataset.INFO_FILE], 2),
    (['train-00001-of-00007', dataset.INFO_FILE], 7),
    (['train-00000-of-00001', 'train-00001-of-00002', dataset.INFO_FILE], None),
  ],
)
def test_number_of_own_shards_is_returned(tmp_path, names, number):
  touch(tmp_path, *names)
  assert existing_shards.own_shards(tmp_path, 'train') == number


def test_missing_folder_has_no_shards(tmp_path):
  assert existing_shards.own_shards(tmp_path / 'none', 'train') is None
