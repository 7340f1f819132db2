"""Tests of the checkpoint and the labels that a user means."""

import pytest

from inception.checkpoints import checkpoint_files
from inception.checkpoints import threshold
from inception.prediction import checkpoint_choice
from inception.records import labels_file
from inception.testing import checkpoints


def test_folder_means_its_newest_checkpoint(tmp_path):
  for step in (5, 12):
    checkpoints.fake_v2(tmp_path / f'model.ckpt-{step}')
  prefix = str(tmp_path / 'model.ckpt-12')
  assert checkpoint_choice.locate(tmp_path) == prefix
  assert checkpoint_choice.locate(f'{prefix}.index') == prefix


def test_folder_without_one_is_refused(tmp_path):
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


def test_stored_threshold_gives_way_to_the_users(tmp_path):
  prefix = str(tmp_path / 'model.ckpt-5')
  assert checkpoint_choice.min_probability(prefix, None) == 0
  threshold.write(tmp_path, 0.5)
  assert checkpoint_choice.min_probability(prefix, None) == 0.5
  assert checkpoint_choice.min_probability(prefix, 0.0) == 0


def test_fingerprint_tells_checkpoints_of_one_name(tmp_path):
  one, two, copy = (tmp_path / name / 'model.ckpt-5' for name in 'abc')
  for prefix, value in ((one, b'one'), (two, b'two'), (copy, b'one')):
    checkpoints.fake_v1(prefix)
    prefix.write_bytes(value)
  first, second, third = map(checkpoint_choice.fingerprint, (one, two, copy))
  assert first == third != second
