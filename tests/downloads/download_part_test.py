"""Tests of the part of a download, and its note."""

import collections
import os
import shutil

import pytest

from inception.downloads import download_part

ORIGIN = download_part.Origin('http://x/y', '"tag"', 7)


@pytest.fixture(name='part')
def _part(tmp_path):
  return download_part.Part(tmp_path / 'a \u00e4.tgz')


def names(part):
  return sorted(path.name for path in part.target.parent.iterdir())


def test_part_does_not_exist_at_first(part):
  assert part.size() == 0
  assert not part.is_ours()
  assert part.origin() == download_part.Origin()


def test_begin_empties_the_part_and_writes_the_note(part):
  part.path.write_bytes(b'old')
  part.begin(ORIGIN)
  assert part.size() == 0
  assert part.is_ours()
  part.path.write_bytes(b'some')
  assert part.size() == 4
  assert download_part.Part(part.target).origin() == ORIGIN
  assert names(part) == ['.a \u00e4.tgz.part.json', 'a \u00e4.tgz.part']


def test_old_bytes_never_have_a_new_note(part, monkeypatch):
  class Killed(Exception):
    pass

  def killed(*_):
    raise Killed

  part.begin(ORIGIN)
  part.path.write_bytes(b'some')
  monkeypatch.setattr(os, 'replace', killed)
  with pytest.raises(Killed):
    part.begin(download_part.Origin('other'))
  assert part.size() == 0
  assert part.origin() == ORIGIN


def test_move_renames_the_part(part):
  part.begin(ORIGIN)
  part.path.write_bytes(b'all')
  part.move(part.target)
  assert part.target.read_bytes() == b'all'
  assert names(part) == ['a \u00e4.tgz']


@pytest.mark.parametrize(
  'note', [b'', b'{', b'[]', b'7', b'{"validator": 1, "other": 2}', b'\xff']
)
def test_damaged_note_gives_an_unknown_origin(part, note):
  part.begin(ORIGIN)
  part.target.with_name(f'.{part.target.name}.part.json').write_bytes(note)
  assert part.origin() == download_part.Origin()
  part.forget()
  assert not part.is_ours()
  part.forget()


def test_too_large_file_is_reported_with_both_numbers(part, monkeypatch):
  usage = collections.namedtuple('usage', 'free')
  monkeypatch.setattr(shutil, 'disk_usage', lambda folder: usage(1000))
  part.path.write_bytes(bytes(200))
  part.check_space(None)
  part.check_space(1200)
  with pytest.raises(
    download_part.NoSpaceError, match='needs 1,001 bytes and 1,000 are free'
  ):
    part.check_space(1201)


def test_checking_space_in_a_missing_folder_raises_oserror(tmp_path):
  with pytest.raises(FileNotFoundError):
    download_part.Part(tmp_path / 'none' / 'file').check_space(1)
