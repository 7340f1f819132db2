"""Tests of inception.imagenet_data, with and without dataset_info.json."""

import pytest

from inception import dataset
from inception import imagenet_data

SYNSETS = [f'n{number:08d}' for number in range(9, 1009)]


def write_synsets(folder, synsets=SYNSETS):
  (folder / 'imagenet_lsvrc_2015_synsets.txt').write_text(
    ''.join(f'{synset}\n' for synset in synsets), encoding='utf-8'
  )


def write_words(folder, text):
  (folder / 'imagenet_metadata.txt').write_bytes(text)


def test_folder_of_2016_holds_imagenet(tmp_path):
  data = imagenet_data.load(tmp_path)
  assert data.name == 'imagenet'
  assert data.num_classes == 1000
  assert data.class_names[0] == 'class 1'
  assert data.class_names[-1] == 'class 1000'
  assert data.num_examples('train') == 1_281_167
  assert data.num_examples('validation') == 50_000
  assert data.data_dir == str(tmp_path)


def test_metadata_without_synsets_names_no_class(tmp_path):
  write_words(tmp_path, b'n00000009\tmouse\n')
  assert imagenet_data.load(tmp_path).class_names[0] == 'class 1'


def test_classes_are_in_the_order_of_the_synsets(tmp_path):
  write_synsets(tmp_path, reversed(SYNSETS))
  assert imagenet_data.load(tmp_path).class_names == tuple(reversed(SYNSETS))


def test_classes_are_named_by_their_words(tmp_path):
  write_synsets(tmp_path)
  write_words(
    tmp_path,
    b'n00000010\tcrane\nn00000009\tmouse, computer mouse\n'
    b'n99999999\tcat\nn00001008\tcrane\n',
  )
  names = imagenet_data.load(tmp_path).class_names
  assert names[:3] == (
    'mouse, computer mouse',
    'crane (n00000010)',
    'n00000011',
  )
  assert names[-1] == 'crane (n00001008)'
  assert len(set(names)) == 1000


def test_dataset_info_takes_precedence(tmp_path):
  write_synsets(tmp_path)
  written = dataset.Dataset(
    name='birds',
    data_dir=str(tmp_path),
    class_names=('owl', 'tit', 'wren'),
    num_examples_of={'train': 7, 'validation': 2},
  )
  dataset.write_info(written)
  assert imagenet_data.load(tmp_path) == written


def test_invalid_dataset_info_is_an_error_and_not_imagenet(tmp_path):
  (tmp_path / dataset.INFO_FILE).write_bytes(b'{')
  with pytest.raises(dataset.DatasetError):
    imagenet_data.load(tmp_path)


def test_wrong_number_of_synsets_is_rejected(tmp_path):
  write_synsets(tmp_path, SYNSETS[:7])
  with pytest.raises(dataset.DatasetError, match='has 7 synsets'):
    imagenet_data.load(tmp_path)


def test_unreadable_files_are_named(tmp_path):
  write_synsets(tmp_path, [*SYNSETS[1:], SYNSETS[1]])
  with pytest.raises(dataset.DatasetError, match='synsets.txt.* twice'):
    imagenet_data.load(tmp_path)
  write_synsets(tmp_path)
  write_words(tmp_path, b'n00000009 mouse\n')
  with pytest.raises(dataset.DatasetError, match='metadata.txt., line 1'):
    imagenet_data.load(tmp_path)
  (tmp_path / 'imagenet_metadata.txt').unlink()
  (tmp_path / 'imagenet_metadata.txt').mkdir()
  with pytest.raises(dataset.DatasetError, match='metadata.txt.* cannot be'):
    imagenet_data.load(tmp_path)
