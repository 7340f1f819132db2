"""Writes the weights of Keras' inception_v3 as an .h5 file.

  write          writes the file
  layer_names    Keras' layers with weights, in the order of its model

The layout is that of Keras 1 and 2, the one of Keras' published weights, which
Keras 3 reads as well. Keras matches the layers of such a file to the model's by
their order, not by their names: the model lists its layers by their depth, the
distance from the output, and those of equal depth by branch.
"""

import os
from collections.abc import Callable, Iterable

import h5py
import numpy as np

from inception.checkpoints import checkpoint_names
from inception.jobs import atomic_files

# In these blocks the last two convolutions of two branches lie side by side.
_SPLIT_BLOCKS = 'mixed_8x8'
_SPLIT_BRANCHES = ('branch3x3', 'branch3x3dbl')


def write(
  path: str | os.PathLike,
  read: Callable[[str], np.ndarray],
  *,
  include_top: bool,
) -> None:
  """Writes the file, one weight at a time; it appears complete or not at all.

  Args:
    path: path of the .h5 file.
    read: our variable's name -> its value. The classifier's first output, the
      background class, is left out, since Keras has none.
    include_top: whether to write the classifier.

  Raises:
    OSError: the file cannot be written.
  """
  ours = {keras: name for name, keras in checkpoint_names.keras_names().items()}
  layers = layer_names(include_top=include_top)
  with (
    atomic_files.writing(path) as temporary,
    h5py.File(temporary, 'w') as file,
  ):
    file.attrs['layer_names'] = _texts(layers)
    # Without a backend, Keras 1 would transpose the kernels.
    file.attrs['backend'] = np.bytes_('tensorflow')
    file.attrs['keras_version'] = np.bytes_('2.0.0')
    for layer in layers:
      names = [name for name in ours if name.startswith(f'{layer}/')]
      group = file.create_group(layer)
      group.attrs['weight_names'] = _texts(f'{name}:0' for name in names)
      for name in names:
        value = read(ours[name])
        if layer == checkpoint_names.KERAS_TOP:
          value = value[..., 1:]
        group.create_dataset(f'{name}:0', data=value)


def layer_names(*, include_top: bool) -> list[str]:
  """Returns Keras' layers with weights, in the order of its model."""
  layers = []
  for number, scope in enumerate(checkpoint_names.trunk_scopes(), start=1):
    depth = _depth(scope)
    for kind, below in (
      (checkpoint_names.KERAS_CONV, 0),
      (checkpoint_names.KERAS_NORM, 1),
    ):
      layers.append((below - depth, number, f'{kind}_{number}'))
  names = []
  # The depths are those within a block.
  for block in _blocks():
    names += [name for _, _, name in sorted(layers[: 2 * block])]
    del layers[: 2 * block]
  return names + [checkpoint_names.KERAS_TOP] * include_top


def _blocks() -> list[int]:
  """Returns the number of convolutions of each block, in the order of both."""
  counts: dict[str, int] = {}
  for scope in checkpoint_names.trunk_scopes():
    block = scope.partition('/')[0]
    counts[block] = counts.get(block, 0) + 1
  return list(counts.values())


def _depth(scope: str) -> int:
  """Returns the distance of a convolution from the end of its block, in layers.

  A convolution is three layers: itself, batch norm and activation.
  """
  block, _, rest = scope.partition('/')
  if not rest:
    return 3
  branch, _, conv = rest.partition('/')
  start = f'{block}/{branch}/'
  count = sum(s.startswith(start) for s in checkpoint_names.trunk_scopes())
  following = count - 1 - int(conv.removeprefix('Conv').removeprefix('_') or 0)
  if block.startswith(_SPLIT_BLOCKS) and branch in _SPLIT_BRANCHES:
    # An additional layer concatenates the last two.
    return 4 + 3 * max(0, following - 1)
  return 3 + 3 * following


def _texts(names: Iterable[str]) -> np.ndarray:
  """Returns names as bytes of a fixed length, as Keras 2 writes them."""
  return np.array([name.encode() for name in names], np.bytes_)
