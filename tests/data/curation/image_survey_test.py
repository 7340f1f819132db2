"""Tests of inception.data.curation.image_survey."""

import contextlib
import dataclasses
import hashlib
import io
import json
import os
import pathlib
import threading

import numpy as np
import pytest
from PIL import Image

from inception.data.curation import image_survey
from inception.data.curation import picture_signatures
from inception.data.curation import survey_journal
from inception.images import image_coder
from inception.images import image_errors
from inception.images import image_files
from inception.testing import image_folders
from inception.testing import odd_images


@pytest.fixture(name='folder')
def _folder(tmp_path):
  folder = tmp_path / 'My ph\u00f6tos'
  image_folders.write(folder, {'daisy': 4, 'roses': 3})
  return folder


@pytest.fixture(name='journal')
def _journal(tmp_path):
  return tmp_path / 'survey.jsonl'


@pytest.fixture(name='examined')
def _examined(monkeypatch):
  """A list that collects the contents that are examined."""
  contents, lock = [], threading.Lock()

  def examine(content, **options):
    with lock:
      contents.append(content)
    return original(content, **options)

  original = image_coder.examine
  monkeypatch.setattr(image_coder, 'examine', examine)
  return contents


def survey(folder, journal=None, *, seed=1, **options):
  files = image_files.find_images(folder, ('daisy', 'roses')).images
  return image_survey.survey(
    files,
    seed=seed,
    journal=journal,
    **{'num_threads': 2, 'log': lambda line: None} | options,
  )


def touched(path, content, *, keep_time=False):
  """Writes a file; returns its path."""
  status = path.stat() if path.exists() else None
  path.write_bytes(content)
  if status and keep_time:
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
  elif status:
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1_000_000_000))
  return path


def test_photo_has_the_facts_about_its_file(folder):
  content = image_folders.image_file(9, file_format='PNG', height=40, width=60)
  path = touched(folder / 'daisy' / 'b.jpg', content)
  photos = {photo.relative: photo for photo in survey(folder).photos}
  assert photos['daisy/b.jpg'] == image_survey.Photo(
    path=str(path),
    relative='daisy/b.jpg',
    class_name='daisy',
    label=1,
    key=hashlib.blake2b(
      content, digest_size=16, key=hashlib.sha256(b'1').digest()
    ).digest(),
    num_bytes=len(content),
    width=60,
    height=40,
    source_format='PNG',
    is_original=False,
    # The signature is of the image in the record.
    signature=picture_signatures.signature(
      image_coder.examine(image_coder.encode(content).jpeg).thumbnail
    ),
    # A gradient from corner to corner.
    flaw='blurred beyond use',
  )
  other = photos['roses/roses 000.jpg']
  assert (other.class_name, other.label) == ('roses', 2)
  assert (other.source_format, other.is_original) == ('JPEG', True)


@pytest.mark.parametrize('num_threads', [1, 5])
def test_photos_are_in_the_order_of_the_files(folder, num_threads):
  photos = survey(folder, num_threads=num_threads).photos
  assert [photo.relative for photo in photos] == [
    *(f'daisy/daisy {i:03d}.jpg' for i in range(4)),
    *(f'roses/roses {i:03d}.jpg' for i in range(3)),
  ]


def test_range_of_deep_samples_is_in_the_journal(folder, tmp_path):
  buffer = io.BytesIO()
  samples = np.arange(4096, dtype=np.uint16).reshape(64, 64)
  Image.fromarray(samples).save(buffer, 'TIFF')
  touched(folder / 'daisy' / 'daisy 000.jpg', buffer.getvalue())
  for _ in range(2):
    photos = survey(folder, journal=tmp_path / 'journal').photos
    assert [photo.levels for photo in photos[:2]] == ['assumed 0 to 4095', '']


def test_sizes_are_those_of_the_record(folder):
  touched(
    folder / 'daisy' / 'daisy 000.jpg',
    image_folders.image_file(1, height=60, width=120, orientation=6),
  )
  first, second, *_ = survey(folder, max_side=50).photos
  assert (first.width, first.height, first.is_original) == (25, 50, False)
  assert (second.width, second.height, second.is_original) == (32, 24, True)


def test_unusable_file_is_skipped_with_its_reason(folder):
  for name, content in list(odd_images.HOSTILE.items())[:12]:
    (folder / 'roses' / name).write_bytes(content)
  found = survey(folder)
  assert len(found.photos) == 7
  assert {os.path.basename(skipped.path) for skipped in found.skipped} == set(
    list(odd_images.HOSTILE)[:12]
  )
  assert all(skipped.reason for skipped in found.skipped)


def test_file_that_is_too_large_is_not_read(folder, monkeypatch, examined):
  monkeypatch.setattr(image_survey, 'MAX_FILE_BYTES', 1000)
  path = touched(folder / 'daisy' / 'large.jpg', bytes(1001))
  (skipped,) = survey(folder).skipped
  assert skipped == image_files.Skipped(str(path), '1,001 bytes are too many')
  assert len(examined) == 7


def test_files_in_the_journal_are_not_read_again(folder, journal, examined):
  (folder / 'roses' / 'bad.jpg').write_bytes(b'no image')
  first = survey(folder, journal)
  assert len(examined) == 8
  assert survey(folder, journal) == first
  assert survey(folder, journal, num_threads=1) == first
  assert len(examined) == 8
  # Without a journal, all files are read.
  assert survey(folder) == first
  assert len(examined) == 16


def test_new_and_changed_files_are_read(folder, journal, examined):
  survey(folder, journal)
  del examined[:]
  contents = [
    image_folders.image_file(seed, quality=quality)
    for seed, quality in ((50, 75), (51, 75), (52, 60))
  ]
  touched(folder / 'daisy' / 'new.jpg', contents[0])
  touched(folder / 'daisy' / 'daisy 001.jpg', contents[1])
  touched(
    folder / 'roses' / 'roses 001.jpg', contents[2] + bytes(5), keep_time=True
  )
  (folder / 'roses' / 'roses 002.jpg').unlink()
  found = survey(folder, journal)
  assert len(found.photos) == 7
  assert sorted(examined) == sorted([*contents[:2], contents[2] + bytes(5)])
  assert found == survey(folder)
  # It is known from then on.
  del examined[:]
  assert survey(folder, journal) == found
  assert not examined


def test_changed_modification_time_counts_as_a_change(
  folder, journal, examined
):
  survey(folder, journal)
  path = folder / 'daisy' / 'daisy 000.jpg'
  touched(path, path.read_bytes())
  survey(folder, journal)
  assert examined[7:] == [path.read_bytes()]


@pytest.mark.parametrize(
  'options', [{'seed': 2}, {'max_side': 20}, {'max_side': 3000}]
)
def test_journal_with_other_settings_is_not_used(
  folder, journal, examined, options
):
  survey(folder, journal)
  assert survey(folder, journal, **options) == survey(folder, **options)
  # A shrunk image is examined again in the form of the record.
  count = 7 + 2 * (14 if options == {'max_side': 20} else 7)
  assert len(examined) == count
  survey(folder, journal, **options)
  assert len(examined) == count


@pytest.mark.parametrize('name', ['tool', 'pillow', 'version'])
def test_journal_of_another_version_is_not_used(
  folder, journal, examined, name
):
  first = survey(folder, journal)
  header, _, rest = journal.read_text(encoding='utf-8').partition('\n')
  journal.write_text(
    json.dumps(json.loads(header) | {name: 'x'}) + '\n' + rest, encoding='utf-8'
  )
  assert survey(folder, journal) == first
  assert len(examined) == 2 * 7


@pytest.mark.parametrize('num_bytes', [1, 2, 30, 100])
def test_truncated_line_loses_only_its_file(
  folder, journal, examined, num_bytes
):
  first = survey(folder, journal)
  journal.write_bytes(journal.read_bytes()[:-num_bytes])
  for _ in range(3):
    assert survey(folder, journal) == first
  # A line is complete without its newline.
  assert len(examined) == 7 + (num_bytes > 1)


@pytest.mark.parametrize(
  'content',
  [
    b'',
    b'\n',
    b'\xff\xfe',
    b'[]\n[]\n',
    b'{}\n',
    b'{"version": 1}\n',
    bytes(1000),
  ],
)
def test_invalid_journal_is_replaced(folder, journal, examined, content):
  journal.write_bytes(content)
  first = survey(folder, journal)
  assert survey(folder, journal) == first
  assert len(examined) == 7


@pytest.mark.parametrize(
  'line',
  [
    '7',
    '[]',
    '{}',
    'null',
    '"x"',
    '[1, 2, 3, 4]',
    '[["x"], [1, 2], "", []]',
    '["daisy/daisy 000.jpg", null, "", null]',
    '["daisy/daisy 000.jpg", [1, 2], "", ["zz", 1, 1, 1, "JPEG", true, ""]]',
    '["daisy/daisy 000.jpg", [1, 2], "", ["", 1, 1, 1, 7, true, ""]]',
    '["daisy/daisy 000.jpg", [1, 2], "", [1, 2]]',
  ],
)
def test_invalid_line_is_skipped(folder, journal, examined, line):
  first = survey(folder, journal)
  lines = journal.read_text(encoding='utf-8').split('\n')
  journal.write_text(
    '\n'.join([lines[0], line, *lines[1:], line]), encoding='utf-8'
  )
  assert survey(folder, journal) == first
  assert len(examined) == 7


def test_journal_survives_a_kill(folder, journal, examined, monkeypatch):
  on_disk = []

  @contextlib.contextmanager
  def show(*_, **__):
    yield lambda _: on_disk.append(journal.read_bytes())

  monkeypatch.setattr(image_survey.progress, 'show', show)
  monkeypatch.setattr(survey_journal, '_FILES_PER_FLUSH', 2)
  first = survey(folder, journal)
  # When the sixth file was read, four entries were on the disk.
  journal.write_bytes(on_disk[5])
  del examined[:]
  assert survey(folder, journal) == first
  assert len(examined) == 3


def test_unreadable_file_is_not_in_the_journal(folder, journal, examined):
  files = image_files.find_images(folder, ('daisy', 'roses')).images
  path = folder / 'daisy' / 'daisy 002.jpg'
  content = path.read_bytes()
  path.unlink()
  options = {'seed': 1, 'num_threads': 2, 'log': print, 'journal': journal}
  found = image_survey.survey(files, **options)
  assert found.skipped == (
    image_files.Skipped(str(path), 'No such file or directory'),
  )
  assert len(found.photos) == len(examined) == 6
  path.write_bytes(content)
  assert len(image_survey.survey(files, **options).photos) == 7
  assert len(examined) == 7


def test_shortage_of_memory_is_not_in_the_journal(folder, journal, monkeypatch):
  files = image_files.find_images(folder, ('daisy', 'roses')).images
  options = {'seed': 1, 'num_threads': 1, 'log': print, 'journal': journal}
  with monkeypatch.context() as patch:

    def fail(*unused, **unused_too):
      raise image_errors.MemoryShortage('too little memory')

    patch.setattr(image_coder, 'examine', fail)
    found = image_survey.survey(files, **options)
  assert {skipped.reason for skipped in found.skipped} == {'too little memory'}
  assert len(image_survey.survey(files, **options).photos) == len(files)


def test_names_need_not_be_unicode(journal, folder, examined):
  files = [
    image_files.ImageFile(str(path), 'daisy', 1, name)
    for path, name in zip(
      sorted((folder / 'daisy').iterdir()),
      ('daisy/\udcfc.jpg', 'daisy/a\nb.jpg', 'daisy/\U0001f33c.jpg'),
    )
  ]
  options = {'seed': 1, 'num_threads': 2, 'log': print, 'journal': journal}
  first = image_survey.survey(files, **options)
  assert image_survey.survey(files, **options) == first
  assert len(examined) == 3


def test_journal_that_cannot_be_written_is_an_error(folder, tmp_path):
  with pytest.raises(OSError, match='none'):
    survey(folder, tmp_path / 'none' / 'survey.jsonl')


def test_read_returns_the_surveyed_bytes(folder):
  photo = survey(folder).photos[0]
  path = folder / 'daisy' / 'daisy 000.jpg'
  assert image_survey.read(photo, seed=1) == path.read_bytes()
  touched(
    path,
    np.roll(np.frombuffer(path.read_bytes(), np.uint8), 1).tobytes(),
    keep_time=True,
  )
  with pytest.raises(
    image_survey.ChangedError,
    match='daisy 000.jpg.* was changed .* run the command',
  ):
    image_survey.read(photo, seed=1)
  assert issubclass(image_survey.ChangedError, OSError)
  with pytest.raises(FileNotFoundError):
    image_survey.read(dataclasses.replace(photo, path='none'), seed=1)


def test_film_is_not_read_completely(folder, monkeypatch):
  monkeypatch.setattr(image_survey, '_FILM_BYTES', 5000)
  beginning = b'\0\0\0\x18ftypmp42' + bytes(6000)
  video = touched(folder / 'daisy' / 'video', beginning)
  read = pathlib.Path.read_bytes
  opened = []
  monkeypatch.setattr(
    pathlib.Path,
    'read_bytes',
    lambda path: opened.append(path.name) or read(path),
  )
  found = survey(folder)
  assert [(skipped.path, skipped.reason) for skipped in found.skipped] == [
    (str(video), 'not an image but a video')
  ]
  assert 'video' not in opened
  assert opened
