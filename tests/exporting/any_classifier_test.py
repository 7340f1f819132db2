"""Tests of errors in loading a model; saved_classifier_test loads models."""

import pytest

from inception.checkpoints import checkpoint_files
from inception.exporting import any_classifier
from inception.exporting import export_files


def load(prefix, description):
  return any_classifier.load(
    str(prefix),
    description=description,
    stored=None,
    labels=(),
    precision=None,
    starts_fast=True,
  )


def test_missing_checkpoint_is_an_error(tmp_path):
  with pytest.raises(checkpoint_files.CheckpointError):
    load(tmp_path / 'model.ckpt-1', None)


def test_missing_graph_is_an_error(tmp_path):
  description = {
    'class_names': ['a'],
    'image_size': 75,
    'precision': 'float32',
    'none_of_these': None,
  }
  with pytest.raises(export_files.ExportError, match='cannot be loaded'):
    load(tmp_path / export_files.NETWORK, description)
