"""The folder that a command writes into."""

import errno
import os
import subprocess
import sys

import pytest

from inception import dataset
from inception.data import output_folder

FOUR = {'train': 4}


def touch(folder, *names):
  for name in names:
    (folder / name).write_bytes(b'')


def test_create_makes_all_of_a_path(tmp_path):
  folder = tmp_path / 'with space' / '\u00e4' / 'deep'
  output_folder.create(folder)
  output_folder.create(folder)
  assert folder.is_dir()


def test_a_file_is_no_folder(tmp_path):
  touch(tmp_path, 'file')
  for path in (tmp_path / 'file', tmp_path / 'file' / 'below'):
    with pytest.raises(output_folder.FolderError, match='cannot make'):
      output_folder.create(path)


def test_a_second_process_is_kept_out(tmp_path):
  code = ('import sys\n'
          'from inception.data import output_folder\n'
          'try:\n'
          '  with output_folder.exclusive(sys.argv[1]):\n'
          '    print("in")\n'
          'except output_folder.FolderError as error:\n'
          '  print(error)\n')

  def second():
    return subprocess.run(
        [sys.executable, '-c', code, str(tmp_path)], encoding='utf-8',
        env={**os.environ, 'PYTHONPATH': os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE, check=True).stdout.strip()

  with output_folder.exclusive(tmp_path):
    assert 'another command is writing into' in second()
  assert second() == 'in'


def test_the_lock_is_freed_after_an_error(tmp_path):
  with pytest.raises(ZeroDivisionError):
    with output_folder.exclusive(tmp_path):
      raise ZeroDivisionError
  with output_folder.exclusive(tmp_path):
    pass


def test_a_folder_that_is_not_writable_is_refused(tmp_path):
  # A folder in the lock file's place: not even the superuser can open it.
  (tmp_path / '.being_prepared.lock').mkdir()
  with pytest.raises(output_folder.FolderError, match='cannot write into'):
    with output_folder.exclusive(tmp_path):
      pass


def test_an_empty_folder_is_free(tmp_path):
  touch(tmp_path, 'notes.txt', 'train.csv')
  output_folder.check_shards(tmp_path, FOUR)


def test_own_records_may_be_written_anew(tmp_path):
  touch(tmp_path, 'train-00000-of-00004', dataset.INFO_FILE)
  output_folder.check_shards(tmp_path, FOUR)


def test_records_of_other_programs_are_refused(tmp_path):
  touch(tmp_path, 'train-00000-of-00004')
  with pytest.raises(output_folder.FolderError, match='did not write'):
    output_folder.check_shards(tmp_path, FOUR)


def test_a_set_of_another_number_of_shards_is_refused(tmp_path):
  touch(tmp_path, 'train-00000-of-00002', 'train-00001-of-00002',
        dataset.INFO_FILE)
  with pytest.raises(output_folder.FolderError,
                     match='in 2 shards, and 4 would be added'):
    output_folder.check_shards(tmp_path, FOUR)


@pytest.mark.parametrize('names', [
    ['test-00000-of-00002'], ['test-00000-of-00002', dataset.INFO_FILE],
    ['validation-00000-of-00001', dataset.INFO_FILE]])
def test_other_subsets_would_be_of_another_split(tmp_path, names):
  touch(tmp_path, *names)
  with pytest.raises(output_folder.FolderError, match=(
      f'holds {names[0].split("-")[0]} records, .* other subsets beside them: '
      'move them away or choose')):
    output_folder.check_shards(tmp_path, FOUR)


def test_records_of_no_known_subset_do_not_matter(tmp_path):
  touch(tmp_path, 'extra-00000-of-00002')
  output_folder.check_shards(tmp_path, FOUR)


@pytest.mark.parametrize(('names', 'number'), [
    ([], None),
    (['train-00000-of-00002', 'train-00001-of-00002'], None),
    ([dataset.INFO_FILE], None),
    (['validation-00000-of-00001', dataset.INFO_FILE], None),
    (['train-00000-of-00002', 'train-00001-of-00002', dataset.INFO_FILE], 2),
    (['train-00001-of-00007', dataset.INFO_FILE], 7),
    (['train-00000-of-00001', 'train-00001-of-00002', dataset.INFO_FILE], None),
])
def test_own_records_tell_their_number_of_shards(tmp_path, names, number):
  touch(tmp_path, *names)
  assert output_folder.own_shards(tmp_path, 'train') == number


def test_a_folder_that_is_not_there_has_no_shards(tmp_path):
  assert output_folder.own_shards(tmp_path / 'none', 'train') is None


@pytest.mark.parametrize(('error', 'text'), [
    (OSError(errno.EACCES, 'Permission denied', 'a b'),
     "cannot use 'a b': Permission denied"),
    (OSError(errno.EIO, 'Input/output error'),
     "cannot use 'out': Input/output error"),
    (OSError('cannot write x: it is gone'), 'cannot write x: it is gone'),
])
def test_errors_are_told_with_their_file(error, text):
  assert output_folder.describe(error, 'out') == text


@pytest.mark.parametrize('error', [
    OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), 'x'),
    OSError(f'cannot write x: {os.strerror(errno.ENOSPC)}')])
def test_a_full_disk_is_told_with_the_remedy(error):
  assert 'free some space' in output_folder.describe(error, 'out')
