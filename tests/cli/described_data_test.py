"""Tests that a folder must describe itself."""

import pytest

from inception import dataset
from inception.cli import described_data
from inception.testing import datasets


def test_the_description_is_loaded(tmp_path):
  made = datasets.write(tmp_path, {'train': 4}, class_names=('a', 'b'))
  assert described_data.load(tmp_path, commands='x') == made


def test_a_folder_without_description_is_refused(tmp_path):
  with pytest.raises(dataset.DatasetError, match='or use this or that for'):
    described_data.load(tmp_path, commands='this or that')
