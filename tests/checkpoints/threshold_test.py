"""Tests that the file beside a checkpoint is read back as it was written."""

import dataclasses
import json

import pytest

from inception.checkpoints import threshold
from inception.testing import thresholds

THRESHOLD = thresholds.make('model.ckpt-9', class_names=('ä', 'b'))


def test_written_file_is_read_back(tmp_path):
  path = threshold.write(tmp_path, THRESHOLD)
  assert path == tmp_path / 'threshold.json'
  assert threshold.read(tmp_path) == THRESHOLD


def test_folder_without_the_file_has_no_threshold(tmp_path):
  assert threshold.read(tmp_path) is None


def test_rule_is_that_of_the_rejection():
  assert THRESHOLD.rule == threshold.Rule(temperature=1.5, threshold=0.5)
  for rejection in (None, {'threshold': None, 'temperature': 1.5}):
    assert dataclasses.replace(THRESHOLD, rejection=rejection).rule is None


@pytest.mark.parametrize(
  ('content', 'fault'),
  [
    (b'{', 'is damaged .it is not JSON'),
    (b'\xff', 'is damaged .it is not UTF-8'),
    (b'[]', 'is damaged .it has no format_version'),
    (b'{"version": 1}', 'is damaged .it has no format_version'),
    (b'{"format_version": 1}', "is damaged .it has no 'checkpoint'"),
    (b'{"format_version": 2}', 'has format_version 2'),
  ],
)
def test_unusable_file_is_refused(tmp_path, content, fault):
  (tmp_path / 'threshold.json').write_bytes(content)
  with pytest.raises(threshold.ThresholdError, match=fault):
    threshold.read(tmp_path)


@pytest.mark.parametrize(
  ('field', 'value', 'fault'),
  [
    ('class_names', 'ab', "its class_names is 'ab'"),
    ('step', '9', "its step is '9'"),
    ('views', '2', "its views is '2'"),
    ('rejection', [], r'its rejection is \[\]'),
    ('rejection', {'threshold': 0.5}, "it has no 'temperature'"),
    ('rejection', {'threshold': 0.5, 'temperature': 0}, 'temperature is 0'),
    (
      'rejection',
      {'threshold': 7, 'temperature': 1},
      r'its threshold is 7, which is not in \[0, 1\]',
    ),
    ('rejection', {'threshold': True, 'temperature': 1}, 'threshold is True'),
    (
      'rejection',
      {'threshold': float('nan'), 'temperature': 1},
      'threshold is nan',
    ),
  ],
)
def test_wrong_field_is_reported(tmp_path, field, value, fault):
  threshold.write(tmp_path, dataclasses.replace(THRESHOLD, **{field: value}))
  with pytest.raises(
    threshold.ThresholdError, match=f'is damaged .*{fault}.*--min_probability'
  ):
    threshold.read(tmp_path)


def test_unreadable_file_is_reported(tmp_path):
  (tmp_path / 'threshold.json').mkdir()
  with pytest.raises(threshold.ThresholdError, match='cannot be read'):
    threshold.read(tmp_path)


def test_file_has_the_documented_format(tmp_path):
  content = json.loads(
    threshold.write(tmp_path, THRESHOLD).read_text(encoding='utf-8')
  )
  assert content == {
    'format_version': 1,
    'checkpoint': 'model.ckpt-9',
    'step': 9,
    'class_names': ['ä', 'b'],
    'subset': 'validation',
    'num_examples': 4,
    'rejection': {'threshold': 0.5, 'temperature': 1.5},
    'conformal': None,
    'views': 1,
  }


def test_files_of_earlier_versions_are_of_one_view(tmp_path):
  averaged = dataclasses.replace(THRESHOLD, views=2)
  path = threshold.write(tmp_path, averaged)
  assert threshold.read(tmp_path).views == 2
  content = json.loads(path.read_text(encoding='utf-8'))
  del content['views']
  path.write_text(json.dumps(content), encoding='utf-8')
  assert threshold.read(tmp_path).views == 1
