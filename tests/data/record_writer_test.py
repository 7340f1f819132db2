"""Tests of inception.data.record_writer."""

import contextlib
import errno
import os
import pathlib
import re
import sys
import threading

import pytest

from inception.data import record_writer
from inception.data.curation import image_survey
from inception.records import tfrecord_file


def photo(number, class_name='daisy'):
  return image_survey.Photo(
    path=f'/photos/{class_name}/{number}.jpg',
    relative=f'{class_name}/{number}.jpg',
    class_name=class_name,
    label=1,
    key=bytes([number % 256]),
    num_bytes=10,
    width=1,
    height=1,
    source_format='JPEG',
    is_original=True,
    signature=b'',
  )


PHOTOS = [photo(i) for i in range(7)]


def record_of(photo):
  """Returns bytes, with a different length for each photo."""
  return photo.relative.encode() * (1 + photo.key[0])


def stage(photos, folder, **options):
  options = {
    'subset': 'train',
    'num_shards': 2,
    'num_threads': 2,
    'make_record': record_of,
    'log': lambda line: None,
  } | options
  return record_writer.stage(photos, output_directory=folder, **options)


def records(paths):
  return [list(tfrecord_file.read(path)) for path in paths]


def contents(folder):
  return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(name='out')
def _out(tmp_path):
  out = tmp_path / 'out with space \u00e4'
  out.mkdir()
  return out


@pytest.fixture(name='made')
def _made():
  """A make_record function, and the list of photo numbers it has received."""
  numbers = []

  def make_record(photo):
    numbers.append(photo.key[0])
    return record_of(photo)

  return make_record, numbers


def test_shards_appear_when_published(out):
  staged = stage(PHOTOS, out)
  assert not list(out.glob('train*'))
  assert sorted(contents(out)) == [
    '.train-00000-of-00002.partial',
    '.train-00001-of-00002.partial',
  ]
  record_writer.publish(staged)
  assert sorted(contents(out)) == [
    'train-00000-of-00002',
    'train-00001-of-00002',
  ]


@pytest.mark.parametrize(
  ('num_shards', 'lengths'),
  [(1, [7]), (2, [3, 4]), (3, [2, 2, 3]), (9, [0, 1, 1, 1, 0, 1, 1, 1, 1])],
)
def test_photos_keep_their_order_across_shards(out, num_shards, lengths):
  record_writer.publish(
    stage(PHOTOS, out, num_shards=num_shards, num_threads=4)
  )
  parts = records(sorted(out.iterdir()))
  assert [len(part) for part in parts] == lengths
  assert sum(parts, []) == [record_of(photo) for photo in PHOTOS]


def test_staged_photos_are_counted_by_class(out):
  staged = stage([*PHOTOS, photo(8, 'roses')], out, num_shards=3)
  assert staged.num_examples == 8
  assert staged.examples_per_class == {'daisy': 7, 'roses': 1}
  assert staged.examples_per_class['tulips'] == 0
  assert staged.shards == {
    str(out / f'.train-0000{i}-of-00003.partial'): str(
      out / f'train-0000{i}-of-00003'
    )
    for i in range(3)
  }


def test_threads_do_not_change_the_bytes(out):
  made = set()
  for num_threads in (1, 2, 5):
    stage(PHOTOS, out, num_threads=num_threads)
    made.add(tuple(sorted(contents(out).items())))
    record_writer.discard_partials(out)
  assert len(made) == 1


def test_lines_have_the_form_of_2016(out, monkeypatch):
  monkeypatch.setattr(record_writer, '_IMAGES_PER_LOG_LINE', 3)
  lines = []
  stage(PHOTOS, out, log=lines.append)
  assert [line.partition(' [')[2] for line in lines] == [
    'thread 0]: Processed 3 of 7 images in thread batch.',
    f'thread 0]: Wrote 3 images to {out / "train-00000-of-00002"}',
    'thread 0]: Processed 6 of 7 images in thread batch.',
    f'thread 0]: Wrote 4 images to {out / "train-00001-of-00002"}',
    'thread 0]: Wrote 7 images to 2 shards.',
  ]


def test_few_records_are_in_memory_at_a_time(out, monkeypatch):
  lock = threading.Lock()
  alive = most = 0

  def make_record(_):
    nonlocal alive, most
    with lock:
      alive += 1
      most = max(most, alive)
    return b''

  def write(*_):
    nonlocal alive
    with lock:
      alive -= 1

  monkeypatch.setattr(tfrecord_file, 'write', write)
  stage([PHOTOS[0]] * 300, out, make_record=make_record)
  assert alive == 0
  assert most <= 2 * 8 + 2


def test_missing_folder_is_an_error(out):
  with pytest.raises(FileNotFoundError):
    stage(PHOTOS, out / 'gone')


@pytest.mark.skipif(sys.platform == 'win32', reason='no such names there')
def test_folder_may_have_any_name(tmp_path):
  out = os.path.join(os.fsencode(tmp_path), b'latin \xfc')
  try:
    os.mkdir(out)
  except OSError:
    pytest.skip('this file system has no such names')
  record_writer.publish(stage(PHOTOS, os.fsdecode(out)))
  assert sorted(os.listdir(out)) == [
    b'train-00000-of-00002',
    b'train-00001-of-00002',
  ]


def test_partial_cut_anywhere_is_resumed(out, made):
  make_record, numbers = made
  stage(PHOTOS, out)
  whole = contents(out)
  second = out / '.train-00001-of-00002.partial'
  sound = whole[second.name]
  ends, end = [], 0
  for record in (record_of(photo) for photo in PHOTOS[3:]):
    end += 16 + len(record)
    ends.append(end)
  for length in sorted({
    *range(0, len(sound), 7),
    *(
      end + offset
      for end in ends
      for offset in (-17, -5, -1, 0, 1, 8, 12)
      if end + offset <= len(sound)
    ),
  }):
    second.write_bytes(sound[:length])
    del numbers[:]
    stage(PHOTOS, out, make_record=make_record, num_threads=1)
    assert contents(out) == whole
    num_existing = sum(end <= length for end in ends)
    assert numbers == list(range(3 + num_existing, 7))


@pytest.mark.parametrize(
  'garbage', [b'\0', bytes(12), bytes(100), b'\xff' * 16, bytes(range(50))]
)
def test_garbage_after_the_records_is_cut_off(out, made, garbage):
  make_record, numbers = made
  stage(PHOTOS, out)
  whole = contents(out)
  first = out / '.train-00000-of-00002.partial'
  for length in (0, 30, len(whole[first.name])):
    first.write_bytes(whole[first.name][:length] + garbage)
    stage(PHOTOS, out, make_record=make_record)
    assert contents(out) == whole
  assert set(numbers) == {0, 1, 2}


def test_record_damaged_in_the_middle_is_made_again(out, made):
  make_record, numbers = made
  stage(PHOTOS, out)
  whole = contents(out)
  first = out / '.train-00000-of-00002.partial'
  damaged = bytearray(whole[first.name])
  damaged[16 + len(record_of(PHOTOS[0])) + 14] ^= 1
  first.write_bytes(damaged)
  stage(PHOTOS, out, make_record=make_record)
  assert contents(out) == whole
  assert sorted(numbers) == [1, 2]


def test_partial_with_too_many_records_is_restarted(out):
  stage(PHOTOS, out, num_shards=1)
  whole = contents(out)
  stage([*PHOTOS, photo(8)], out, num_shards=1)
  stage(PHOTOS, out, num_shards=1)
  assert contents(out) == whole


def test_complete_partials_are_reported_and_not_touched(out, made, monkeypatch):
  monkeypatch.setattr(record_writer, '_IMAGES_PER_LOG_LINE', 3)
  make_record, numbers = made
  first = stage(PHOTOS, out)
  for name in first.shards:
    os.utime(name, ns=(10**9, 10**9))
  lines = []
  assert stage(PHOTOS, out, make_record=make_record, log=lines.append) == first
  assert not numbers
  assert {path.stat().st_mtime_ns for path in out.iterdir()} == {10**9}
  texts = [line.partition(' [')[2] for line in lines]
  assert texts[0] == (
    'thread 0]: 3 of 3 images are in train-00000-of-00002 already.'
  )
  assert texts[-1] == 'thread 0]: Wrote 7 images to 2 shards.'


@pytest.mark.parametrize(
  'error', [OSError(errno.ENOSPC, 'No space left'), KeyboardInterrupt('stop')]
)
def test_records_written_before_an_error_are_reused(
  out, made, error, monkeypatch
):
  make_record, numbers = made
  stage(PHOTOS, out)
  whole = contents(out)
  record_writer.discard_partials(out)
  written = []

  def write(file, record):
    if len(written) == 5:
      raise error
    written.append(record)
    original(file, record)

  original = tfrecord_file.write
  monkeypatch.setattr(tfrecord_file, 'write', write)
  with pytest.raises(type(error), match=re.escape(str(error))):
    stage(PHOTOS, out)
  monkeypatch.undo()
  stage(PHOTOS, out, make_record=make_record)
  assert contents(out) == whole
  assert sorted(numbers) == [5, 6]


def test_error_of_make_record_is_raised(out):
  def make_record(photo):
    if photo.key == b'\x04':
      raise image_survey.ChangedError('changed')
    return record_of(photo)

  with pytest.raises(image_survey.ChangedError):
    stage(PHOTOS, out, make_record=make_record)
  assert not list(out.glob('train*'))


def test_publish_replaces_existing_shards(out):
  (out / 'train-00000-of-00001').write_bytes(b'old')
  record_writer.publish(stage(PHOTOS, out, num_shards=1))
  assert records(out.iterdir()) == [[record_of(photo) for photo in PHOTOS]]


@pytest.mark.parametrize('published', range(4))
def test_interrupted_publish_is_resumed(out, published, monkeypatch):
  record_writer.publish(stage(PHOTOS, out, num_shards=3))
  whole = contents(out)
  for path in out.iterdir():
    path.write_bytes(b'old')
  staged = stage(PHOTOS, out, num_shards=3)
  calls = []

  def replace(*paths):
    if len(calls) == published:
      raise KeyboardInterrupt
    calls.append(paths)
    original(*paths)

  original = os.replace
  monkeypatch.setattr(os, 'replace', replace)
  with contextlib.suppress(KeyboardInterrupt):
    record_writer.publish(staged)
  assert len(calls) == published
  monkeypatch.undo()
  again = record_writer.unpublished(
    PHOTOS, subset='train', output_directory=out, num_shards=3
  )
  assert again == staged
  record_writer.publish(again)
  assert contents(out) == whole


def test_missing_shard_means_publish_never_began(out):
  def unpublished():
    return record_writer.unpublished(
      PHOTOS, subset='train', output_directory=out, num_shards=2
    )

  assert unpublished() is None
  staged = stage(PHOTOS, out)
  assert unpublished() == staged
  pathlib.Path(next(iter(staged.shards))).unlink()
  assert unpublished() is None


def test_shard_that_cannot_be_replaced_is_an_error(out):
  (out / 'train-00001-of-00002').mkdir()
  with pytest.raises(OSError, match='train-00001-of-00002'):
    record_writer.publish(stage(PHOTOS, out))


def test_only_own_temporary_files_are_discarded(out):
  kept = [
    'train-00000-of-00001',
    '.train.partial',
    'x.partial',
    '.hidden',
    'train-00000-of-00001.partial',
    '.records.plan',
  ]
  own = ['.my-set-00012-of-00100.partial', '.train-00000-of-00001.partial']
  for name in [*kept, *own]:
    (out / name).write_bytes(b'')
  assert sorted(path.name for path in record_writer.partials(out)) == own
  record_writer.discard_partials(out)
  assert sorted(contents(out)) == sorted(kept)
  assert record_writer.partials(out) == []
