"""Tests of recognising files that are given instead of a checkpoint."""

import pickle
import struct
import zipfile

import pytest

from inception.checkpoints import checkpoint_files
from inception.checkpoints import checkpoint_paths
from inception.checkpoints import other_models

_GIVE = "give a TensorFlow checkpoint or Keras' .h5 weights"


def _write_zip(path, *names):
  with zipfile.ZipFile(path, 'w') as archive:
    for name in names:
      archive.writestr(name, b'')


def _content(data):
  return lambda path: path.write_bytes(data)


def _saved_model(path):
  (path / 'variables').mkdir(parents=True)
  (path / 'saved_model.pb').write_bytes(b'\x08\x01')


_CASES = {
  'graph.pb': (_content(b'\x0a\x40' + bytes(range(200))), f'graph.*{_GIVE}'),
  'graph.pbtxt': (_content(b'node {'), 'graph as text, not'),
  'new.pth': (
    lambda path: _write_zip(path, 'archive/data.pkl'),
    f'PyTorch.*{_GIVE}',
  ),
  'new.bin': (lambda path: _write_zip(path, 'x/data.pkl'), 'PyTorch'),
  'old.pt': (_content(pickle.dumps({'a': 1}, protocol=2)), 'PyTorch'),
  'older.pth': (_content(b'torch'), 'PyTorch'),
  'm.keras': (
    lambda path: _write_zip(path, 'config.json', 'model.weights.h5'),
    r"complete Keras model.*save_weights\('m.weights.h5'\)",
  ),
  'cut.keras': (_content(b'PK\x03\x04'), 'complete Keras model'),
  'm.zip': (
    lambda path: _write_zip(path, 'model.ckpt'),
    'an archive: unpack it',
  ),
  'm.tgz': (_content(b'archive'), 'an archive: unpack it'),
  'm.h5': (_content(b'\x1f\x8b' + bytes(9)), 'an archive: unpack it'),
  'm.onnx': (_content(b'\x08\x07'), f'ONNX.*{_GIVE}'),
  'm.tflite': (_content(b'\x1c\0\0\0TFL3'), f'TensorFlow Lite.*{_GIVE}'),
  'm.safetensors': (
    _content(struct.pack('<Q', 2) + b'{"a":{}}'),
    f'safetensors.*{_GIVE}',
  ),
  'page.ckpt': (_content(b'<!DOCTYPE html>Log in'), 'a web page: download'),
  'pointer.h5': (
    _content(b'version https://git-lfs.github.com/spec/v1\n'),
    'git lfs pull',
  ),
  'saved': (_saved_model, f'is a SavedModel, not a checkpoint: {_GIVE}'),
}


@pytest.mark.parametrize('name', _CASES)
def test_known_file_is_described(name, tmp_path):
  make, text = _CASES[name]
  make(tmp_path / name)
  with pytest.raises(checkpoint_files.CheckpointError, match=text) as caught:
    checkpoint_paths.resolve(tmp_path / name)
  assert str(tmp_path / name) in str(caught.value).replace('\\\\', '\\')
  assert not isinstance(caught.value, checkpoint_files.DamagedError)


def test_state_file_leads_to_its_checkpoint(tmp_path):
  path = tmp_path / 'checkpoint'
  path.write_text('model_checkpoint_path: "model.ckpt-5"\n', encoding='utf-8')
  assert other_models.why_not(path) == (
    'is the list of the checkpoints in its folder: give '
    f'{str(tmp_path)!r}, or {str(tmp_path / "model.ckpt-5")!r} itself'
  )


def test_unknown_file_is_not_described(tmp_path):
  (tmp_path / 'x.ckpt').write_bytes(b'cut')
  for name in ('x.ckpt', 'none', '.'):
    assert other_models.why_not(tmp_path / name) == ''
