"""Tests of inception.inspection.record_inspection."""

import pytest

from inception.inspection import record_inspection
from inception.inspection import record_statistics
from inception.testing import record_folders

record = record_folders.record
Problem = record_inspection.Problem


def inspect(folder, **options):
  return record_inspection.inspect(folder, log=print, **options)


def reasons(inspection):
  return [problem.reason for problem in inspection.problems]


def test_valid_folder_has_no_problems(tmp_path):
  record_folders.write(
    tmp_path,
    {
      'validation': [[record(1, 3)]],
      'train': [[record(2), record(3, 2)], [], [record(4)]],
    },
  )
  found = inspect(tmp_path, num_threads=3)
  assert (found.problems, found.num_problems, found.repeats.groups) == (
    (),
    0,
    (),
  )
  assert found.data_dir == str(tmp_path)
  assert found.info.name == 'flowers'
  assert found.class_names == {1: 'daisy', 2: 'roses', 3: 'tulips'}
  assert found.table.subsets == ['train', 'validation']
  assert found.table.column('label').tolist() == [1, 2, 1, 3]
  assert record_statistics.by_subset(found.table)['train'].shards == 3


def test_number_of_threads_changes_nothing(tmp_path):
  record_folders.write(
    tmp_path,
    {'train': [[record(i % 7, i % 3 + 1) for i in range(20)] + [b'nonsense']]},
  )
  one, four = (inspect(tmp_path, num_threads=n) for n in (1, 4))
  assert one.problems == four.problems
  assert one.repeats == four.repeats
  assert (
    one.table.column('num_bytes').tolist()
    == four.table.column('num_bytes').tolist()
  )


def test_invalid_record_does_not_stop_the_inspection(tmp_path):
  record_folders.write(
    tmp_path,
    {
      'train': [
        [record(1), b'nonsense', record(2, encoded=b'words'), record(3)]
      ]
    },
  )
  found = inspect(tmp_path)
  shard = 'train-00000-of-00001'
  assert found.problems == (
    Problem('it is no tf.train.Example', shard=shard, record=1, index=1),
    Problem(
      'its image: not an image (JPEG, PNG, GIF, BMP, WEBP, TIFF, HEIF, AVIF, '
      'PPM), whatever its name',
      shard=shard,
      record=2,
      filename='2.jpg',
      index=2,
    ),
  )
  assert len(found.table) == 4


def test_damage_ends_its_shard_and_the_next_is_read(tmp_path):
  record_folders.write(
    tmp_path, {'train': [[record(1), record(2), record(3)], [record(4)]]}
  )
  path = tmp_path / 'train-00000-of-00002'
  content = bytearray(path.read_bytes())
  content[len(content) // 2] ^= 1  # In the second of three equal parts.
  path.write_bytes(content)
  found = inspect(tmp_path)
  assert found.table.column('record').tolist() == [0, 0]
  assert found.table.column('shard').tolist() == [0, 1]
  assert (found.problems[0].shard, found.problems[0].record) == (path.name, 1)
  assert 'checksum' in found.problems[0].reason
  assert reasons(found)[1:] == [
    'dataset_info.json says that train has 4 records, but its shards have 2'
  ]


@pytest.mark.parametrize(
  ('bad', 'told'),
  [
    (record_folders.with_field(record(1), 'image/class/label', 0), 'TF-Slim'),
    (
      record_folders.with_field(record(1), 'image/class/label', 4),
      'flowers has 3 classes',
    ),
    (record(1, text='orchids'), "label 1 is the class 'daisy'"),
  ],
)
def test_classes_are_those_of_the_data_set(tmp_path, bad, told):
  record_folders.write(tmp_path, {'train': [[bad]]})
  assert told in reasons(inspect(tmp_path))[0]


def test_missing_shard_is_reported_and_the_others_are_read(tmp_path):
  record_folders.write(tmp_path, {'train': [[record(1)], [record(2)]]})
  (tmp_path / 'train-00000-of-00002').unlink()
  found = inspect(tmp_path)
  assert 'holds 1 of the 2 train shards' in reasons(found)[0]
  assert 'train has 2 records, but its shards have 1' in reasons(found)[1]
  assert len(found.table) == 1


def test_shards_of_two_sets_are_reported(tmp_path):
  record_folders.write(tmp_path, {'train': [[record(1)], []]})
  record_folders.write(tmp_path, {'train': [[record(2)]]})
  assert '2 different sets' in reasons(inspect(tmp_path))[0]


def test_missing_subset_is_reported(tmp_path):
  record_folders.write(
    tmp_path,
    {'train': [[record(1)]]},
    num_examples_of={'train': 1, 'validation': 2, 'test': 0},
  )
  found = inspect(tmp_path)
  assert len(reasons(found)) == 2
  assert 'no validation-?????-of-????? files' in reasons(found)[0]
  assert 'validation has 2 records, but its shards have 0' in reasons(found)[1]


def test_counts_of_classes_are_compared(tmp_path):
  record_folders.write(
    tmp_path,
    {'train': [[record(1), record(2, 3)]]},
    examples_per_class={'train': {'daisy': 1, 'roses': 1, 'tulips': 1}},
  )
  assert reasons(inspect(tmp_path)) == [
    "dataset_info.json says that train has 1 records of 'roses', but its "
    'shards have 0'
  ]


def test_single_subset_is_inspected(tmp_path):
  record_folders.write(
    tmp_path,
    {'train': [[b'nonsense']], 'test': [[record(1)]]},
    num_examples_of={'train': 9, 'test': 1},
    examples_per_class={'train': {'daisy': 9}, 'test': {'daisy': 1}},
  )
  found = inspect(tmp_path, subset='test')
  assert not found.problems
  assert found.table.subsets == ['test']


def test_classes_of_a_folder_of_2016_come_from_its_texts(tmp_path):
  record_folders.write(
    tmp_path,
    {'train': [[record(1, 3), record(2, 1), record(3, 3)]]},
    with_info=False,
  )
  found = inspect(tmp_path)
  assert found.info is None
  assert not found.problems
  assert found.class_names == {1: 'daisy', 3: 'tulips'}


@pytest.mark.parametrize('content', ['{', '{"format_version": 1}'])
def test_invalid_info_is_a_problem(tmp_path, content):
  record_folders.write(tmp_path, {'train': [[record(1)]]})
  (tmp_path / 'dataset_info.json').write_text(content, encoding='utf-8')
  found = inspect(tmp_path)
  assert 'dataset_info.json' in reasons(found)[0]
  assert found.class_names == {1: 'daisy'}


def test_repeated_pictures_are_found_across_shards(tmp_path):
  record_folders.write(
    tmp_path,
    {
      'train': [[record(1), record(2)], [record(3)]],
      'validation': [[record(4), record(1, 2)]],
    },
  )
  found = inspect(tmp_path)
  (pictures,) = found.repeats.groups
  assert pictures.members == (0, 4)
  assert (pictures.is_exact, pictures.is_conflict, pictures.is_leak) == (
    True,
    True,
    True,
  )
  assert not found.problems


def test_record_has_a_description(tmp_path):
  record_folders.write(
    tmp_path,
    {'train': [[record(1)], [record(2, 2, filename='Bl\u00fcte.jpg')]]},
  )
  found = inspect(tmp_path)
  named = record_inspection.Named(
    shard='train-00001-of-00002',
    record=0,
    filename='Bl\u00fcte.jpg',
    class_name='roses',
    subset='train',
    height=48,
    width=64,
    num_bytes=len(record_folders.picture(2)),
  )
  assert found.name(1) == named
  (tmp_path / 'train-00001-of-00002').unlink()
  assert found.name(1).filename == ''


def test_many_problems_are_counted_and_some_are_kept(tmp_path, monkeypatch):
  monkeypatch.setattr(record_inspection, 'MAX_PROBLEMS_KEPT', 3)
  record_folders.write(tmp_path, {'train': [[b'nonsense'] * 10]})
  found = inspect(tmp_path)
  assert (len(found.problems), found.num_problems) == (3, 10)


def test_folder_without_shards_is_refused(tmp_path):
  with pytest.raises(record_inspection.InspectionError, match='no shards'):
    inspect(tmp_path)
  with pytest.raises(FileNotFoundError):
    inspect(tmp_path / 'missing')


def test_unknown_subset_is_refused(tmp_path):
  record_folders.write(tmp_path, {'test': [[]], 'train': [[]]})
  with pytest.raises(
    record_inspection.InspectionError,
    match="no subset 'trian'; it has: train, test",
  ):
    inspect(tmp_path, subset='trian')
