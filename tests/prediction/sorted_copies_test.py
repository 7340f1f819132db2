"""Tests of the copies, one folder for each class."""

import os
import sys

import pytest

from inception.prediction import answers
from inception.prediction import sorted_copies


def test_copy_is_the_file_and_the_file_stays(tmp_path):
  source = tmp_path / 'a.jpg'
  source.write_bytes(b'one')
  os.utime(source, (1_000_000_000, 1_000_000_000))
  target = sorted_copies.copy(source, tmp_path / 'out' / 'daisy')
  assert target == tmp_path / 'out' / 'daisy' / 'a.jpg'
  assert target.read_bytes() == b'one' == source.read_bytes()
  assert target.stat().st_mtime == 1_000_000_000


@pytest.mark.skipif(
  sys.platform == 'win32', reason='the path would be too long there'
)
def test_longest_name_is_copied(tmp_path):
  source = tmp_path / f'{"n" * 251}.jpg'
  source.write_bytes(b'one')
  target = sorted_copies.copy(source, tmp_path / 'out')
  assert target.name == source.name
  assert os.listdir(tmp_path / 'out') == [source.name]


def test_same_copy_is_made_once(tmp_path):
  source = tmp_path / 'a.jpg'
  source.write_bytes(b'one')
  for _ in range(2):
    sorted_copies.copy(source, tmp_path / 'out')
  assert os.listdir(tmp_path / 'out') == ['a.jpg']


def test_other_file_of_the_name_is_not_overwritten(tmp_path):
  for name, content in (('x', b'one'), ('y', b'two')):
    (tmp_path / name).mkdir()
    (tmp_path / name / 'a.jpg').write_bytes(content)
  for _ in range(2):
    for name in 'xy':
      sorted_copies.copy(tmp_path / name / 'a.jpg', tmp_path / 'out')
  found = {p.name: p.read_bytes() for p in (tmp_path / 'out').iterdir()}
  # The beginning of the SHA-256 of b'two'.
  assert found == {'a.jpg': b'one', 'a-3fc4ccfe.jpg': b'two'}


def test_copy_works_without_hard_links(tmp_path, monkeypatch):
  def refuse(*_):
    raise OSError('no links here')

  monkeypatch.setattr(os, 'link', refuse)
  (tmp_path / 'a.jpg').write_bytes(b'one')
  target = sorted_copies.copy(tmp_path / 'a.jpg', tmp_path / 'out')
  assert target.read_bytes() == b'one'
  assert os.listdir(tmp_path / 'out') == ['a.jpg']


def test_file_created_concurrently_is_not_overwritten(tmp_path, monkeypatch):
  def taken(_, target):
    target.write_bytes(b'another')
    raise FileExistsError

  monkeypatch.setattr(os, 'link', taken)
  (tmp_path / 'a.jpg').write_bytes(b'two')
  with pytest.raises(sorted_copies.SortError, match='two other files called'):
    sorted_copies.copy(tmp_path / 'a.jpg', tmp_path / 'out')
  assert {p.read_bytes() for p in (tmp_path / 'out').iterdir()} == {b'another'}


def test_failed_copy_is_reported(tmp_path):
  (tmp_path / 'a.jpg').write_bytes(b'one')
  (tmp_path / 'out').write_bytes(b'a file')
  with pytest.raises(sorted_copies.SortError, match='cannot copy'):
    sorted_copies.copy(tmp_path / 'a.jpg', tmp_path / 'out')


def test_unsure_pictures_have_a_folder():
  candidates = (answers.Candidate('daisy', 0.4),)
  sure = answers.Answer(file='a', candidates=candidates)
  unsure = answers.Answer(file='a', candidates=candidates, is_sure=False)
  assert sorted_copies.folder_of(sure) == 'daisy'
  assert sorted_copies.folder_of(unsure) == 'unsure'


@pytest.mark.parametrize('name', ['unsure', '..', 'a/b', 'a\\b', ''])
def test_class_names_that_cannot_be_folders_are_refused(name):
  sorted_copies.check(['daisy', 'R\u00f6schen'])
  with pytest.raises(sorted_copies.SortError, match='another name for it'):
    sorted_copies.check(['daisy', name])
