"""Tests of inception.checkpoints.checkpoint_readers."""

import contextlib

import numpy as np
import pytest

from inception.checkpoints import checkpoint_files
from inception.checkpoints import checkpoint_readers
from inception.testing import checkpoints


@pytest.mark.parametrize('version', ['V1', 'V2'])
def test_tensorflow_checkpoint_is_opened(version, tmp_path):
  prefix = checkpoints.write_tensorflow(
    tmp_path, 'model.ckpt', {'a': np.float32(1.5)}, version=version
  )
  with contextlib.closing(checkpoint_readers.open_reader(prefix)) as reader:
    assert reader.source == f'research/inception {version}'
    assert reader.read('a') == 1.5
    assert reader.text('run_info') is None


def test_keras_file_is_opened(tmp_path):
  path = tmp_path / 'a.h5'
  checkpoints.write_keras(path, checkpoints.model_values(outputs=3), top=False)
  with contextlib.closing(checkpoint_readers.open_reader(path)) as reader:
    assert reader.source == 'Keras .h5'
    assert 'conv0/weights' in reader.shapes
    assert reader.text('run_info') is None


def test_missing_checkpoint_is_an_error(tmp_path):
  with pytest.raises(checkpoint_files.CheckpointError, match='no checkpoint'):
    checkpoint_readers.open_reader(tmp_path / 'model.ckpt-1')
