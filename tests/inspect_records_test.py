"""Tests of the command inspect_records, run as a user runs it."""

import numpy as np
import pytest

from inception.testing import cached_feature_files
from inception.testing import commands
from inception.testing import record_folders

COMMAND = 'inspect_records'
record = record_folders.record


@pytest.fixture(name='data')
def _data(tmp_path):
  """A folder of valid records that hold one picture twice."""
  folder = tmp_path / 'my d\u00e4ta'
  record_folders.write(
    folder,
    {
      'train': [[record(1), record(2, 2)], [record(1)]],
      'validation': [[record(3, 3)]],
    },
  )
  return folder


def test_valid_records_exit_with_0(data):
  done = commands.run(COMMAND, [data])
  assert (done.stderr, done.returncode) == ('', 0)
  lines = done.stdout.splitlines()
  assert lines[0] == f'{data}: flowers, written by a test'
  assert '1 picture is there as byte-identical copies:' in lines
  assert lines[-1] == '4 records are sound.'


def test_problems_exit_with_1(data):
  record_folders.write(
    data,
    {'train': [[record(1), b'nonsense'], [record(4)]]},
    num_examples_of={'train': 3, 'validation': 1},
  )
  done = commands.run(COMMAND, [f'{data}/', '--num_threads=1'])
  assert (done.stderr, done.returncode) == ('', 1)
  lines = done.stdout.splitlines()
  assert (
    'PROBLEM: train-00000-of-00002, record 1: it is no tf.train.Example'
    in lines
  )
  assert lines[-1] == '1 problem in 4 records.'


def test_one_subset_is_inspected_and_a_page_is_written(data, tmp_path):
  page = tmp_path / 'page.html'
  for _ in range(2):  # An existing page is replaced.
    done = commands.run(
      COMMAND, [data, '--subset=validation', '--html=page.html'], cwd=tmp_path
    )
    assert (done.stderr, done.returncode) == ('', 0)
    assert done.stdout.splitlines()[-2:] == [
      'Open in a browser: page.html',
      '1 record is sound.',
    ]
    assert '1 record is sound.' in page.read_text(encoding='utf-8')


def test_tensorflow_is_not_imported(data, tmp_path):
  cached_feature_files.write(data, 'train', np.eye(3, dtype=np.float32))
  modules = commands.imported(
    COMMAND, [data, f'--html={tmp_path / "page.html"}']
  )
  assert 'inception.inspection.record_inspection' in modules
  assert 'tensorflow' not in modules


@pytest.mark.parametrize(
  ('arguments', 'told'),
  [
    ([], 'pass the folder of the records'),
    (['{data}', 'more'], 'and nothing else besides flags'),
    (['{data}/missing'], 'is not a folder'),
    (['{data}/..'], 'has no shards'),
    (['{data}', '--subset=trian'], "no subset 'trian'; it has: train, valid"),
    (['{data}', '--html={data}/train-00000-of-00002'], '--html: '),
    (['{data}', '--html={data}'], '--html: '),
    (['{data}', '--html={data}/missing/page.html'], '--html: there is no fold'),
  ],
)
def test_mistake_is_reported_in_one_sentence(data, arguments, told):
  done = commands.run(
    COMMAND, [argument.format(data=data) for argument in arguments]
  )
  assert (done.stdout, done.returncode) == ('', 1)
  assert told in done.stderr
  assert len(done.stderr.splitlines()) == 1


def test_wrong_flag_exits_with_2(data):
  done = commands.run(COMMAND, [data, '--num_threads=0'])
  assert done.returncode == 2
  assert 'num_threads' in done.stderr


def test_distance_of_near_copies_can_be_set(tmp_path):
  small = record_folders.picture(1, height=36, width=48)
  record_folders.write(
    tmp_path,
    {'train': [[record(1), record(2, encoded=small, height=36, width=48)]]},
  )
  line = '1 picture is there as near copies:'
  for distance, is_told in ((24, True), (0, False)):
    done = commands.run(
      COMMAND, [tmp_path, f'--near_duplicate_distance={distance}']
    )
    assert (done.stderr, done.returncode) == ('', 0)
    assert (line in done.stdout.splitlines()) == is_told
