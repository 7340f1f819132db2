"""Tests of file_moves."""

import os

import pytest

from inception.checkpoints import file_moves


def test_files_are_renamed(tmp_path):
  (tmp_path / 'a').write_bytes(b'1')
  with file_moves.undone_after_an_error() as move:
    move(str(tmp_path / 'a'), str(tmp_path / 'b'))
  assert os.listdir(tmp_path) == ['b']


def test_os_error_undoes_all_renames(tmp_path):
  for name in 'ab':
    (tmp_path / name).write_text(name, encoding='utf-8')
  with pytest.raises(OSError, match='No space'):
    with file_moves.undone_after_an_error() as move:
      move(str(tmp_path / 'a'), str(tmp_path / 'c'))
      move(str(tmp_path / 'b'), str(tmp_path / 'a'))
      raise OSError(28, 'No space left on device')
  assert sorted(os.listdir(tmp_path)) == ['a', 'b']
  for name in 'ab':
    assert (tmp_path / name).read_text(encoding='utf-8') == name


def test_unlink_reports_whether_the_file_is_gone(monkeypatch, tmp_path):
  path = tmp_path / 'a'
  path.write_bytes(b'')

  def refuse(path):
    raise PermissionError(13, 'in use', path)

  with monkeypatch.context() as patch:
    patch.setattr(os, 'unlink', refuse)
    assert not file_moves.unlink(str(path))
  assert path.exists()
  assert file_moves.unlink(str(path))
  assert not path.exists()
  assert file_moves.unlink(str(path))
