"""Reads TensorFlow's name-based checkpoints, V1 and V2.

  TensorFlowReader   reads research/inception's names, or TF-Slim's translated

TensorFlow verifies a checksum of each variable whenever it is read, and of each
block of the index; a mismatch becomes a DamagedError here.
"""

import contextlib
import os
import re

import numpy as np
import tensorflow as tf

from inception.checkpoints import checkpoint_files
from inception.checkpoints import checkpoint_names

# For damaged files TensorFlow raises more than its own errors: IndexError for a
# file that is too short, for example.
_TENSORFLOW_ERRORS = (tf.errors.OpError, RuntimeError, ValueError, LookupError)
# TensorFlow treats a backslash as an escape where it is not a separator.
_PATTERN = re.compile(r'[*?\[\\]' if os.sep == '/' else r'[*?\[]')


class TensorFlowReader:
  """Reads a name-based checkpoint."""

  def __init__(self, prefix: str, version: str) -> None:
    """Opens a checkpoint.

    Args:
      prefix: the prefix of a complete checkpoint.
      version: its format, checkpoint_files.V1 or V2.

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
        raise checkpoint_files.damaged(prefix, error) from error
      self._stack = stack.pop_all()
    ours = {
      slim + suffix: name + suffix
      for name, slim in checkpoint_names.slim_names().items()
      for suffix in ('', checkpoint_names.AVERAGE)
    }
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
    """Returns a string scalar; None if the file has none of this name.

    Raises:
      DamagedError: the file is damaged.
    """
    if name not in self._texts:
      return None
    value = self._value(name)
    # Arrays of strings are no text.
    if not isinstance(value, bytes):
      return None
    return value.decode('utf-8', errors='replace')

  def _value(self, stored_name: str) -> np.ndarray | bytes:
    try:
      return self._reader.get_tensor(stored_name)
    except _TENSORFLOW_ERRORS as error:
      raise checkpoint_files.damaged(self.path, error) from error

  def close(self) -> None:
    """Closes the file."""
    # Dropping the last reference closes TensorFlow's files.
    self._reader = None
    self._stack.close()


def _plain_name(prefix: str, version: str, stack: contextlib.ExitStack) -> str:
  """Returns a prefix for a checkpoint that TensorFlow does not misread.

  TensorFlow treats a prefix as a glob pattern and fails to find
  'folder [1]/...'. Such a checkpoint is copied into TensorFlow's in-memory file
  system until `stack` closes.
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
  """Returns our shape: a matrix for a classifier stored as 1x1 convolution."""
  shape = tuple(stored)
  is_conv = len(shape) == 4 and shape[:2] == (1, 1)
  base = name.removesuffix(checkpoint_names.AVERAGE)
  if base in checkpoint_names.FC_WEIGHTS and is_conv:
    return shape[2:]
  return shape
