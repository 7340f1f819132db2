"""Tests of loading a SavedModel; saved_model_files_test runs a real one."""

import pytest

from inception.exporting import saved_model_runner


def test_folder_without_a_model_is_refused(tmp_path):
  with pytest.raises(OSError, match='does not exist'):
    saved_model_runner.Runner(tmp_path)
