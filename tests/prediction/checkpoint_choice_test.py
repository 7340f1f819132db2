"""Tests of finding the checkpoint, its labels and its threshold."""

import dataclasses

import pytest

from inception.checkpoints import checkpoint_files
from inception.checkpoints import threshold
from inception.prediction import checkpoint_choice
from inception.records import labels_file
from inception.testing import checkpoints
from inception.testing import thresholds


def test_folder_means_its_newest_checkpoint(tmp_path):
  for step in (5, 12):
    checkpoints.fake_v2(tmp_path / f'model.ckpt-{step}')
  prefix = str(tmp_path / 'model.ckpt-12')
  assert checkpoint_choice.locate(tmp_path) == prefix
  assert checkpoint_choice.locate(f'{prefix}.index') == prefix


def test_folder_without_a_checkpoint_is_refused(tmp_path):
  with pytest.raises(checkpoint_files.CheckpointError, match='no complete'):
    checkpoint_choice.locate(tmp_path)


def test_labels_are_read_in_their_order(tmp_path):
  path = tmp_path / 'labels.txt'
  path.write_text('rose\nR\u00f6schen\n', 'utf-8')
  assert checkpoint_choice.read_labels(path) == ('rose', 'R\u00f6schen')


def test_unusable_labels_are_refused(tmp_path):
  path = tmp_path / 'labels.txt'
  with pytest.raises(checkpoint_choice.ModelError, match='cannot be read'):
    checkpoint_choice.read_labels(path)
  path.write_text('rose\nrose\n', 'utf-8')
  with pytest.raises(labels_file.LabelsError, match='twice'):
    checkpoint_choice.read_labels(path)


RULE = threshold.Rule(temperature=1.5, threshold=0.5)
THRESHOLD = thresholds.make(
  'model.ckpt-5', class_names=('rose', 'tulip'), rule=RULE
)


def usable_rule(stored, prefix='run/model.ckpt-5', names=('rose', 'tulip')):
  return checkpoint_choice.usable_rule(stored, prefix=prefix, class_names=names)


def test_stored_threshold_is_that_beside_the_checkpoint(tmp_path):
  prefix = str(tmp_path / 'model.ckpt-5')
  assert checkpoint_choice.stored_threshold(prefix) is None
  threshold.write(tmp_path, THRESHOLD)
  assert checkpoint_choice.stored_threshold(prefix) == THRESHOLD


def test_rule_for_this_checkpoint_is_used():
  assert usable_rule(THRESHOLD) == (RULE, '')


def test_no_rule_without_a_threshold():
  assert usable_rule(None) == (None, '')
  without = dataclasses.replace(THRESHOLD, rejection=None)
  assert usable_rule(without) == (None, '')


def test_rule_for_another_checkpoint_is_not_used():
  rule, why_not = usable_rule(THRESHOLD, prefix='run/model.ckpt-6')
  assert rule is None
  assert (
    'belongs to another checkpoint, model.ckpt-5, and is not used' in why_not
  )
  rule, why_not = usable_rule(THRESHOLD, names=('tulip', 'rose'))
  assert rule is None
  assert 'with other classes, and is not used' in why_not


def test_threshold_that_was_not_found_is_reported():
  stored = dataclasses.replace(
    THRESHOLD, rejection={'temperature': 1.5, 'threshold': None}
  )
  rule, why_not = usable_rule(stored)
  assert rule is None
  assert 'reaches the precision asked for, so every picture' in why_not


def test_fingerprint_distinguishes_checkpoints_of_one_name(tmp_path):
  one, two, copy = (tmp_path / name / 'model.ckpt-5' for name in 'abc')
  for prefix, value in ((one, b'one'), (two, b'two'), (copy, b'one')):
    checkpoints.fake_v1(prefix)
    prefix.write_bytes(value)
  first, second, third = map(checkpoint_choice.fingerprint, (one, two, copy))
  assert first == third != second
