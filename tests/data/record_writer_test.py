"""Image files to shards."""

import os
import pathlib
import sys
import threading

import pytest
import tensorflow as tf

from inception.data import image_files
from inception.data import record_writer
from inception.testing import image_folders


def images_of(paths, label=1):
  return [image_files.ImageFile(str(path), path.parent.name, label)
          for path in paths]


def examples(path):
  return [tf.train.Example.FromString(record.numpy()).features.feature
          for record in tf.data.TFRecordDataset(str(path))]


def names_in(path):
  return [example['image/filename'].bytes_list.value[0].decode()
          for example in examples(path)]


def stage(images, folder, **options):
  options = {'subset': 'train', 'num_shards': 2, 'num_threads': 2,
             'log': lambda line: None} | options
  return record_writer.stage(images, output_directory=folder, **options)


@pytest.fixture(name='paths')
def _paths(tmp_path):
  return image_folders.write(tmp_path / 'photos', {'daisy': 7})


@pytest.fixture(name='out')
def _out(tmp_path):
  out = tmp_path / 'out with space \u00e4'
  out.mkdir()
  return out


def test_shards_appear_when_they_are_published(paths, out):
  staged = stage(images_of(paths), out)
  assert not list(out.glob('train*'))
  assert len(list(out.iterdir())) == 2
  record_writer.publish(staged)
  assert sorted(path.name for path in out.iterdir()) == [
      'train-00000-of-00002', 'train-00001-of-00002']


def test_images_keep_their_order_over_the_shards(paths, out):
  staged = stage(images_of(paths), out, num_shards=3, num_threads=4)
  record_writer.publish(staged)
  names = [names_in(path) for path in sorted(out.iterdir())]
  assert [len(part) for part in names] == [2, 2, 3]
  assert sum(names, []) == [path.name for path in paths]


def test_a_record_holds_the_image_and_what_is_known_of_it(paths, out):
  staged = stage(images_of(paths[:1], label=4), out, num_shards=1)
  example, = examples(next(iter(staged.shards)))
  assert example['image/encoded'].bytes_list.value == [paths[0].read_bytes()]
  assert example['image/class/label'].int64_list.value == [4]
  assert example['image/class/text'].bytes_list.value == [b'daisy']
  assert example['image/height'].int64_list.value == [24]
  assert example['image/width'].int64_list.value == [32]


def test_more_shards_than_images_leave_some_empty(paths, out):
  staged = stage(images_of(paths[:2]), out, num_shards=5)
  assert sorted(len(examples(path)) for path in staged.shards) == [
      0, 0, 0, 1, 1]


def test_threads_do_not_change_the_bytes(paths, out):
  contents = set()
  for num_threads in (1, 2, 5):
    staged = stage(images_of(paths), out, num_threads=num_threads)
    contents.add(tuple(pathlib.Path(path).read_bytes()
                       for path in staged.shards))
  assert len(contents) == 1


def test_broken_files_are_skipped_and_listed(tmp_path, paths, out):
  folder = tmp_path / 'photos' / 'daisy'
  for name, content in image_folders.HOSTILE.items():
    (folder / name).write_bytes(content)
  bad = [folder / name for name in image_folders.HOSTILE]
  lines = []
  staged = stage(images_of([*bad[:9], *paths, *bad[9:], folder / 'gone.jpg']),
                 out, log=lines.append)
  assert staged.num_examples == 7
  assert staged.examples_per_class == {'daisy': 7}
  assert [skipped.path for skipped in staged.skipped] == [
      str(path) for path in [*bad, folder / 'gone.jpg']]
  assert all(skipped.reason for skipped in staged.skipped)
  told = [line for line in lines if line.startswith('SKIPPED: ')]
  assert len(told) == len(bad) + 1
  assert told[0] == f'SKIPPED: {bad[0]}: the file is empty.'


def test_a_file_too_large_is_not_even_read(paths, out, monkeypatch):
  monkeypatch.setattr(record_writer, '_MAX_FILE_BYTES', 100)
  staged = stage(images_of(paths), out)
  assert staged.num_examples == 0
  assert 'bytes are too many' in staged.skipped[0].reason


def test_lines_have_the_form_of_2016(paths, out, monkeypatch):
  monkeypatch.setattr(record_writer, '_IMAGES_PER_LOG_LINE', 3)
  lines = []
  stage(images_of(paths), out, log=lines.append)
  texts = [line.partition(' [')[2] for line in lines]
  assert texts == [
      'thread 0]: Processed 3 of 7 images in thread batch.',
      f'thread 0]: Wrote 3 images to {out / "train-00000-of-00002"}',
      'thread 0]: Processed 6 of 7 images in thread batch.',
      f'thread 0]: Wrote 4 images to {out / "train-00001-of-00002"}',
      'thread 0]: Wrote 7 images to 2 shards.']


def test_few_images_are_in_memory_at_a_time(tmp_path, out, monkeypatch):
  path, = image_folders.write(tmp_path, {'a': 1})
  lock = threading.Lock()
  alive = most = 0
  record = record_writer._record

  def counting(image):
    nonlocal alive, most
    with lock:
      alive += 1
      most = max(most, alive)
    return record(image)

  class Writer:
    def __enter__(self):
      return self

    def __exit__(self, *error):
      return None

    def write(self, _):
      nonlocal alive
      with lock:
        alive -= 1

  monkeypatch.setattr(record_writer, '_record', counting)
  monkeypatch.setattr(record_writer, '_shard_writer', lambda *_: Writer())
  stage(images_of([path] * 300), out, num_threads=2)
  assert alive == 0
  assert most <= 2 * 4 + 1


def test_a_folder_that_is_gone_is_an_error(paths, out):
  with pytest.raises(OSError, match='cannot write .*train-00000-of-00002'):
    stage(images_of(paths), out / 'gone')


def test_a_full_disk_is_an_error_and_leaves_nothing(paths, out, monkeypatch):
  write = tf.io.TFRecordWriter.write

  def full(self, record):
    if len(list(out.iterdir())) == 2:  # The second shard has been begun.
      raise tf.errors.ResourceExhaustedError(
          None, None, f'{out}/x; No space left on device')
    write(self, record)

  monkeypatch.setattr(tf.io.TFRecordWriter, 'write', full)
  with pytest.raises(OSError, match=(
      r'cannot write .*train-00001-of-00002: No space left on device$')):
    stage(images_of(paths), out)
  assert not list(out.iterdir())


def test_an_interruption_leaves_nothing(paths, out, monkeypatch):
  def interrupted(self, record):
    raise KeyboardInterrupt

  monkeypatch.setattr(tf.io.TFRecordWriter, 'write', interrupted)
  with pytest.raises(KeyboardInterrupt):
    stage(images_of(paths), out)
  assert not list(out.iterdir())


@pytest.mark.skipif(sys.platform == 'win32', reason='no such names there')
def test_a_folder_may_have_any_name(paths, tmp_path):
  out = os.path.join(os.fsencode(tmp_path), b'latin \xfc')
  try:
    os.mkdir(out)
  except OSError:
    pytest.skip('this file system has no such names')
  staged = stage(images_of(paths), os.fsdecode(out))
  record_writer.publish(staged)
  assert sorted(os.listdir(out)) == [b'train-00000-of-00002',
                                     b'train-00001-of-00002']


def test_publish_replaces_what_was_there(paths, out):
  (out / 'train-00000-of-00001').write_bytes(b'old')
  record_writer.publish(stage(images_of(paths), out, num_shards=1))
  assert len(examples(out / 'train-00000-of-00001')) == 7


def test_only_own_temporaries_are_discarded(out):
  kept = ['train-00000-of-00001', '.train.partial', 'x.partial', '.hidden',
          'train-00000-of-00001.partial']
  for name in [*kept, '.train-00000-of-00001.partial',
               '.my-set-00012-of-00100.partial']:
    (out / name).write_bytes(b'')
  record_writer.discard_partials(out)
  assert sorted(path.name for path in out.iterdir()) == sorted(kept)
