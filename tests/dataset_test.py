"""Tests of inception.dataset."""

import dataclasses
import json

import pytest

from inception import dataset
from inception.testing import datasets


def touch(folder, *names):
  for name in names:
    (folder / name).write_bytes(b'')


def flowers(folder, **values):
  return dataset.Dataset(
    **{
      'name': 'flowers',
      'data_dir': str(folder),
      'class_names': ('daisy', 'R\u00f6schen'),
      'num_examples_of': {'train': 3, 'validation': 1},
      'examples_per_class': {
        'train': {'daisy': 1, 'R\u00f6schen': 2},
        'validation': {'daisy': 1, 'R\u00f6schen': 0},
      },
      'seed': 5,
      'tool': 'a test',
    }
    | values
  )


def test_counts_of_a_dataset(tmp_path):
  data = flowers(tmp_path)
  assert data.num_classes == 2
  assert data.num_examples('train') == 3
  assert data.num_examples('validation') == 1
  with pytest.raises(
    dataset.DatasetError, match="no subset 'test'; it has: train, validation"
  ):
    data.num_examples('test')
  with pytest.raises(dataset.DatasetError, match='it has: none'):
    flowers(tmp_path, num_examples_of={}).num_examples('train')


@pytest.mark.parametrize(
  ('index', 'total', 'name'),
  [(0, 2, 'train-00000-of-00002'), (127, 128, 'train-00127-of-00128')],
)
def test_shards_have_the_names_of_2016(index, total, name):
  assert dataset.shard_name('train', index, total) == name


def test_shards_are_found_in_order(tmp_path):
  touch(
    tmp_path,
    'train-00001-of-00002',
    'train-00000-of-00002',
    'train-extra-00000-of-00001',
    'train-0-of-1',
    'train.txt',
    '.train-00000-of-00002.partial',
    'train-00000-of-00002.tmp',
  )
  expected = [str(tmp_path / f'train-0000{i}-of-00002') for i in range(2)]
  assert dataset.find_shards(tmp_path, 'train') == {2: expected}
  assert dataset.shard_files(tmp_path, 'train') == expected
  assert flowers(tmp_path).shard_files('train') == expected
  assert dataset.find_shards(tmp_path, 'test') == {}


@pytest.mark.parametrize(
  ('names', 'message'),
  [
    ([], 'no train-'),
    (['validation-00000-of-00001'], 'no train-'),
    (['train-00000-of-00002'], 'holds 1 of the 2 train shards'),
    (
      ['train-00000-of-00001', 'train-00000-of-00002', 'train-00001-of-00002'],
      r'2 different sets \(of 1, 2 shards\)',
    ),
  ],
)
def test_unusable_shards_are_an_error(tmp_path, names, message):
  touch(tmp_path, *names)
  with pytest.raises(dataset.DatasetError, match=message):
    dataset.shard_files(tmp_path, 'train')


@pytest.mark.parametrize('name', ['none', 'file'])
def test_data_dir_that_is_not_a_folder_is_an_error(tmp_path, name):
  touch(tmp_path, 'file')
  with pytest.raises(dataset.DatasetError, match='is not a folder'):
    dataset.shard_files(tmp_path / name, 'train')


def test_read_info_returns_the_written_dataset(tmp_path):
  data = flowers(tmp_path)
  assert dataset.write_info(data) == str(tmp_path / 'dataset_info.json')
  assert dataset.read_info(tmp_path) == data
  assert [path.name for path in tmp_path.iterdir()] == ['dataset_info.json']


def test_info_file_has_these_fields(tmp_path):
  dataset.write_info(flowers(tmp_path))
  text = (tmp_path / 'dataset_info.json').read_text(encoding='utf-8')
  assert 'R\u00f6schen' in text  # Readable by people.
  assert json.loads(text) == {
    'format_version': 1,
    'name': 'flowers',
    'tool': 'a test',
    'seed': 5,
    'class_names': ['daisy', 'R\u00f6schen'],
    'num_examples': {'train': 3, 'validation': 1},
    'examples_per_class': {
      'train': {'daisy': 1, 'R\u00f6schen': 2},
      'validation': {'daisy': 1, 'R\u00f6schen': 0},
    },
  }


def test_class_texts_are_stored_if_given(tmp_path):
  data = flowers(tmp_path, class_texts=('daisy', 'little rose'))
  dataset.write_info(data)
  assert dataset.read_info(tmp_path) == data
  info = json.loads((tmp_path / 'dataset_info.json').read_bytes())
  assert info['class_texts'] == ['daisy', 'little rose']
  # Earlier files have none.
  dataset.write_info(flowers(tmp_path))
  assert dataset.read_info(tmp_path).class_texts == ()


def test_moved_folder_is_read_from_its_new_path(tmp_path):
  dataset.write_info(flowers(tmp_path))
  moved = tmp_path / 'moved'
  moved.mkdir()
  (tmp_path / 'dataset_info.json').replace(moved / 'dataset_info.json')
  assert dataset.read_info(moved).data_dir == str(moved)


def test_missing_file_is_none(tmp_path):
  assert dataset.read_info(tmp_path) is None
  assert dataset.read_info(tmp_path / 'none') is None


def test_unfinished_folder_is_an_error_until_info_is_written(tmp_path):
  dataset.write_info(flowers(tmp_path))
  dataset.mark_unfinished(tmp_path)
  with pytest.raises(dataset.DatasetError, match='was interrupted: run its'):
    dataset.read_info(tmp_path)
  dataset.write_info(flowers(tmp_path))
  assert dataset.read_info(tmp_path) == flowers(tmp_path)


def test_plan_of_an_unfinished_folder_is_returned(tmp_path):
  assert dataset.unfinished_plan(tmp_path) == ''
  dataset.mark_unfinished(tmp_path, plan='abc')
  assert dataset.unfinished_plan(tmp_path) == 'abc'
  with pytest.raises(dataset.DatasetError, match='was interrupted'):
    dataset.read_info(tmp_path)
  dataset.mark_unfinished(tmp_path)
  assert dataset.unfinished_plan(tmp_path) == ''
  dataset.write_info(flowers(tmp_path))
  assert dataset.unfinished_plan(tmp_path) == ''


@pytest.mark.parametrize(
  'content',
  [
    b'',
    b'\xff',
    b'[]',
    b'7',
    b'{}',
    b'{"plan": "x"}',
    b'{"unfinished": false, "plan": "x"}',
  ],
)
def test_other_files_have_no_plan(tmp_path, content):
  (tmp_path / 'dataset_info.json').write_bytes(content)
  assert dataset.unfinished_plan(tmp_path) == ''


@pytest.mark.parametrize(
  'content',
  [
    b'',
    b'no JSON',
    b'\xff\xfe\xfa',
    b'[]',
    b'7',
    b'null',
    b'{}',
    b'{"format_version": 1}',
    b'{"format_version": 1, "name": "x", "tool": "", "seed": 1, '
    b'"class_names": 5, "num_examples": {}, "examples_per_class": {}}',
    b'{"format_version": 1, "name": "x", "tool": "", "seed": 1, '
    b'"class_names": [], "num_examples": {"train": "many"}, '
    b'"examples_per_class": {}}',
  ],
)
def test_invalid_file_is_an_error_that_names_it(tmp_path, content):
  (tmp_path / 'dataset_info.json').write_bytes(content)
  with pytest.raises(dataset.DatasetError, match='dataset_info.json') as caught:
    dataset.read_info(tmp_path)
  assert 'prepare the data again' in str(caught.value)


def test_newer_format_version_is_an_error_of_its_own(tmp_path):
  (tmp_path / 'dataset_info.json').write_bytes(b'{"format_version": 2}')
  with pytest.raises(dataset.DatasetError, match='has format_version 2'):
    dataset.read_info(tmp_path)


def test_all_is_every_subset_together(tmp_path):
  made = datasets.write(
    tmp_path, {'validation': 3, 'train': 5, 'test': 2}, class_names=('a', 'b')
  )
  made = dataclasses.replace(
    made, num_examples_of={**made.num_examples_of, 'unused': 0}
  )
  assert made.num_examples('all') == 10
  assert made.shard_files('all') == [
    path
    for subset in ('test', 'train', 'validation')
    for path in made.shard_files(subset)
  ]


def test_a_subset_may_be_called_all(tmp_path):
  made = datasets.write(tmp_path, {'all': 3, 'train': 5}, class_names=('a',))
  assert made.num_examples('all') == 3
  assert len(made.shard_files('all')) == 2
