"""Tests of inception.data.curation.survey_journal."""

import pytest

from inception.data.curation import survey_journal
from inception.images import image_files

IMAGE = image_files.ImageFile('/x/a/1.jpg', 'a', 1, 'a/1.jpg')
OTHER = image_files.ImageFile('/x/a/2.jpg', 'a', 1, 'a/2.jpg')
VALUES = (
  b'key',
  99,
  40,
  30,
  'PNG',
  False,
  bytes(range(80)),
  '',
  'nearly black',
)


def known(path, *, seed=1, max_side=None):
  with survey_journal.opened(path, seed=seed, max_side=max_side) as (found, _):
    return dict(found)


@pytest.fixture(name='journal')
def _journal(tmp_path):
  path = tmp_path / 'journal'
  with survey_journal.opened(path, seed=1, max_side=None) as (_, remember):
    remember(IMAGE, survey_journal.Facts((7, 8), '', VALUES, True))
    remember(OTHER, survey_journal.Facts((9, 8), 'bad', (), True))
  return path


def test_remembered_facts_are_read_back(journal):
  assert known(journal) == {
    'a/1.jpg': ((7, 8), '', VALUES),
    'a/2.jpg': ((9, 8), 'bad', ()),
  }


@pytest.mark.parametrize('options', [{'seed': 2}, {'max_side': 9}])
def test_journal_with_other_settings_is_replaced(journal, options):
  assert known(journal, **options) == {}
  assert known(journal) == {}  # The journal was replaced.


def test_truncated_line_is_skipped(journal):
  journal.write_bytes(journal.read_bytes()[:-5])
  with survey_journal.opened(journal, seed=1, max_side=None) as (_, remember):
    remember(OTHER, survey_journal.Facts((1, 1), 'new', (), True))
  assert known(journal) == {
    'a/1.jpg': ((7, 8), '', VALUES),
    'a/2.jpg': ((1, 1), 'new', ()),
  }


def test_journal_that_cannot_be_written_is_an_error(tmp_path):
  with pytest.raises(OSError, match='none'):
    known(tmp_path / 'none' / 'journal')
