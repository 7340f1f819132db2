"""Reads the weights of Keras' inception_v3 from .h5 files.

KerasReader   reads Keras 1, 2 and 3, with or without the classifier
"""

import re

import h5py
import numpy as np

from inception.checkpoints import checkpoint_files
from inception.checkpoints import checkpoint_names

_KERAS_LAYER = re.compile(
  r'(?P<kind>conv2d|batch_normalization)(?:_(?P<number>\d+))?'
)
_NUM_WEIGHTS = {'conv2d': 1, 'batch_normalization': 3}
_KERAS_TOP = 'predictions'


class KerasReader:
  """Reads the weights of keras.applications.InceptionV3.

  Keras numbers its layers consecutively over the life of a process and lists
  them by their depth in the graph; only the order of the numbers is the order
  of creation. Keras' model has neither an auxiliary head nor a background
  class. The classifier is given a background class whose logit is the mean of
  the others', so that it is never the best and the other classes keep their
  order.
  """

  source = 'Keras .h5'

  def __init__(self, path: str) -> None:
    """Opens an .h5 or .weights.h5 file.

    Raises:
      DamagedError: the file is damaged.
      CheckpointError: the file is of another network.
    """
    self.path = path
    # Names of the variables that get a background class.
    self._background: set[str] = set()
    try:
      self._file = h5py.File(path, 'r')
    except OSError as error:
      raise checkpoint_files.damaged(path, error) from error
    try:
      self._datasets = self._named(_keras_layers(self._file))
    except (OSError, RuntimeError, KeyError) as error:
      self.close()
      raise checkpoint_files.damaged(path, error) from error
    except checkpoint_files.CheckpointError:
      self.close()
      raise
    self.shapes = {
      name: self._shape(name, dataset)
      for name, dataset in self._datasets.items()
    }

  def _named(
    self, layers: dict[str, list[h5py.Dataset]]
  ) -> dict[str, h5py.Dataset]:
    """Converts {layer's name: datasets} into {our name: dataset}."""
    numbered: dict[str, list[tuple[int, list[h5py.Dataset]]]] = {
      kind: [] for kind in _NUM_WEIGHTS
    }
    named = {}
    for layer, datasets in layers.items():
      match = _KERAS_LAYER.fullmatch(layer)
      if match and len(datasets) == _NUM_WEIGHTS[match['kind']]:
        number = int(match['number'] or 0)
        numbered[match['kind']].append((number, datasets))
      elif layer == _KERAS_TOP and len(datasets) == 2:
        for variable, dataset in zip(checkpoint_names.FC_VARIABLES, datasets):
          name = f'logits/logits/{variable}'
          named[name] = dataset
          self._background.add(name)
      else:
        named.update({f'{layer}/{i}': d for i, d in enumerate(datasets)})
    scopes = checkpoint_names.trunk_scopes()
    counts = {kind: len(items) for kind, items in numbered.items()}
    if set(counts.values()) != {len(scopes)}:
      raise checkpoint_files.CheckpointError(
        f"{self.path!r} is not Keras' inception_v3: it has "
        f'{counts["conv2d"]} convolutions and '
        f'{counts["batch_normalization"]} batch normalizations without gamma '
        f'instead of {len(scopes)} each; give another file'
      )
    by_number = [
      sorted(numbered[kind], key=lambda item: item[0]) for kind in _NUM_WEIGHTS
    ]
    for scope, (_, conv), (_, norm) in zip(scopes, *by_number):
      for variable, dataset in zip(
        checkpoint_names.CONV_VARIABLES, conv + norm
      ):
        named[f'{scope}/{variable}'] = dataset
    return named

  def _shape(self, name: str, dataset: h5py.Dataset) -> tuple[int, ...]:
    *rest, last = dataset.shape
    return (*rest, last + 1) if name in self._background else dataset.shape

  def read(self, name: str) -> np.ndarray:
    """Returns the value of a variable in `shapes`.

    Raises:
      DamagedError: the file is damaged.
    """
    try:
      value = self._datasets[name][()]
    except (OSError, RuntimeError) as error:
      raise checkpoint_files.damaged(self.path, error) from error
    if name in self._background:
      background = value.mean(axis=-1, keepdims=True, dtype=np.float64)
      value = np.concatenate([background.astype(value.dtype), value], axis=-1)
    return value

  def text(self, name: str) -> None:
    """Returns None: Keras keeps no text under a name."""
    del name

  def close(self) -> None:
    """Closes the file."""
    self._file.close()


def _keras_layers(file: h5py.File) -> dict[str, list[h5py.Dataset]]:
  """Returns {layer's name: its datasets in Keras' order} of an h5py.File.

  Keras 1 and 2 (and Keras 3 where the file's name ends in .h5) write one group
  per layer, with its weights' names as an attribute; model.save puts all of
  them into one group. Keras 3's .weights.h5 keeps the layer's name as an
  attribute.
  """
  if 'layers' in file:
    layers = {}
    for group in file['layers'].values():
      if 'vars' in group:
        variables = group['vars']
        layers[_text(variables.attrs.get('name', group.name))] = [
          variables[key] for key in sorted(variables, key=int)
        ]
    return layers
  root = file.get('model_weights', file)
  return {
    layer: [group[_text(key)] for key in group.attrs['weight_names']]
    for layer, group in root.items()
    if 'weight_names' in group.attrs
  }


def _text(value: str | bytes) -> str:
  return value.decode('utf-8') if isinstance(value, bytes) else value
