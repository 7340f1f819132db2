"""Tests of the checks shared by the readers of archives."""

import pytest

from inception.downloads import archive_members


@pytest.mark.parametrize(
  'name,parts',
  [
    ('a/b c/\u00e4.jpg', ('a', 'b c', '\u00e4.jpg')),
    ('./a//b', ('a', 'b')),
    ('', ()),
  ],
)
def test_parts_of_a_safe_name(name, parts):
  assert archive_members.safe_parts(name, 'x') == parts


@pytest.mark.parametrize('name', ['../a', '/a', '//a', 'a/..', 'C:a', 'a\\b'])
def test_a_name_that_leaves_the_folder_is_refused(name):
  with pytest.raises(archive_members.ArchiveError, match="^'x' has .* leave"):
    archive_members.safe_parts(name, 'x')


def test_a_budget_is_a_hundred_times_the_archive(tmp_path, monkeypatch):
  archive = tmp_path / 'a'
  archive.write_bytes(bytes(1000))
  budget = archive_members.Budget(archive, tmp_path)
  budget.spend(2**30)  # Small ones may have as much.
  with pytest.raises(archive_members.ArchiveError, match='more than 1,073,7'):
    budget.spend(1)
  monkeypatch.setattr(archive_members, '_ALWAYS_FINE', 0)
  budget = archive_members.Budget(archive, tmp_path)
  budget.spend(99_999)
  budget.spend(1)
  with pytest.raises(archive_members.ArchiveError, match='than 100,000 bytes'):
    budget.spend(1)


def test_free_space_is_checked(tmp_path):
  archive = tmp_path / 'a'
  archive.touch()
  budget = archive_members.Budget(archive, tmp_path)
  budget.check_space(0)
  with pytest.raises(archive_members.ArchiveError, match='free some space'):
    budget.check_space(2**60)


def test_errors_name_the_archive():
  for error in (
    archive_members.damaged('x', ValueError('why\n  so')),
    archive_members.not_plain('m', 'x'),
  ):
    assert str(error).startswith("'x' ")
  assert str(archive_members.damaged('x', EOFError())).endswith(': EOFError')
