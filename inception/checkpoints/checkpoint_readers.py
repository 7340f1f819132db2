"""Reads weights from files of four makes, under this project's names.

  open_reader        a path -> the reader that fits the file
  TensorFlowReader   V1 and V2 checkpoints; research/inception's names, or
                     TF-Slim's translated
  KerasReader        Keras' inception_v3 as .h5, with or without its top

A reader has `path`, `source` (what made the file), `shapes` ({name: shape} of
the numeric variables), `read(name)`, `text(name)` and `close()`. It reads one
variable at a time, so that the whole file is never in memory.

TensorFlow checks a sum over each variable whenever it is read, and over each
block of the index; what it finds is a DamagedError here.
"""

import contextlib
import os
import re

import numpy as np
import tensorflow as tf

from inception.checkpoints import checkpoint_files
from inception.checkpoints import checkpoint_names

CheckpointError = checkpoint_files.CheckpointError
DamagedError = checkpoint_files.DamagedError

# Of damaged files TensorFlow raises more than its own errors: IndexError for a
# file that is too short, for example.
_TENSORFLOW_ERRORS = (tf.errors.OpError, RuntimeError, ValueError, LookupError)
# A backslash is an escape to TensorFlow where it is not a separator.
_PATTERN = re.compile(r'[*?\[\\]' if os.sep == '/' else r'[*?\[]')

_KERAS_LAYER = re.compile(
  r'(?P<kind>conv2d|batch_normalization)(?:_(?P<number>\d+))?'
)
_NUM_WEIGHTS = {'conv2d': 1, 'batch_normalization': 3}
_KERAS_TOP = 'predictions'


def open_reader(path: str | os.PathLike) -> 'TensorFlowReader | KerasReader':
  """Returns a reader of what `path` means; see checkpoint_files.resolve.

  Raises:
    CheckpointError: there is nothing to read.
    DamagedError: it is damaged or not complete.
  """
  path, kind = checkpoint_files.resolve(path)
  if kind == checkpoint_files.HDF5:
    return KerasReader(path)
  return TensorFlowReader(path, kind)


def _damaged(path: str, error: Exception) -> DamagedError:
  # TensorFlow goes on with 'perhaps ...', which is not so here.
  cause = re.split(r'[.:]? [Pp]erhaps|\n', str(error).strip())[0]
  return DamagedError(
    path,
    f'is damaged ({cause})',
    'copy or download it again, or delete it to go on from an earlier one',
  )


class TensorFlowReader:
  """Reads a name-based checkpoint."""

  def __init__(self, prefix: str, version: str):
    """Opens a checkpoint.

    Args:
      prefix: of a complete checkpoint.
      version: checkpoint_files.V1 or V2.

    Raises:
      DamagedError: the file is damaged.
    """
    self.path = prefix
    with contextlib.ExitStack() as stack:
      try:
        name = _plain_name(prefix, version, stack)
        self._reader = tf.compat.v1.train.NewCheckpointReader(name)
        shapes = self._reader.get_variable_to_shape_map()
        types = self._reader.get_variable_to_dtype_map()
      except _TENSORFLOW_ERRORS as error:
        raise _damaged(prefix, error) from error
      self._stack = stack.pop_all()
    ours = {slim: name for name, slim in checkpoint_names.slim_names().items()}
    family = 'research/inception'
    if any(name in ours for name in shapes):
      family = 'TF-Slim'
    self.source = f'{family} {version}'
    self._texts = {name for name in shapes if types[name] == tf.string}
    self._names = {
      ours.get(name, name): name for name in sorted(shapes.keys() - self._texts)
    }
    self.shapes = {
      name: _shape(name, shapes[theirs]) for name, theirs in self._names.items()
    }

  def read(self, name: str) -> np.ndarray:
    """Returns the value of a variable in `shapes`.

    Raises:
      DamagedError: the file is damaged.
    """
    return np.reshape(self._value(self._names[name]), self.shapes[name])

  def text(self, name: str) -> str | None:
    """Returns a string scalar; None if there is none of this name.

    Raises:
      DamagedError: the file is damaged.
    """
    if name not in self._texts:
      return None
    value = self._value(name)
    is_scalar = isinstance(value, bytes)
    return value.decode('utf-8', errors='replace') if is_scalar else None

  def _value(self, stored_name: str):
    try:
      return self._reader.get_tensor(stored_name)
    except _TENSORFLOW_ERRORS as error:
      raise _damaged(self.path, error) from error

  def close(self) -> None:
    """Lets go of the file."""
    self._reader = None
    self._stack.close()


def _plain_name(prefix: str, version: str, stack: contextlib.ExitStack) -> str:
  """Returns a name for a checkpoint that TensorFlow does not misunderstand.

  TensorFlow takes a prefix for a pattern and does not find 'folder [1]/...'.
  Such a checkpoint is copied into TensorFlow's file system in memory, until
  `stack` closes.
  """
  if not _PATTERN.search(prefix):
    return prefix
  copy = f'ram://{os.urandom(8).hex()}/checkpoint'
  for path in checkpoint_files.files_of(prefix, version):
    copied = copy + os.path.basename(path).removeprefix(
      os.path.basename(prefix)
    )
    tf.io.gfile.copy(path, copied)
    stack.callback(tf.io.gfile.remove, copied)
  return copy


def _shape(name: str, stored: list[int]) -> tuple[int, ...]:
  """Returns the shape as ours: a classifier is a matrix, no 1x1 convolution."""
  shape = tuple(stored)
  is_conv = len(shape) == 4 and shape[:2] == (1, 1)
  if name in checkpoint_names.FC_WEIGHTS and is_conv:
    return shape[2:]
  return shape


class KerasReader:
  """Reads keras.applications.InceptionV3's weights.

  Keras numbers its layers over the whole life of a process, and lists them by
  their depth in the graph; only the order of the numbers is the order in which
  they were made. It has no auxiliary head and no background class: the
  classifier gets one, whose logit is the mean of the others', so that it is
  never among the best and every other probability keeps its rank.
  """

  source = 'Keras .h5'

  def __init__(self, path: str):
    """Opens an .h5 or .weights.h5 file.

    Raises:
      DamagedError: the file is damaged.
      CheckpointError: it is of another network.
    """
    import h5py  # pylint: disable=import-outside-toplevel  # Only for .h5.

    self.path = path
    self._background = {}
    try:
      self._file = h5py.File(path, 'r')
    except OSError as error:
      raise _damaged(path, error) from error
    try:
      self._datasets = self._named(_keras_layers(self._file))
    except (OSError, RuntimeError, KeyError) as error:
      self.close()
      raise _damaged(path, error) from error
    except CheckpointError:
      self.close()
      raise
    self.shapes = {
      name: self._shape(name, dataset)
      for name, dataset in self._datasets.items()
    }

  def _named(self, layers):
    """Returns {our name: dataset} of {layer's name: datasets}."""
    numbered = {kind: [] for kind in _NUM_WEIGHTS}
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
          self._background[name] = True
      else:
        named.update({f'{layer}/{i}': d for i, d in enumerate(datasets)})
    scopes = checkpoint_names.trunk_scopes()
    counts = {kind: len(found) for kind, found in numbered.items()}
    if set(counts.values()) != {len(scopes)}:
      raise CheckpointError(
        f"{self.path!r} is not Keras' inception_v3: it has "
        f'{counts["conv2d"]} convolutions and '
        f'{counts["batch_normalization"]} batch normalizations without gamma '
        f'where that has {len(scopes)} of each; give another file'
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

  def _shape(self, name, dataset) -> tuple[int, ...]:
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
      raise _damaged(self.path, error) from error
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


def _keras_layers(file) -> dict[str, list]:
  """Returns {layer's name: its datasets in Keras' order} of an h5py.File.

  Keras 1 and 2 (and 3 where the file ends in .h5) write a group a layer, with
  its weights' names as an attribute; model.save puts all of them into one
  group. Keras 3's .weights.h5 keeps the layer's name as an attribute.
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


Reader = TensorFlowReader | KerasReader
