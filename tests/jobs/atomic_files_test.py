"""Tests of inception.jobs.atomic_files."""

import errno
import os
import sys

import pytest

from inception.jobs import atomic_files


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch):
  monkeypatch.setattr(atomic_files, '_REPLACE_PAUSES_SECS', (0, 0))


@pytest.fixture(name='path')
def path_of_an_old_file(tmp_path):
  path = tmp_path / 'a größe.txt'
  path.write_bytes(b'old')
  return path


def names(path):
  return sorted(file.name for file in path.parent.iterdir())


def full(*unused):
  raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_bytes_replace_the_old_file(path):
  atomic_files.write_bytes(path, b'new')
  assert path.read_bytes() == b'new'
  assert names(path) == [path.name]


def test_text_is_utf8_with_plain_line_ends_on_every_system(path):
  atomic_files.write_text(path, 'größe\nb\n')
  assert path.read_bytes() == b'gr\xc3\xb6\xc3\x9fe\nb\n'


def test_the_name_appears_when_the_block_ends(path):
  with atomic_files.writing(path) as temporary:
    temporary.write_bytes(b'half')
    assert path.read_bytes() == b'old'
    assert temporary.parent == path.parent
    temporary.write_bytes(b'all')
  assert path.read_bytes() == b'all'
  assert names(path) == [path.name]


@pytest.mark.parametrize(
  ('name', 'temporary'),
  [('a.jpg', '.a.jpg.tmp'), ('.records.json', '.records.json.tmp')],
)
def test_a_temporary_is_hidden(tmp_path, name, temporary):
  assert atomic_files.temporary_path(tmp_path / name) == tmp_path / temporary


def test_error_in_the_block_keeps_the_old_file(path):
  with pytest.raises(ZeroDivisionError):
    with atomic_files.writing(path) as temporary:
      temporary.write_bytes(b'half')
      raise ZeroDivisionError
  assert path.read_bytes() == b'old'
  assert names(path) == [path.name]


@pytest.mark.parametrize('name', ['fsync', 'replace'])
def test_full_disk_keeps_the_old_file(path, monkeypatch, name):
  with monkeypatch.context() as patched:
    patched.setattr(os, name, full)
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
      atomic_files.write_bytes(path, b'new')
  assert path.read_bytes() == b'old'
  assert names(path) == [path.name]


def test_temporary_left_by_a_kill_is_replaced(path):
  atomic_files.temporary_path(path).write_bytes(b'a longer half of a file')
  atomic_files.write_bytes(path, b'new')
  assert path.read_bytes() == b'new'
  assert names(path) == [path.name]


def test_a_missing_folder_is_an_error(tmp_path):
  with pytest.raises(FileNotFoundError):
    atomic_files.write_text(tmp_path / 'missing' / 'a', '')


@pytest.mark.parametrize(
  ('durable', 'expected'),
  [(True, ['fsync', 'replace', 'fsync']), (False, ['replace'])],
)
@pytest.mark.skipif(sys.platform == 'win32', reason='no fsync of folders')
def test_content_is_on_the_disk_before_the_name_and_then_the_name(
  path, monkeypatch, durable, expected
):
  calls = []

  def noted(name, real):
    def call(*args):
      calls.append(name)
      return real(*args)

    return call

  for name in ('fsync', 'replace'):
    monkeypatch.setattr(os, name, noted(name, getattr(os, name)))
  with atomic_files.writing(path, durable=durable) as temporary:
    temporary.write_bytes(b'new')
  assert calls == expected


def test_put_in_place_renames_a_closed_file(path):
  part = path.with_name('part')
  part.write_bytes(b'new')
  atomic_files.put_in_place(part, path)
  assert path.read_bytes() == b'new'
  assert names(path) == [path.name]


def test_replacing_waits_for_a_reader(path, monkeypatch):
  real, refusals = os.replace, [PermissionError(13, 'in use')] * 2

  def replace(source, target):
    if refusals:
      raise refusals.pop()
    real(source, target)

  monkeypatch.setattr(os, 'replace', replace)
  atomic_files.write_bytes(path, b'new')
  assert path.read_bytes() == b'new'


def test_file_that_stays_locked_is_an_error(path, monkeypatch):
  def replace(source, target):
    raise PermissionError(13, 'in use')

  monkeypatch.setattr(os, 'replace', replace)
  with pytest.raises(PermissionError):
    atomic_files.replace(path, path.with_name('other'))


def test_a_file_is_flushed(path, monkeypatch):
  atomic_files.sync_file(path)
  assert path.read_bytes() == b'old'
  monkeypatch.setattr(os, 'fsync', full)
  with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
    atomic_files.sync_file(path)


def test_failing_flush_of_a_folder_is_ignored(tmp_path, monkeypatch):
  atomic_files.sync_folder(tmp_path)
  atomic_files.sync_folder(tmp_path / 'missing')
  monkeypatch.setattr(os, 'fsync', full)
  atomic_files.sync_folder(tmp_path)
