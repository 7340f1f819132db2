"""The file beside a checkpoint is read back as it was written."""

import json

import pytest

from inception.evaluation import threshold_file

THRESHOLD = threshold_file.Threshold(
  checkpoint='model.ckpt-9',
  step=9,
  class_names=('ä', 'b'),
  subset='validation',
  num_examples=4,
  rejection={'threshold': 0.5, 'temperature': 1.5},
  conformal=None,
)


def test_what_was_written_is_read(tmp_path):
  path = threshold_file.write(tmp_path, THRESHOLD)
  assert path == tmp_path / 'threshold.json'
  assert threshold_file.read(tmp_path) == THRESHOLD


def test_a_folder_without_the_file_has_no_threshold(tmp_path):
  assert threshold_file.read(tmp_path) is None


@pytest.mark.parametrize(
  ('text', 'fault'),
  [
    ('{', 'is damaged'),
    ('[]', 'is damaged'),
    ('{"format_version": 1}', "is damaged .*'checkpoint'"),
    ('{"format_version": 2}', 'has format_version 2'),
  ],
)
def test_another_file_is_refused(tmp_path, text, fault):
  (tmp_path / 'threshold.json').write_text(text, encoding='utf-8')
  with pytest.raises(threshold_file.ThresholdError, match=fault):
    threshold_file.read(tmp_path)


def test_the_file_is_as_documented(tmp_path):
  found = json.loads(
    threshold_file.write(tmp_path, THRESHOLD).read_text(encoding='utf-8')
  )
  assert found == {
    'format_version': 1,
    'checkpoint': 'model.ckpt-9',
    'step': 9,
    'class_names': ['ä', 'b'],
    'subset': 'validation',
    'num_examples': 4,
    'rejection': {'threshold': 0.5, 'temperature': 1.5},
    'conformal': None,
  }
