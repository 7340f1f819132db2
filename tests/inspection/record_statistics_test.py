"""Tests of inception.inspection.record_statistics."""

from inception.inspection import record_examination
from inception.inspection import record_statistics
from inception.inspection import record_table


def table_of(*rows):
  """Returns a table of (subset, label, width, height, bytes, format)."""
  table = record_table.RecordTable()
  for subset, label, width, height, num_bytes, image_format in rows:
    table.begin_shard(subset, subset)
    table.add(
      record_examination.ExaminedRecord(
        label=label,
        width=width,
        height=height,
        num_bytes=num_bytes,
        image_format=image_format,
      ),
      record=0,
      offset=0,
    )
  return table


TABLE = table_of(
  ('train', 1, 10, 20, 100, 'PNG'),
  ('train', 1, 30, 20, 200, 'JPEG'),
  ('train', 7, 80, 50, 600, 'JPEG'),
  ('train', None, 0, 0, 5000, ''),
  ('test', 7, 20, 30, 300, 'JPEG'),
)


def test_records_are_counted_by_class_and_subset():
  assert record_statistics.by_class(TABLE) == {
    -1: {'train': 1},
    1: {'train': 2},
    7: {'train': 1, 'test': 1},
  }


def test_records_shards_and_bytes_are_counted_by_subset():
  assert record_statistics.by_subset(TABLE) == {
    'train': record_statistics.Subset(records=4, shards=4, num_bytes=5900),
    'test': record_statistics.Subset(records=1, shards=1, num_bytes=300),
  }


def test_images_are_counted_by_format():
  counts = record_statistics.by_format(TABLE)
  assert list(counts.items()) == [('JPEG', 3), ('PNG', 1)]


def test_sizes_cover_only_decodable_images():
  size = record_statistics.Size
  assert record_statistics.sizes(TABLE) == {
    'width': size(10, 25, 35, 80),
    'height': size(20, 25, 30, 50),
    'num_bytes': size(100, 250, 300, 600),
  }


def test_empty_table_has_no_statistics():
  table = record_table.RecordTable()
  assert record_statistics.by_class(table) == {}
  assert record_statistics.by_subset(table) == {}
  assert record_statistics.by_format(table) == {}
  assert record_statistics.sizes(table) == {}
  assert record_statistics.flawed(table) == {}


def test_flawed_images_are_listed_by_flaw():
  table = record_table.RecordTable()
  table.begin_shard('train', 'a')
  for flaw in ('', 'nearly black', 'blurred', '', 'nearly black'):
    table.add(record_examination.ExaminedRecord(flaw=flaw), record=0, offset=0)
  assert record_statistics.flawed(table) == {
    'nearly black': [1, 4],
    'blurred': [2],
  }
