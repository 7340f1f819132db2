"""Tests of the threshold beside a checkpoint."""

import json

import pytest

from inception.checkpoints import threshold


def test_what_is_written_is_read(tmp_path):
  threshold.write(tmp_path, 0.625, facts={'coverage': 0.9})
  assert threshold.read(tmp_path) == 0.625
  assert json.loads((tmp_path / 'threshold.json').read_text('utf-8')) == {
    'version': 1,
    'min_probability': 0.625,
    'coverage': 0.9,
  }


def test_folder_without_one_has_none(tmp_path):
  assert threshold.read(tmp_path) is None


@pytest.mark.parametrize('value', [-0.1, 1.1, float('nan')])
def test_write_refuses_what_is_no_probability(tmp_path, value):
  with pytest.raises(ValueError, match=r'must be in \[0, 1\]'):
    threshold.write(tmp_path, value)


@pytest.mark.parametrize(
  'text,reason',
  [
    ('{', 'it is not JSON'),
    ('[1]', 'its version is not 1'),
    ('{"version": 2, "min_probability": 0.5}', 'its version is not 1'),
    ('{"version": 1}', 'it has no number min_probability'),
    ('{"version": 1, "min_probability": true}', 'it has no number'),
    ('{"version": 1, "min_probability": 7}', r'which is not in \[0, 1\]'),
  ],
)
def test_damaged_file_is_reported(tmp_path, text, reason):
  (tmp_path / 'threshold.json').write_text(text, 'utf-8')
  with pytest.raises(threshold.ThresholdError, match=reason):
    threshold.read(tmp_path)


def test_unreadable_file_is_reported(tmp_path):
  (tmp_path / 'threshold.json').mkdir()
  with pytest.raises(threshold.ThresholdError, match='cannot be read'):
    threshold.read(tmp_path)
