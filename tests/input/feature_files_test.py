"""Tests of inception.input.feature_files."""

import contextlib
import errno
import os
import threading

import numpy as np
import pytest

from inception import dataset
from inception.input import feature_files

_NUM_ROWS = 5
_ROW_BYTES = 3 * 4 + 4


def _folder(path, num_examples=_NUM_ROWS, num_features=3):
  return feature_files.Folder(
    path, num_examples=num_examples, num_features=num_features, num_files=2
  )


def _values(num_rows=_NUM_ROWS):
  return np.random.default_rng(0).normal(size=[num_rows, 3]).astype(np.float32)


def _file(path, **changes):
  return feature_files.ViewFile(_folder(path, **changes), 'view')


def _complete(file, size=2):
  """Adds missing rows in batches of `size`; returns their number after each."""
  rows, first = [], file.num_rows
  file.complete(
    (_values()[i : i + size] for i in range(first, _NUM_ROWS, size)),
    lambda: rows.append(file.num_rows),
  )
  return rows


def _make_part(path, num_rows):
  """Makes a .part file of a run that was stopped after `num_rows` rows."""

  def batches():
    yield _values()[:num_rows]
    raise KeyboardInterrupt

  with pytest.raises(KeyboardInterrupt):
    _file(path).complete(batches(), lambda: None)
  return path / 'view.npy.part'


def test_file_grows_and_is_complete_at_the_end(tmp_path):
  file = _file(tmp_path)
  assert file.num_rows == 0 and not file.is_complete
  assert _complete(file) == [2, 4, 5]
  assert file.num_rows == 5 and file.is_complete
  assert os.listdir(tmp_path) == ['view.npy']
  reopened = _file(tmp_path)
  assert reopened.num_rows == 5 and reopened.is_complete
  for values in (file.values(), reopened.values()):
    assert values.dtype == np.float32 and not values.flags.writeable
    np.testing.assert_array_equal(values, _values())


def test_numpy_reads_the_file(tmp_path):
  _complete(_file(tmp_path))
  rows = np.load(tmp_path / 'view.npy')
  assert rows.shape == (5,) and rows.dtype.names == ('values', 'checksum')
  np.testing.assert_array_equal(rows['values'], _values())


def test_files_larger_than_the_read_buffer_are_read(tmp_path, monkeypatch):
  monkeypatch.setattr(feature_files, '_ROWS_AT_A_TIME', 2)
  _complete(_file(tmp_path))
  assert _file(tmp_path).is_complete


@pytest.mark.parametrize('num_rows', [1, 4, 5])
def test_interrupted_file_is_resumed(tmp_path, num_rows):
  _make_part(tmp_path, num_rows)
  file = _file(tmp_path)
  assert file.num_rows == num_rows and not file.is_complete
  assert len(_complete(file, size=1)) == 5 - num_rows
  assert os.listdir(tmp_path) == ['view.npy']
  np.testing.assert_array_equal(_file(tmp_path).values(), _values())


@pytest.mark.parametrize(
  ('damage', 'num_rows'),
  [
    (lambda content: content[:-1], 3),
    (lambda content: content[: -_ROW_BYTES - 5], 2),
    (lambda content: content + b'torn', 4),
    (lambda content: content + bytes(3 * _ROW_BYTES), 4),
    (lambda content: content[:-_ROW_BYTES] + bytes(_ROW_BYTES), 3),
    (
      lambda content: content[: -3 * _ROW_BYTES] + content[-2 * _ROW_BYTES :],
      1,
    ),
    (
      lambda content: (
        content[:-_ROW_BYTES]
        + bytes([content[-_ROW_BYTES] ^ 1])
        + content[1 - _ROW_BYTES :]
      ),
      3,
    ),
    (lambda content: content[:40], 0),
    (lambda content: b'', 0),
    (lambda content: b'x' + content[1:], 0),
  ],
)
def test_incomplete_and_damaged_rows_are_replaced(tmp_path, damage, num_rows):
  part = _make_part(tmp_path, 4)
  part.write_bytes(damage(part.read_bytes()))
  file = _file(tmp_path)
  assert file.num_rows == num_rows
  _complete(file)
  reopened = _file(tmp_path)
  assert reopened.is_complete
  np.testing.assert_array_equal(reopened.values(), _values())


@pytest.mark.parametrize(
  'damage',
  [
    lambda content: content[:-1],
    lambda content: content + b'x',
    lambda content: content[:-9] + bytes([content[-9] ^ 1]) + content[-8:],
    lambda content: content.replace(b'NUMPY', b'NUMPI'),
  ],
)
def test_damaged_complete_file_is_replaced(tmp_path, damage):
  _complete(_file(tmp_path))
  path = tmp_path / 'view.npy'
  path.write_bytes(damage(path.read_bytes()))
  file = _file(tmp_path)
  assert file.num_rows == 0 and not file.is_complete
  _complete(file)
  np.testing.assert_array_equal(_file(tmp_path).values(), _values())


@pytest.mark.parametrize('change', [{'num_examples': 6}, {'num_features': 4}])
def test_file_of_another_shape_is_not_used(tmp_path, change):
  _complete(_file(tmp_path))
  assert _file(tmp_path, **change).num_rows == 0


@pytest.mark.parametrize('num_rows', [4, 6])
def test_unexpected_number_of_examples_is_an_error(tmp_path, num_rows):
  file = _file(tmp_path)
  with pytest.raises(
    dataset.DatasetError,
    match=(f'there were 5 records, but now there are {num_rows}'),
  ):
    file.complete(iter([_values(num_rows)]), lambda: None)
  assert not (tmp_path / 'view.npy').exists()


class _FullFile:
  """A file that accepts half of the first write, and then fails."""

  def __init__(self, file):
    self._file = file

  def write(self, content):
    self._file.write(bytes(content)[: len(content) // 2])
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@contextlib.contextmanager
def _open_on_a_full_disk(path, mode):
  with open(path, mode) as file:
    yield _FullFile(file) if mode == 'ab' else file


def test_full_disk_is_reported_and_written_rows_are_used(tmp_path, monkeypatch):
  _make_part(tmp_path, 2)
  with monkeypatch.context() as patch:
    patch.setattr(feature_files, 'open', _open_on_a_full_disk, raising=False)
    with pytest.raises(feature_files.FeatureError) as caught:
      _complete(_file(tmp_path))
  assert str(tmp_path) in str(caught.value)
  assert os.strerror(errno.ENOSPC) in str(caught.value)
  assert 'has room for 0.0 MB' in str(caught.value)
  file = _file(tmp_path)
  assert file.num_rows == 3  # Half of the two rows was written.
  _complete(file)
  np.testing.assert_array_equal(_file(tmp_path).values(), _values())


def test_full_disk_at_the_end_is_reported(tmp_path, monkeypatch):
  def fsync(_):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

  monkeypatch.setattr(os, 'fsync', fsync)
  with pytest.raises(feature_files.FeatureError, match='cannot be kept in'):
    _complete(_file(tmp_path))
  assert not (tmp_path / 'view.npy').exists()


def test_required_disk_space_is_reported(tmp_path):
  folder = _folder(tmp_path, num_examples=1000, num_features=1000)
  with pytest.raises(feature_files.FeatureError, match='room for 8.0 MB'):
    with folder.errors():
      raise OSError('anything')


def test_other_errors_are_passed_through(tmp_path):
  def batches():
    yield _values()[:1]
    raise OSError('of the records')

  with pytest.raises(OSError, match='of the records'):
    _file(tmp_path).complete(batches(), lambda: None)


def test_file_in_place_of_the_folder_is_reported(tmp_path):
  path = tmp_path / 'file'
  path.write_bytes(b'a file')
  with pytest.raises(feature_files.FeatureError, match='cannot be kept in'):
    # Windows finds no file inside something that is not a folder.
    feature_files.ViewFile(_folder(path), 'view')
    with _folder(path).lock('view'):
      pass
  with pytest.raises(feature_files.FeatureError, match='cannot be kept in'):
    with _folder(path / 'deeper').lock('view'):
      pass


def test_vanished_file_is_reported(tmp_path):
  file = _file(tmp_path)
  _complete(file)
  (tmp_path / 'view.npy').unlink()
  with pytest.raises(feature_files.FeatureError, match='cannot be kept in'):
    file.values()


def test_lock_creates_the_folder_and_excludes_other_runs(tmp_path):
  folder, order = _folder(tmp_path / 'a' / 'b'), []

  def enter():
    with _folder(tmp_path / 'a' / 'b').lock('view'):
      order.append('second')

  with folder.lock('view'):
    with folder.lock('other'):
      assert folder.path.is_dir()
    second = threading.Thread(target=enter)
    second.start()
    second.join(timeout=0.2)
    assert second.is_alive()
    order.append('first')
  second.join(timeout=10)
  assert order == ['first', 'second']
