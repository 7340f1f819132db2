"""Tests of inception.input.view_files."""

import contextlib

import numpy as np
import pytest

from inception.input import feature_files
from inception.input import view_files

_NUM_ROWS = 5
_VALUES = np.arange(2 * _NUM_ROWS * 3, dtype=np.float32).reshape(
  2, _NUM_ROWS, 3
)


@pytest.fixture(name='files')
def _files(tmp_path):
  return _open(tmp_path)


def _open(path):
  folder = feature_files.Folder(
    path, num_examples=_NUM_ROWS, num_features=3, num_files=2
  )
  return view_files.ViewFiles(folder, ['plain', 'distorted'])


def _rows_after(view, num_rows):
  """Yields batches of two."""
  for first in range(num_rows, _NUM_ROWS, 2):
    yield _VALUES[view, first : first + 2]


def test_views_are_completed_one_after_another(files):
  reported = []
  files.complete(_rows_after, lambda: reported.append(files.num_rows))
  assert reported == [2, 4, 5, 7, 9, 10]
  np.testing.assert_array_equal(files.values(), _VALUES)


def test_complete_files_are_not_computed_again(files, tmp_path):
  files.complete(_rows_after, lambda: None)
  reopened = _open(tmp_path)
  assert reopened.num_rows == 10
  reopened.complete(lambda view, num_rows: pytest.fail(), pytest.fail)
  np.testing.assert_array_equal(reopened.values(), _VALUES)


def test_existing_rows_are_kept(files, tmp_path):
  def stop():
    if files.num_rows == 7:
      raise KeyboardInterrupt

  with pytest.raises(KeyboardInterrupt):
    files.complete(_rows_after, stop)
  resumed = _open(tmp_path)
  calls = []

  def rows_after(view, num_rows):
    calls.append((view, num_rows))
    return _rows_after(view, num_rows)

  resumed.complete(rows_after, lambda: None)
  assert calls == [(1, 2)]
  np.testing.assert_array_equal(resumed.values(), _VALUES)


def test_rows_of_another_run_are_reported_and_used(
  files, tmp_path, monkeypatch
):
  """The other run computes the first view while this one waits."""
  other = _open(tmp_path)
  names, reported = [], []

  @contextlib.contextmanager
  def lock(folder, name):
    names.append(name)
    if len(names) == 1:
      with pytest.raises(KeyboardInterrupt):
        other.complete(_rows_after, stop)
    yield

  def stop():
    if other.num_rows == _NUM_ROWS + 2:
      raise KeyboardInterrupt

  monkeypatch.setattr(feature_files.Folder, 'lock', lock)
  files.complete(_rows_after, lambda: reported.append(files.num_rows))
  assert names == ['plain', 'plain']
  assert reported == [7, 9, 10]
  np.testing.assert_array_equal(files.values(), _VALUES)
