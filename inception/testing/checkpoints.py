"""Makes checkpoints as other programs write them, for tests.

model_values          all 388 variables, each filled with its own number
write_tensorflow      a checkpoint of TensorFlow 1's Saver, V1 or V2
slim_values           variables renamed and reshaped as in TF-Slim
write_keras           an .h5 file in the layout of Keras 2 or Keras 3
fake_v1, fake_v2      files that look like checkpoints, without TensorFlow
"""

import os
import pathlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from inception.testing import goldens

_CLASSIFIERS = ('logits/logits/', 'aux_logits/FC/')
_CONVS = 94
# Last bytes of a table of TensorFlow's.
_TABLE_END = bytes.fromhex('57fb808b247547db')


def model_values(
  *, outputs: int, full_size: bool = False
) -> dict[str, np.ndarray]:
  """Returns {name: float32 array}; the n-th variable's elements are all n.

  Args:
    outputs: number of outputs of the two classifiers, including the background
      class.
    full_size: True gives shapes as in Inception v3; otherwise every dimension
      is 1, except for `outputs`.
  """
  values = {}
  for number, (name, _, shape) in enumerate(goldens.variables(), start=1):
    if not full_size:
      shape = (1,) * len(shape)
    if name.startswith(_CLASSIFIERS):
      shape = (*shape[:-1], outputs)
    # A broadcast view takes the memory of one number.
    values[name] = np.broadcast_to(np.float32(number), shape)
  return values


def write_tensorflow(
  directory: str | os.PathLike,
  name: str,
  values: Mapping[str, np.ndarray],
  *,
  step: int | None = None,
  version: str = 'V2',
) -> str:
  """Saves variables as a TensorFlow 1 program does; returns the prefix."""
  import tensorflow.compat.v1 as tf  # pylint: disable=import-outside-toplevel

  os.makedirs(directory, exist_ok=True)
  with tf.Graph().as_default(), tf.Session() as session:
    variables = {
      key: tf.Variable(value, name=f'v{i}', use_resource=False)
      for i, (key, value) in enumerate(values.items())
    }
    session.run(tf.global_variables_initializer())
    saver = tf.train.Saver(
      variables,
      write_version=(
        tf.train.SaverDef.V1 if version == 'V1' else tf.train.SaverDef.V2
      ),
    )
    return saver.save(
      session,
      str(pathlib.Path(directory, name)),
      global_step=step,
      write_meta_graph=False,
    )


def slim_values(values: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
  """Returns the variables as in TF-Slim's inception_v3.ckpt."""
  slim_names = {name: slim for name, slim, _ in goldens.variables()}
  slim = {}
  for name, value in values.items():
    if name.startswith(_CLASSIFIERS) and value.ndim == 2:
      value = value[None, None]
    slim[slim_names[name]] = value
  return slim


def write_keras(
  path: str | os.PathLike,
  values: Mapping[str, np.ndarray],
  *,
  top: bool,
  layout: str = 'keras2',
  first_number: int = 1,
) -> None:
  """Writes the variables that Keras' InceptionV3 has to an .h5 file.

  Args:
    path: the path of the file.
    values: {name: value}; the classifier's background class is left out.
    top: True includes the classifier.
    layout: 'keras2' (the released files), 'model' (model.save) or 'keras3'
      (.weights.h5).
    first_number: the number of the first convolution; 0 gives it a name without
      a number, as in Keras.
  """
  import h5py  # pylint: disable=import-outside-toplevel

  layers = _keras_layers(values, first_number)
  if top:
    layers['predictions'] = [
      ('kernel', values['logits/logits/weights'][:, 1:]),
      ('bias', values['logits/logits/biases'][1:]),
    ]
  # Sorted by name and not by number, as in the real files.
  layers = dict(sorted(layers.items()))
  with h5py.File(path, 'w') as file:
    if layout == 'keras3':
      for i, (layer, weights) in enumerate(layers.items()):
        group = file.create_group(f'layers/layer_{i}/vars')
        group.attrs['name'] = layer
        for j, (_, value) in enumerate(weights):
          _write_dataset(group, str(j), value)
      return
    root = file.create_group('model_weights') if layout == 'model' else file
    root.attrs['layer_names'] = [layer.encode() for layer in layers]
    for layer, weights in layers.items():
      names = [f'{layer}/{weight}:0' for weight, _ in weights]
      group = root.create_group(layer)
      # Keras 2 stores bytes of a fixed length, Keras 3 text.
      group.attrs['weight_names'] = (
        names if layout == 'model' else np.array(names, np.bytes_)
      )
      for name, (_, value) in zip(names, weights):
        _write_dataset(group, name, value)


def _keras_layers(
  values: Mapping[str, np.ndarray], first_number: int
) -> dict[str, list[tuple[str, np.ndarray]]]:
  """Returns {layer: [(weight's name, value)]} without the classifier."""
  scopes = [
    name.removesuffix('/weights')
    for name, _, _ in goldens.variables()
    if name.endswith('/weights')
  ][:_CONVS]
  layers: dict[str, list[tuple[str, np.ndarray]]] = {'input_1': []}
  for number, scope in enumerate(scopes, start=first_number):
    suffix = f'_{number}' if number else ''
    layers[f'activation{suffix}'] = []
    layers[f'conv2d{suffix}'] = [('kernel', values[f'{scope}/weights'])]
    layers[f'batch_normalization{suffix}'] = [
      (weight, values[f'{scope}/BatchNorm/{weight}'])
      for weight in ('beta', 'moving_mean', 'moving_variance')
    ]
  return layers


def _write_dataset(group: Any, name: str, value: np.ndarray) -> None:
  """Writes a dataset into an h5py.Group, which is imported late."""
  if value.size > 1 and not any(value.strides):
    # All elements are one number: HDF5 stores it only once.
    group.create_dataset(
      name, value.shape, value.dtype, fillvalue=value.flat[0]
    )
  else:
    group.create_dataset(name, data=value)


def fake_v1(prefix: str | os.PathLike) -> str:
  """Writes a file that looks like a V1 checkpoint; returns its name."""
  path = pathlib.Path(prefix)
  path.parent.mkdir(parents=True, exist_ok=True)
  path.write_bytes(b'fake' + _TABLE_END)
  return str(prefix)


def fake_v2(
  prefix: str | os.PathLike, *, data: bytes = b'data', shards: int = 1
) -> str:
  """Writes files that look like a V2 checkpoint; returns the prefix."""
  fake_v1(f'{prefix}.index')
  for shard in range(shards):
    pathlib.Path(f'{prefix}.data-{shard:05d}-of-{shards:05d}').write_bytes(data)
  return str(prefix)
