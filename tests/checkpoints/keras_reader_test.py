"""Tests of inception.checkpoints.keras_reader."""

import contextlib
import os

import h5py
import numpy as np
import pytest

from inception.checkpoints import checkpoint_files
from inception.checkpoints import keras_reader
from inception.testing import checkpoints
from inception.testing import goldens


def _open(path):
  return contextlib.closing(keras_reader.KerasReader(str(path)))


@pytest.mark.parametrize('layout', ['keras2', 'model', 'keras3'])
@pytest.mark.parametrize('first_number', [0, 1, 95])
def test_reads_keras_in_the_order_of_creation(layout, first_number, tmp_path):
  values = checkpoints.model_values(outputs=1001)
  path = tmp_path / 'bl\u00fcte [1].h5'
  checkpoints.write_keras(
    path, values, top=True, layout=layout, first_number=first_number
  )
  with _open(path) as reader:
    assert reader.source == 'Keras .h5'
    assert reader.shapes == {
      name: value.shape
      for name, value in values.items()
      if not name.startswith('aux_logits/')
    }
    for name in reader.shapes:
      np.testing.assert_array_equal(reader.read(name), values[name])


def test_keras_without_top_has_no_classifier(tmp_path):
  values = checkpoints.model_values(outputs=1001)
  checkpoints.write_keras(tmp_path / 'notop.h5', values, top=False)
  with _open(tmp_path / 'notop.h5') as reader:
    assert reader.shapes.keys() == {
      name for name in values if not name.startswith(('aux_', 'logits/'))
    }


def test_full_size_keras_file_has_the_reference_shapes(tmp_path):
  values = checkpoints.model_values(outputs=1001, full_size=True)
  checkpoints.write_keras(tmp_path / 'inception_v3.h5', values, top=True)
  assert os.path.getsize(tmp_path / 'inception_v3.h5') < 1_000_000
  with _open(tmp_path / 'inception_v3.h5') as reader:
    assert reader.shapes == {
      name: shape
      for name, _, shape in goldens.variables()
      if not name.startswith('aux_logits/')
    }


def test_keras_background_class_is_the_mean_of_the_others(tmp_path):
  values = checkpoints.model_values(outputs=1001)
  rng = np.random.default_rng(1)
  weights = rng.normal(size=(1, 1001)).astype(np.float32)
  biases = rng.normal(size=1001).astype(np.float32)
  values |= {'logits/logits/weights': weights, 'logits/logits/biases': biases}
  checkpoints.write_keras(tmp_path / 'inception_v3.h5', values, top=True)
  with _open(tmp_path / 'inception_v3.h5') as reader:
    got = reader.read('logits/logits/weights')
    np.testing.assert_array_equal(got[:, 1:], weights[:, 1:])
    np.testing.assert_allclose(got[0, 0], weights[0, 1:].mean(), atol=1e-7)
    got = reader.read('logits/logits/biases')
    np.testing.assert_array_equal(got[1:], biases[1:])
    np.testing.assert_allclose(got[0], biases[1:].mean(), atol=1e-7)
    assert got.dtype == np.float32


def test_other_weights_of_a_keras_file_keep_their_names(tmp_path):
  values = checkpoints.model_values(outputs=1001)
  path = tmp_path / 'own.h5'
  checkpoints.write_keras(path, values, top=False)
  with h5py.File(path, 'r+') as file:
    group = file.create_group('my_dense')
    group.attrs['weight_names'] = [b'my_dense/kernel:0']
    group['my_dense/kernel:0'] = np.ones([2, 5], np.float32)
  with _open(path) as reader:
    assert reader.shapes['my_dense/0'] == (2, 5)


@pytest.mark.parametrize('layer', ['conv2d_95', 'batch_normalization_94'])
def test_another_keras_network_is_an_error(layer, tmp_path):
  path = tmp_path / 'resnet.h5'
  checkpoints.write_keras(path, checkpoints.model_values(outputs=3), top=True)
  with h5py.File(path, 'r+') as file:
    if layer in file:  # Give it a gamma, as other networks have.
      group = file[layer]
      group.attrs['weight_names'] = [
        *group.attrs['weight_names'],
        group.attrs['weight_names'][0],
      ]
    else:
      group = file.create_group(layer)
      group.attrs['weight_names'] = [b'kernel']
      group['kernel'] = np.ones([1, 1, 1, 1], np.float32)
  with pytest.raises(
    checkpoint_files.CheckpointError,
    match="resnet.h5' is not Keras' inception_v3: it has "
    r'9[45] convolutions and 9[34] batch .* instead of 94 each',
  ):
    keras_reader.KerasReader(str(path))
  os.unlink(path)  # On Windows this fails if the file is still open.


def test_other_hdf5_file_is_an_error(tmp_path):
  with h5py.File(tmp_path / 'data.h5', 'w') as file:
    file['numbers'] = [1, 2, 3]
  with pytest.raises(checkpoint_files.CheckpointError, match='it has 0 conv'):
    keras_reader.KerasReader(str(tmp_path / 'data.h5'))


def test_keras_layer_without_its_weights_is_an_error(tmp_path):
  path = tmp_path / 'inception_v3.h5'
  checkpoints.write_keras(path, checkpoints.model_values(outputs=3), top=True)
  with h5py.File(path, 'r+') as file:
    del file['conv2d_7/conv2d_7/kernel:0']
  with pytest.raises(checkpoint_files.CheckpointError, match='is damaged'):
    keras_reader.KerasReader(str(path))
  os.unlink(path)


def test_truncated_keras_file_is_an_error(tmp_path):
  path = tmp_path / 'inception_v3.h5'
  checkpoints.write_keras(path, checkpoints.model_values(outputs=3), top=True)
  path.write_bytes(path.read_bytes()[:5000])
  with pytest.raises(
    checkpoint_files.CheckpointError,
    match=r"inception_v3.h5' is damaged.*download it again",
  ):
    keras_reader.KerasReader(str(path))


def test_keras_has_no_text(tmp_path):
  checkpoints.write_keras(
    tmp_path / 'a.h5', checkpoints.model_values(outputs=3), top=False
  )
  with _open(tmp_path / 'a.h5') as reader:
    assert reader.text('run_info') is None
