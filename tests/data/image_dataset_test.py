"""Lists of files to a folder of records."""

import json
import pathlib

import pytest
import tensorflow as tf

from inception import config
from inception import dataset
from inception.data import image_dataset
from inception.data import image_files
from inception.data import record_writer
from inception.testing import image_folders

CLASSES = ('daisy', 'roses')


@pytest.fixture(name='out')
def _out(tmp_path):
  out = tmp_path / 'out'
  out.mkdir()
  return out


@pytest.fixture(name='subsets')
def _subsets(tmp_path):
  subsets = {}
  for seed, (subset, counts) in enumerate(
      {'validation': {'daisy': 2, 'roses': 1},
       'train': {'daisy': 5, 'roses': 4}}.items()):
    image_folders.write(tmp_path / subset, counts, seed=seed)
    subsets[subset] = image_files.find_images(tmp_path / subset, CLASSES).images
  return subsets


def write(subsets, out, *, log=lambda line: None, **options):
  return image_dataset.write(
      subsets, config.RecordsConfig(output_directory=str(out), **options),
      name='test', class_names=CLASSES, log=log)


def names_in(paths):
  return [tf.train.Example.FromString(record.numpy()).features.feature[
      'image/filename'].bytes_list.value[0].decode()
          for record in tf.data.TFRecordDataset([str(path) for path in paths])]


def contents(folder):
  return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_folder_holds_every_image_once_and_tells_so(subsets, out):
  made = write(subsets, out, train_shards=3, seed=7)
  assert sorted(contents(out)) == [
      'dataset_info.json', 'train-00000-of-00003', 'train-00001-of-00003',
      'train-00002-of-00003', 'validation-00000-of-00002',
      'validation-00001-of-00002']
  assert sorted(names_in(sorted(out.glob('train*')))) == sorted(
      pathlib.Path(image.path).name for image in subsets['train'])
  info = json.loads((out / 'dataset_info.json').read_text(encoding='utf-8'))
  assert info['class_names'] == ['daisy', 'roses']
  assert info['num_examples'] == {'validation': 3, 'train': 9}
  assert info['examples_per_class'] == {
      'validation': {'daisy': 2, 'roses': 1}, 'train': {'daisy': 5, 'roses': 4}}
  assert info['seed'] == 7
  assert info['tool'] == 'inception 0.1.0'
  assert dataset.read_info(out) == made


def test_the_same_seed_gives_the_same_bytes(subsets, out, tmp_path):
  write(subsets, out, num_threads=1)
  other = tmp_path / 'other'
  other.mkdir()
  write(subsets, other, num_threads=5)
  shards = {name: content for name, content in contents(out).items()
            if name != 'dataset_info.json'}
  assert shards.items() <= contents(other).items()
  write(subsets, other, seed=1)
  assert contents(other)['train-00000-of-00002'] != shards[
      'train-00000-of-00002']


def test_images_are_shuffled(subsets, out):
  write(subsets, out)
  names = names_in(sorted(out.glob('train*')))
  assert names != sorted(names)


def test_lines_come_in_order_and_the_last_counts_what_was_written(
    tmp_path, subsets, out):
  (tmp_path / 'train' / 'daisy' / 'bad.jpg').write_bytes(b'')
  subsets['train'] = image_files.find_images(tmp_path / 'train', CLASSES).images
  lines = []
  write(subsets, out, log=lines.append)
  assert lines[0] == 'Launching 2 threads for 3 validation images in 2 shards.'
  finished = [i for i, line in enumerate(lines) if 'Finished' in line]
  assert lines[finished[0]].endswith(
      ': Finished writing all 3 images in data set.')
  assert lines[finished[0] + 1] == (
      'Launching 2 threads for 10 train images in 2 shards.')
  assert 'Skipped 1 of 10 train files.' in lines
  assert finished[-1] == len(lines) - 1
  assert lines[-1].endswith(': Finished writing all 9 images in data set.')


def test_a_class_without_images_is_told(subsets, out):
  subsets['validation'] = [image for image in subsets['validation']
                           if image.class_name == 'daisy']
  lines = []
  made = write(subsets, out, log=lines.append)
  assert 'WARNING: there are no validation images of roses.' in lines
  assert made.examples_per_class['validation'] == {'daisy': 2, 'roses': 0}


def test_no_usable_images_are_an_error_that_changes_nothing(
    tmp_path, subsets, out):
  write(subsets, out)
  before = contents(out)
  bad = tmp_path / 'bad.jpg'
  bad.write_bytes(b'no image')
  for images in ([], [image_files.ImageFile(str(bad), 'daisy', 1)]):
    with pytest.raises(image_dataset.NoImagesError, match='no train images'):
      write({**subsets, 'train': images}, out)
    assert contents(out) == before


def test_own_records_are_replaced(subsets, out):
  write(subsets, out)
  write({**subsets, 'train': subsets['train'][:4]}, out)
  assert len(names_in(sorted(out.glob('train*')))) == 4
  assert dataset.read_info(out).num_examples('train') == 4


class Killed(BaseException):
  """As if the process ended here."""


@pytest.mark.parametrize('renamed', [0, 1])
def test_killed_while_publishing_the_folder_is_refused_until_the_next_run(
    subsets, out, monkeypatch, renamed):
  write({**subsets, 'train': subsets['train'][:2]}, out)
  published = []

  def publish(staged):
    if len(published) == renamed:
      raise Killed
    published.append(staged)
    original(staged)

  original = record_writer.publish
  monkeypatch.setattr(record_writer, 'publish', publish)
  with pytest.raises(Killed):
    write(subsets, out)
  with pytest.raises(dataset.DatasetError, match='was interrupted'):
    dataset.read_info(out)
  monkeypatch.undo()
  made = write(subsets, out)
  assert dataset.read_info(out) == made
  assert len(names_in(sorted(out.glob('train*')))) == 9


def test_a_failure_before_leaves_the_old_records_as_they_were(
    subsets, out, monkeypatch):
  write(subsets, out)
  before = contents(out)

  def full(self, record):
    raise tf.errors.ResourceExhaustedError(None, None, 'x; No space left')

  monkeypatch.setattr(tf.io.TFRecordWriter, 'write', full)
  with pytest.raises(OSError, match='No space left'):
    write(subsets, out, seed=3)
  assert contents(out) == before


def test_what_an_interruption_has_left_is_cleared_away(subsets, out):
  (out / '.train-00007-of-00009.partial').write_bytes(b'half')
  write(subsets, out)
  assert not [name for name in contents(out) if 'partial' in name]
