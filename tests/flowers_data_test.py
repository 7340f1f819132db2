"""Tests of inception.flowers_data, with and without dataset_info.json."""

import pytest

from inception import dataset
from inception import flowers_data


def test_folder_of_2016_holds_the_flowers(tmp_path):
  data = flowers_data.load(tmp_path)
  assert data.class_names == (
    'daisy',
    'dandelion',
    'roses',
    'sunflowers',
    'tulips',
  )
  assert data.num_classes == 5
  assert data.num_examples('train') == 3170
  assert data.num_examples('validation') == 500
  assert data.data_dir == str(tmp_path)


def test_dataset_info_takes_precedence(tmp_path):
  written = dataset.Dataset(
    name='birds',
    data_dir=str(tmp_path),
    class_names=('owl', 'tit', 'wren'),
    num_examples_of={'train': 7, 'validation': 2},
  )
  dataset.write_info(written)
  assert flowers_data.load(tmp_path) == written


def test_invalid_dataset_info_is_an_error_and_not_the_flowers(tmp_path):
  (tmp_path / dataset.INFO_FILE).write_bytes(b'{')
  with pytest.raises(dataset.DatasetError):
    flowers_data.load(tmp_path)
