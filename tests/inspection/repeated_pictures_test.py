"""Tests of inception.inspection.repeated_pictures."""

from inception.data.curation import repeats
from inception.inspection import record_examination
from inception.inspection import record_table
from inception.inspection import repeated_pictures
from inception.testing import record_folders

SMALL = record_folders.picture(1, height=36, width=48)


def table_of(*rows):
  """Returns a table of (subset, record)."""
  table = record_table.RecordTable()
  for subset, record in rows:
    table.begin_shard(subset, subset)
    table.add(record_examination.examine(record), record=0, offset=0)
  return table


def pictures_of(*rows):
  return repeated_pictures.find(table_of(*rows)).groups


def small(label=1):
  return record_folders.record(1, label, encoded=SMALL, height=36, width=48)


def test_different_pictures_are_not_repeated():
  assert (
    pictures_of(*(('train', record_folders.record(i)) for i in range(30))) == ()
  )


def test_copies_are_found():
  assert pictures_of(
    ('train', record_folders.record(1)),
    ('train', record_folders.record(2)),
    ('train', record_folders.record(1, filename='other.jpg')),
  ) == (
    repeats.Group((0, 2), copies=((0, 2),), is_conflict=False, is_leak=False),
  )


def test_near_copies_are_found():
  assert pictures_of(
    ('train', record_folders.record(2)),
    ('train', record_folders.record(1)),
    ('train', small()),
  ) == (repeats.Group((1, 2), is_conflict=False, is_leak=False),)


def test_conflicts_and_leaks_are_found():
  assert pictures_of(
    ('train', record_folders.record(1)),
    ('train', record_folders.record(2)),
    ('train', record_folders.record(2, 3)),
    ('test', small()),
  ) == (
    repeats.Group((0, 3), is_conflict=False, is_leak=True),
    repeats.Group((1, 2), copies=((1, 2),), is_conflict=True, is_leak=False),
  )


def test_record_without_label_makes_no_conflict():
  (pictures,) = pictures_of(
    ('train', record_folders.record(1)),
    (
      'train',
      record_folders.with_field(record_folders.record(1), 'image/class/label'),
    ),
  )
  assert not pictures.is_conflict


def test_undecodable_images_are_ignored():
  broken = record_folders.record(1, encoded=b'words')
  assert pictures_of(('train', broken), ('train', broken)) == ()
  assert pictures_of() == ()


def test_each_kind_is_counted():
  pictures = pictures_of(
    ('train', record_folders.record(1)),
    ('test', small(2)),
    ('train', record_folders.record(2)),
    ('train', record_folders.record(2)),
    ('train', record_folders.record(3)),
    ('test', record_folders.record(3)),
  )
  assert {
    kind: len(groups) for kind, groups in repeats.by_kind(pictures).items()
  } == {'leaks': 2, 'conflicts': 1, 'copies': 2, 'near copies': 1}
