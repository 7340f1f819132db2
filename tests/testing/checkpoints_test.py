"""Tests of inception.testing.checkpoints: its files resemble the real ones."""

import pathlib

import h5py
import numpy as np
import pytest
import tensorflow as tf

from inception.testing import checkpoints
from inception.testing import goldens


def test_model_values_contain_all_variables():
  values = checkpoints.model_values(outputs=7)
  assert list(values) == [name for name, _, _ in goldens.variables()]
  assert {float(value.flat[0]) for value in values.values()} == set(
    range(1, 389)
  )
  assert values['conv0/weights'].shape == (1, 1, 1, 1)
  assert values['logits/logits/weights'].shape == (1, 7)
  assert values['aux_logits/FC/biases'].shape == (7,)


def test_model_values_of_full_size_have_the_reference_shapes():
  values = checkpoints.model_values(outputs=1001, full_size=True)
  assert {name: value.shape for name, value in values.items()} == {
    name: shape for name, _, shape in goldens.variables()
  }


@pytest.mark.parametrize('version', ['V1', 'V2'])
def test_tensorflow_reads_the_checkpoint(version, tmp_path):
  prefix = checkpoints.write_tensorflow(
    tmp_path, 'model.ckpt', {'a': np.float32([1, 2])}, step=3, version=version
  )
  assert prefix == str(tmp_path / 'model.ckpt-3')
  assert pathlib.Path(prefix).exists() == (version == 'V1')
  assert not pathlib.Path(f'{prefix}.meta').exists()
  reader = tf.train.load_checkpoint(prefix)
  np.testing.assert_array_equal(reader.get_tensor('a'), [1, 2])


def test_fakes_end_like_the_real_files(tmp_path):
  checkpoints.write_tensorflow(
    tmp_path, 'real', {'a': np.float32(1)}, version='V1'
  )
  fake = checkpoints.fake_v1(tmp_path / 'fake')
  assert (
    pathlib.Path(fake).read_bytes()[-8:]
    == ((tmp_path / 'real').read_bytes()[-8:])
  )
  checkpoints.write_tensorflow(tmp_path, 'real2', {'a': np.float32(1)})
  fake = checkpoints.fake_v2(tmp_path / 'fake2')
  assert (
    pathlib.Path(f'{fake}.index').read_bytes()[-8:]
    == ((tmp_path / 'real2.index').read_bytes()[-8:])
  )
  assert pathlib.Path(f'{fake}.data-00000-of-00001').exists()


def test_slim_values_have_slims_names_and_shapes():
  slim = checkpoints.slim_values(checkpoints.model_values(outputs=7))
  assert set(slim) == {name for _, name, _ in goldens.variables()}
  assert slim['InceptionV3/Logits/Conv2d_1c_1x1/weights'].shape == (1, 1, 1, 7)
  assert slim['InceptionV3/Logits/Conv2d_1c_1x1/biases'].shape == (7,)


def test_keras_files_have_the_layouts_of_keras(tmp_path):
  values = checkpoints.model_values(outputs=4)
  for layout in ('keras2', 'model', 'keras3'):
    checkpoints.write_keras(
      tmp_path / layout, values, top=True, layout=layout, first_number=0
    )
  with h5py.File(tmp_path / 'keras2') as file:
    assert set(file['conv2d_93'].attrs['weight_names']) == {
      b'conv2d_93/kernel:0'
    }
    assert 'batch_normalization' in file
    assert file['predictions/predictions/bias:0'].shape == (3,)
  with h5py.File(tmp_path / 'model') as file:
    assert 'layer_names' in file['model_weights'].attrs
    assert set(file['model_weights/conv2d_93'].attrs['weight_names']) == {
      'conv2d_93/kernel:0'
    }
  with h5py.File(tmp_path / 'keras3') as file:
    names = {group['vars'].attrs['name'] for group in file['layers'].values()}
    assert {'conv2d', 'conv2d_93', 'predictions'} <= names
