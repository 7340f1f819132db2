"""Tests of naming what is given in place of a checkpoint."""

import pickle
import struct
import zipfile

import pytest

from inception.checkpoints import checkpoint_files
from inception.checkpoints import other_models

GIVE = "give a TensorFlow checkpoint or Keras' .h5 weights"


def zip_of(path, *names):
  with zipfile.ZipFile(path, 'w') as archive:
    for name in names:
      archive.writestr(name, b'')


def content(data):
  return lambda path: path.write_bytes(data)


def saved_model(path):
  (path / 'variables').mkdir(parents=True)
  (path / 'saved_model.pb').write_bytes(b'\x08\x01')


CASES = {
  'graph.pb': (content(b'\x0a\x40' + bytes(range(200))), f'graph.*{GIVE}'),
  'graph.pbtxt': (content(b'node {'), 'text of a graph'),
  'new.pth': (
    lambda path: zip_of(path, 'archive/data.pkl'),
    f'PyTorch.*{GIVE}',
  ),
  'new.bin': (lambda path: zip_of(path, 'x/data.pkl'), 'PyTorch'),
  'old.pt': (content(pickle.dumps({'a': 1}, protocol=2)), 'PyTorch'),
  'older.pth': (content(b'torch'), 'PyTorch'),
  'm.keras': (
    lambda path: zip_of(path, 'config.json', 'model.weights.h5'),
    r"whole Keras model.*save_weights\('m.weights.h5'\)",
  ),
  'cut.keras': (content(b'PK\x03\x04'), 'whole Keras model'),
  'm.zip': (lambda path: zip_of(path, 'model.ckpt'), 'an archive: unpack it'),
  'm.tgz': (content(b'archive'), 'an archive: unpack it'),
  'm.h5': (content(b'\x1f\x8b' + bytes(9)), 'an archive: unpack it'),
  'm.onnx': (content(b'\x08\x07'), f'ONNX.*{GIVE}'),
  'm.tflite': (content(b'\x1c\0\0\0TFL3'), f'TensorFlow Lite.*{GIVE}'),
  'm.safetensors': (
    content(struct.pack('<Q', 2) + b'{"a":{}}'),
    f'safetensors.*{GIVE}',
  ),
  'page.ckpt': (content(b'<!DOCTYPE html>Log in'), 'a web page: download'),
  'pointer.h5': (
    content(b'version https://git-lfs.github.com/spec/v1\n'),
    'git lfs pull',
  ),
  'saved': (saved_model, f'is a SavedModel, no checkpoint: {GIVE}'),
}


@pytest.mark.parametrize('name', CASES)
def test_what_is_given_is_named(name, tmp_path):
  make, text = CASES[name]
  make(tmp_path / name)
  with pytest.raises(checkpoint_files.CheckpointError, match=text) as caught:
    checkpoint_files.resolve(tmp_path / name)
  assert str(tmp_path / name) in str(caught.value).replace('\\\\', '\\')
  assert not isinstance(caught.value, checkpoint_files.DamagedError)


def test_the_list_of_checkpoints_names_what_to_give(tmp_path):
  path = tmp_path / 'checkpoint'
  path.write_text('model_checkpoint_path: "model.ckpt-5"\n', encoding='utf-8')
  assert other_models.why_not(path) == (
    'is the list of the checkpoints in its folder: give '
    f'{str(tmp_path)!r}, or {str(tmp_path / "model.ckpt-5")!r} itself'
  )


def test_nothing_is_said_of_what_is_not_known(tmp_path):
  (tmp_path / 'x.ckpt').write_bytes(b'cut')
  for name in ('x.ckpt', 'none', '.'):
    assert other_models.why_not(tmp_path / name) == ''
