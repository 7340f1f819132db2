"""Tests of build_image_data with hostile folders: no file stops the run."""

import json
import os
import re
import socket
import sys
import unicodedata

import pytest

from inception import dataset
from inception.data.curation import image_survey
from inception.images import image_files
from inception.jobs import display_names
from inception.records import example_message
from inception.records import tfrecord_file
from inception.testing import command_batches
from inception.testing import commands
from inception.testing import image_folders
from inception.testing import odd_images

COMMAND = 'data.build_image_data'
# A file that is hidden from the command is hidden from this test, too.
HOSTILE = {
  name.lstrip('.'): content for name, content in image_folders.HOSTILE.items()
}
REASONS = {
  name.lstrip('.'): reason for name, reason in odd_images.REASONS.items()
}

TEXT = b'This is no picture.\n'
ODD_NAMES = (
  'two\nlines.jpg',
  'a tab\t.jpg',
  'return\r.jpg',
  '\U0001f33b\ufe0f.jpg',
  '\u202egpj.exe',
  '\u05e9\u05dc\u05d5\u05dd\u200f.jpg',
  'e\u0301.jpg',
  'x' * 200 + '.jpg',
  '-n.jpg',
  '--help',
  'quote\' " .jpg',
  '100%s.jpg',
  '{name}.jpg',
  ' blank .jpg',
  'SKIPPED: x.jpg',
  '\x1b[31mred.jpg',
  '$(ls)',
  'CON.jpg',
  'a;b,c|d.jpg',
  '\u2028line.jpg',
  '#.jpg',
  '?*.jpg',
)


def arguments(photos, out, *more):
  return [f'--image_directory={photos}', f'--output_directory={out}', *more]


def examples(folder):
  """Returns {file name: Example} of all subsets."""
  found = [
    example_message.decode(record)
    for path in sorted(folder.glob('*-of-*'))
    for record in tfrecord_file.read(path)
  ]
  return {example.filename: example for example in found}


def skipped(done):
  return [
    line for line in done.stdout.split('\n') if line.startswith('SKIPPED: ')
  ]


def bad_files(out):
  """Returns {path: reason} as audit.json has them."""
  audit = json.loads((out / 'audit.json').read_text(encoding='utf-8'))
  assert {entry['done'] for entry in audit['bad_files']} <= {'skipped'}
  assert audit['num_files'] == audit['num_images'] + len(audit['bad_files'])
  return {entry['path']: entry['reason'] for entry in audit['bad_files']}


def try_to_write(path, content):
  """Writes a file; False where the system has no such names."""
  try:
    path.write_bytes(content)
    # Windows changes some names, or refuses them.
    return path.name in os.listdir(path.parent)
  except (OSError, ValueError):
    return False


@pytest.fixture(name='photos')
def _photos(tmp_path):
  photos = tmp_path / 'photos'
  image_folders.write(photos, {'daisy': 5, 'roses': 5})
  return photos


def test_there_are_many_hostile_files():
  assert len(HOSTILE) >= 40
  assert set(HOSTILE) == set(REASONS)


def test_every_bad_file_is_reported_with_its_reason(photos, tmp_path):
  for name, content in {**HOSTILE, **image_folders.ODD}.items():
    (photos / 'daisy' / name).write_bytes(content)
  out = tmp_path / 'out'
  done = commands.run(COMMAND, arguments(photos, out))
  assert (done.stderr, done.returncode) == ('', 0)
  found = bad_files(out)
  lines = skipped(done)
  for name, reason in REASONS.items():
    path = str(photos / 'daisy' / name)
    assert re.search(reason, found[path]), name
    assert f'SKIPPED: {path}: {found[path]}.' in lines, name
    assert '\n' not in found[path], name
  assert len(found) == len(lines) == len(HOSTILE)
  made = examples(out)
  assert len(made) == 10 + len(image_folders.ODD)
  assert set(image_folders.ODD) <= set(made)
  for example in made.values():
    assert example.encoded.startswith(b'\xff\xd8'), example.filename
    assert example.encoded.rstrip(b'\0').endswith(b'\xff\xd9')
  assert f'Skipped {len(lines)} of {len(made) + len(lines)} files.' in (
    done.stdout
  )


def test_on_bad_image_fail_fails_after_reporting_all_files(photos, tmp_path):
  bad = ['empty.jpg', 'text.jpg', 'two\nlines.jpg']
  bad = [name for name in bad if try_to_write(photos / 'roses' / name, TEXT)]
  out = tmp_path / 'out'
  done, again, without = command_batches.run_all(
    COMMAND,
    [
      arguments(photos, out, '--on_bad_image=fail'),
      arguments(photos, out, '--on_bad_image=fail'),
      arguments(photos, out, '--on_bad_image=skip'),
    ],
  )
  for failed in (done, again):
    assert len(skipped(failed)) == len(bad)
    assert failed.returncode == 1
    assert failed.stderr.startswith(
      f'build_image_data: --on_bad_image=fail: {len(bad)} files '
    )
    assert len(failed.stderr.splitlines()) == 1
    assert 'Finished writing' not in failed.stdout
  assert without.returncode == 0
  assert len(bad_files(out)) == len(bad)


@pytest.mark.parametrize('content', ['picture', 'text'])
def test_any_file_name_is_reported_in_one_line(tmp_path, content):
  photos, out = tmp_path / 'photos', tmp_path / 'out'
  image_folders.write(photos, {'daisy': 5, 'roses': 5})
  names = [
    name
    for i, name in enumerate(ODD_NAMES)
    if try_to_write(
      photos / 'daisy' / name,
      image_folders.image_file(100 + i) if content == 'picture' else TEXT,
    )
  ]
  assert len(names) >= 5
  done = commands.run(COMMAND, arguments(photos, out))
  assert (done.stderr, done.returncode) == ('', 0)
  if content == 'picture':
    # Names in records are in Unicode's composed form.
    assert {unicodedata.normalize('NFC', name) for name in names} <= set(
      examples(out)
    )
    assert skipped(done) == []
  else:
    paths = [str(photos / 'daisy' / name) for name in names]
    assert set(bad_files(out)) == set(paths)
    assert {line.partition(': not an image')[0] for line in skipped(done)} == {
      f'SKIPPED: {display_names.printable(path)}' for path in paths
    }
    # Control characters do not reach the terminal or the reader.
    assert all(
      char.isprintable() or char in '\n\u200d\u200c' for char in done.stdout
    )
    assert len(skipped(done)) == len(paths)


@pytest.mark.skipif(
  sys.platform != 'linux', reason='elsewhere every name is Unicode'
)
def test_names_that_are_not_unicode_are_handled(photos, tmp_path):
  picture = os.fsdecode(b'pict\xffure.jpg')
  no_picture = os.fsdecode(b'no\xfe pict\x80ure.jpg')
  (photos / 'daisy' / picture).write_bytes(image_folders.image_file(100))
  (photos / 'daisy' / no_picture).write_bytes(TEXT)
  out = tmp_path / 'out'
  done = commands.run(COMMAND, arguments(photos, out))
  assert (done.stderr, done.returncode) == ('', 0)
  assert picture in examples(out)
  assert set(bad_files(out)) == {str(photos / 'daisy' / no_picture)}
  (line,) = skipped(done)
  assert 'no\\udcfe pict\\udc80ure.jpg: ' in line
  os.mkdir(photos / os.fsdecode(b'cl\xffass'))
  (photos / os.fsdecode(b'cl\xffass') / '1.jpg').write_bytes(TEXT)
  (done,) = command_batches.run_all(COMMAND, [arguments(photos, out)])
  assert done.returncode == 1
  assert len(done.stderr.splitlines()) == 1 and 'rename it' in done.stderr


def test_entries_that_are_not_files_are_skipped(photos, tmp_path):
  daisies, out = photos / 'daisy', tmp_path / 'out'
  (daisies / 'folder.jpg').mkdir()
  (daisies / 'zero.jpg').write_bytes(b'')
  expected = {
    'folder.jpg': 'a folder, not a file',
    'zero.jpg': 'the file is empty',
  }
  if hasattr(os, 'mkfifo'):
    os.mkfifo(daisies / 'pipe.jpg')  # Opening it would block forever.
    expected['pipe.jpg'] = 'neither a file nor a folder'
    with socket.socket(socket.AF_UNIX) as server:
      # The path of a socket has at most 108 bytes.
      path = os.path.relpath(daisies / 'socket.jpg')
      if len(path) < 100:
        server.bind(path)
        expected['socket.jpg'] = 'neither a file nor a folder'
  done = commands.run(COMMAND, arguments(photos, out), timeout=60)
  assert (done.stderr, done.returncode) == ('', 0)
  assert {
    os.path.basename(path): reason for path, reason in bad_files(out).items()
  } == expected
  assert len(skipped(done)) == len(expected)
  assert len(examples(out)) == 10


def link(path, target):
  try:
    os.symlink(
      target, path, target_is_directory=os.path.isdir(path.parent / target)
    )
  except (OSError, NotImplementedError):
    pytest.skip('this system lets nobody make links')


def test_links_are_followed_and_loops_end(photos, tmp_path):
  daisies, out = photos / 'daisy', tmp_path / 'out'
  elsewhere = tmp_path / 'elsewhere'
  image_folders.write(elsewhere, {'more': 2}, seed=1)
  link(daisies / 'loop.jpg', 'loop.jpg')
  link(daisies / 'here', os.curdir)
  link(daisies / 'up', os.pardir)
  link(daisies / 'nowhere.jpg', 'none')
  link(daisies / 'file.jpg', elsewhere / 'more' / 'more 000.jpg')
  link(daisies / 'folder', elsewhere)
  link(photos / 'tulips', elsewhere / 'more')
  done = commands.run(COMMAND, arguments(photos, out))
  assert (done.stderr, done.returncode) == ('', 0)
  assert {os.path.basename(path) for path in bad_files(out)} == {
    'loop.jpg',
    'here',
    'up',
    'nowhere.jpg',
  }
  audit = json.loads((out / 'audit.json').read_text(encoding='utf-8'))
  assert {
    name: sum(counts.values()) for name, counts in audit['classes'].items()
  } == {'daisy': 8, 'roses': 5, 'tulips': 2}
  # daisy/file.jpg, daisy/folder/more/more 000.jpg and tulips/more 000.jpg are
  # one picture, and so in one subset.
  assert len(audit['conflicts']) == 2
  assert audit['leaks'] == []


def test_unreadable_entries_are_reported(photos, tmp_path):
  if not hasattr(os, 'geteuid') or os.geteuid() == 0:
    pytest.skip('root and Windows read it in spite of its mode')
  (photos / 'daisy' / 'daisy 000.jpg').chmod(0)
  (photos / 'roses' / 'inner').mkdir(mode=0)
  out = tmp_path / 'out'
  done = commands.run(COMMAND, arguments(photos, out))
  (photos / 'roses' / 'inner').chmod(0o700)
  assert done.returncode == 0
  assert bad_files(out) == {
    str(photos / 'daisy' / 'daisy 000.jpg'): 'Permission denied',
    str(photos / 'roses' / 'inner'): 'Permission denied',
  }


@pytest.mark.parametrize('name', ['stat', 'open'])
def test_file_that_cannot_be_opened_is_skipped(
  photos, tmp_path, monkeypatch, name
):
  images = image_files.find_images(photos, ['daisy', 'roses']).images
  refused = images[3].path
  function = {'stat': os.stat, 'open': image_survey.pathlib.Path.read_bytes}

  def refuse(path, *args, **kwargs):
    if os.fspath(path) == refused:
      raise PermissionError(13, 'Permission denied', refused)
    return function[name](path, *args, **kwargs)

  def survey():
    return image_survey.survey(
      images,
      seed=0,
      num_threads=2,
      log=lambda line: None,
      journal=tmp_path / 'journal',
    )

  with monkeypatch.context() as patch:
    patch.setattr(
      *{
        'stat': (image_survey.os, 'stat'),
        'open': (image_survey.pathlib.Path, 'read_bytes'),
      }[name],
      refuse,
    )
    found = survey()
  assert found.skipped == (image_files.Skipped(refused, 'Permission denied'),)
  assert len(found.photos) == 9
  # The file may be readable the next time.
  assert len(survey().photos) == 10


def test_folder_without_usable_images_is_an_error_after_its_report(tmp_path):
  photos, out = tmp_path / 'photos', tmp_path / 'out'
  (photos / 'daisy').mkdir(parents=True)
  (photos / 'daisy' / 'a.jpg').write_bytes(TEXT)
  (done,) = command_batches.run_all(COMMAND, [arguments(photos, out)])
  assert len(skipped(done)) == 1
  assert done.stderr == (
    'build_image_data: no validation images: none of 1 files is a usable '
    'image\n'
  )
  assert done.returncode == 1
  assert len(bad_files(out)) == 1
  assert dataset.read_info(out) is None


@pytest.mark.skipif(
  sys.platform != 'linux', reason='elsewhere every name is Unicode'
)
def test_output_folder_name_need_not_be_unicode(photos, tmp_path):
  out = tmp_path / os.fsdecode(b'out \xff')
  done = commands.run(COMMAND, arguments(photos, out))
  assert (done.stderr, done.returncode) == ('', 0)
  assert dataset.read_info(out).name == 'out ?'
