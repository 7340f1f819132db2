"""Tests that the record of each example is found again."""

import pytest

from inception import dataset
from inception.evaluation import record_sources
from inception.records import example_message
from inception.testing import records


def test_records_are_indexed_in_the_order_of_the_shards(tmp_path):
  data = records.flat_dataset(tmp_path, num_examples=5, num_classes=3)
  found = record_sources.index(data.shard_files('train'))
  assert [source.file for source in found] == [f'{i}.jpg' for i in range(5)]
  assert [source.label for source in found] == [1, 2, 3, 1, 2]
  assert [source.key for source in found] == [
    'train-00000-of-00002:0',
    'train-00000-of-00002:1',
    'train-00001-of-00002:0',
    'train-00001-of-00002:1',
    'train-00001-of-00002:2',
  ]
  for source in found:
    assert record_sources.read(source).filename == source.file


def test_size_and_path_are_read(tmp_path):
  records.write_shards(
    tmp_path,
    'train',
    [
      [
        example_message.encode(
          b'',
          height=3,
          width=4,
          label=1,
          text='a',
          filename='x.jpg',
          folder=folder,
        )
        for folder in ('', 'b/2016')
      ]
    ],
  )
  plain, nested = record_sources.index([str(tmp_path / 'train-00000-of-00001')])
  assert (plain.height, plain.width) == (3, 4)
  assert record_sources.path(plain, 'a') == 'a/x.jpg'
  assert record_sources.path(nested, 'a') == 'b/2016/x.jpg'


def test_a_limit_counts_over_the_shards(tmp_path):
  data = records.flat_dataset(tmp_path, num_examples=5)
  assert len(record_sources.index(data.shard_files('train'), limit=3)) == 3


def test_a_truncated_shard_is_named(tmp_path):
  data = records.flat_dataset(tmp_path, num_examples=2)
  first, last = data.shard_files('train')
  with open(last, 'rb+') as file:
    file.truncate(20)
  with pytest.raises(dataset.DatasetError, match='train-00001-of-00002, rec'):
    record_sources.index([first, last])


def test_record_that_is_not_an_example_is_refused(tmp_path):
  records.write_shards(tmp_path, 'train', [[b'\xff']])
  with pytest.raises(dataset.DatasetError, match='prepare the data again'):
    record_sources.index([str(tmp_path / 'train-00000-of-00001')])
