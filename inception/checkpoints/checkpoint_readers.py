"""Opens weights of four kinds of files, under this project's names.

  open_reader   opens the reader that fits a path
  Reader        interface of the readers

tensorflow_reader reads V1 and V2 checkpoints with the names of
research/inception or TF-Slim, keras_reader Keras' inception_v3 as .h5. They
read one variable at a time, so that the complete file is never in memory.
"""

import os
from collections.abc import Mapping
from typing import Protocol

import numpy as np

from inception.checkpoints import checkpoint_files
from inception.checkpoints import checkpoint_paths
from inception.checkpoints import tensorflow_reader


class Reader(Protocol):
  """Interface of the readers."""

  @property
  def path(self) -> str:
    """File or prefix that is read."""

  @property
  def source(self) -> str:
    """Program and format that made the file."""

  @property
  def shapes(self) -> Mapping[str, tuple[int, ...]]:
    """{name: shape} of the numeric variables."""

  def read(self, name: str) -> np.ndarray:
    """Returns the value of a variable in `shapes`."""

  def text(self, name: str) -> str | None:
    """Returns a string scalar; None if the file has none of this name."""

  def close(self) -> None:
    """Closes the file."""


def open_reader(path: str | os.PathLike) -> Reader:
  """Returns a reader for `path`, as checkpoint_paths.resolve understands it.

  Raises:
    CheckpointError: the path leads to no checkpoint.
    DamagedError: the checkpoint is damaged or incomplete.
  """
  path, kind = checkpoint_paths.resolve(path)
  if kind == checkpoint_files.HDF5:
    from inception.checkpoints import keras_reader  # Imports h5py, slowly.

    return keras_reader.KerasReader(path)
  return tensorflow_reader.TensorFlowReader(path, kind)
