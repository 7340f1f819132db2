"""Tests of inception.checkpoints.keras_writer.

tests/integration/keras_weights_test.py loads such a file into Keras' own model.
"""

import contextlib

import h5py
import numpy as np
import pytest

from inception.checkpoints import keras_reader
from inception.checkpoints import keras_writer
from inception.testing import checkpoints


@pytest.mark.parametrize('include_top', [True, False])
def test_reader_reads_what_was_written(include_top, tmp_path):
  values = checkpoints.model_values(outputs=4)
  rng = np.random.default_rng(1)
  top = rng.normal(size=(1, 4)).astype(np.float32)
  values['logits/logits/weights'] = top
  path = tmp_path / 'bl\u00fcte [1].h5'
  keras_writer.write(path, values.__getitem__, include_top=include_top)
  with contextlib.closing(keras_reader.KerasReader(str(path))) as reader:
    assert reader.shapes == {
      name: value.shape
      for name, value in values.items()
      if not name.startswith('aux_logits/')
      and (include_top or not name.startswith('logits/'))
    }
    for name in reader.shapes.keys() - {'logits/logits/weights'}:
      np.testing.assert_array_equal(reader.read(name), values[name])
    if include_top:
      read = reader.read('logits/logits/weights')
      np.testing.assert_array_equal(read[:, 1:], top[:, 1:])


def test_layout_is_that_of_the_published_weights(tmp_path):
  values = checkpoints.model_values(outputs=4)
  path = tmp_path / 'flowers.h5'
  keras_writer.write(path, values.__getitem__, include_top=True)
  with h5py.File(path, 'r') as file:
    layers = [name.decode() for name in file.attrs['layer_names']]
    assert layers == keras_writer.layer_names(include_top=True)
    group = file['batch_normalization_2']
    assert list(group.attrs['weight_names']) == [
      b'batch_normalization_2/beta:0',
      b'batch_normalization_2/moving_mean:0',
      b'batch_normalization_2/moving_variance:0',
    ]
    assert list(file['predictions'].attrs['weight_names']) == [
      b'predictions/kernel:0',
      b'predictions/bias:0',
    ]
    assert file['predictions/predictions/kernel:0'].shape == (1, 3)


def test_layers_come_by_their_depth():
  """Two blocks by hand, from keras.applications.inception_v3's code."""
  layers = keras_writer.layer_names(include_top=False)
  assert len(layers) == len(set(layers)) == 2 * 94
  # mixed0: branches of 1, 2, 3 and 1 convolutions, numbers 6 to 12.
  assert layers[10:24] == [
    *('conv2d_9', 'batch_normalization_9'),
    *('conv2d_7', 'conv2d_10'),
    *('batch_normalization_7', 'batch_normalization_10'),
    *('conv2d_6', 'conv2d_8', 'conv2d_11', 'conv2d_12'),
    *('batch_normalization_6', 'batch_normalization_8'),
    *('batch_normalization_11', 'batch_normalization_12'),
  ]
  # mixed10, numbers 86 to 94: 87 and 90 to 91 lead to pairs side by side,
  # whose concatenation is a layer of its own.
  assert layers[-18:] == [
    *('conv2d_90', 'batch_normalization_90'),
    *('conv2d_87', 'conv2d_91'),
    *('batch_normalization_87', 'batch_normalization_91'),
    *('conv2d_88', 'conv2d_89', 'conv2d_92', 'conv2d_93'),
    *('conv2d_86', 'batch_normalization_88', 'batch_normalization_89'),
    *('batch_normalization_92', 'batch_normalization_93', 'conv2d_94'),
    *('batch_normalization_86', 'batch_normalization_94'),
  ]
