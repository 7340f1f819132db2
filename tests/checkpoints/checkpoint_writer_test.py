"""Tests of inception.checkpoints.checkpoint_writer."""

import os

import numpy as np
import pytest
import tensorflow as tf

from inception.checkpoints import checkpoint_files
from inception.checkpoints import checkpoint_readers
from inception.checkpoints import checkpoint_writer

_VALUES = {
  'conv0/weights': np.float32([[1, np.nan], [-0.0, 1e-42]]),
  'global_step': np.int64(7),
  'run_info': '{"a": "\u00fc"}',
}
_FILES = ['new.ckpt.data-00000-of-00001', 'new.ckpt.index']


@pytest.mark.parametrize('folder', ['plain', 'set [1] \u00fc'])
def test_new_checkpoint_holds_the_values(folder, tmp_path):
  (tmp_path / folder).mkdir()
  prefix = str(tmp_path / folder / 'new.ckpt')
  checkpoint_writer.write_new(prefix, _VALUES)
  assert sorted(os.listdir(tmp_path / folder)) == _FILES
  reader = checkpoint_readers.open_reader(prefix)
  value = reader.read('conv0/weights')
  assert value.tobytes() == _VALUES['conv0/weights'].tobytes()
  assert reader.read('global_step') == 7
  assert reader.text('run_info') == _VALUES['run_info']
  reader.close()


def test_files_of_a_killed_write_are_deleted(tmp_path):
  (tmp_path / '.new.ckpt.tmp.index.tempstate9').write_bytes(b'')
  (tmp_path / '.new.ckpt.tmporary').write_bytes(b'mine')
  checkpoint_writer.write_new(str(tmp_path / 'new.ckpt'), _VALUES)
  assert sorted(os.listdir(tmp_path)) == ['.new.ckpt.tmporary', *_FILES]


def _full_disk(*_, **__):
  raise OSError(28, 'No space left on device')


def _full_disk_of_tensorflow(*_, **__):
  raise tf.errors.ResourceExhaustedError(
    None, None, '{{function_node x}} /a/b; No space left on device [Op:SaveV2]'
  )


@pytest.mark.parametrize(
  ('module', 'name', 'failure'),
  [
    (os, 'replace', _full_disk),
    (tf.raw_ops, 'SaveV2', _full_disk_of_tensorflow),
  ],
)
def test_full_disk_leaves_no_file(module, name, failure, monkeypatch, tmp_path):
  monkeypatch.setattr(module, name, failure)
  with pytest.raises(
    checkpoint_files.CheckpointError,
    match=r"could not write '.*new\.ckpt' \(No space left on device\): free",
  ):
    checkpoint_writer.write_new(str(tmp_path / 'new.ckpt'), _VALUES)
  assert not os.listdir(tmp_path)
