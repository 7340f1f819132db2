"""Writes TensorFlow's V2 checkpoints.

write       writes a checkpoint's two files
write_new   writes a checkpoint that appears complete or not at all
cause       describes a failed write
"""

import contextlib
import os
import pathlib
import typing
from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from inception.checkpoints import checkpoint_files
from inception.checkpoints import file_moves
from inception.jobs import atomic_files
from inception.jobs import tensorflow_reasons

# The data come first: the index makes them a checkpoint.
_SUFFIXES = ('.data-00000-of-00001', '.index')

Value: typing.TypeAlias = tf.Variable | tf.Tensor | np.ndarray | bytes | str


def write(prefix: str, values: Mapping[str, Value]) -> None:
  """Writes values under their names; an existing checkpoint is replaced.

  Args:
    prefix: the prefix of the checkpoint.
    values: {name in the checkpoint: value}. bytes and str become string
      scalars.

  Raises:
    tf.errors.OpError: the files cannot be written; see cause.
  """
  with tf.device('CPU:0'):
    tf.raw_ops.SaveV2(
      prefix=prefix,
      tensor_names=list(values),
      shape_and_slices=[''] * len(values),
      tensors=[tf.convert_to_tensor(value) for value in values.values()],
    )


def write_new(prefix: str, values: Mapping[str, Value]) -> None:
  """Writes a checkpoint that appears complete or not at all.

  Its folder's state file is not changed. Files that a killed write of the same
  checkpoint left are deleted.

  Args:
    prefix: the prefix of a checkpoint that does not exist.
    values: see write.

  Raises:
    CheckpointError: the checkpoint cannot be written.
  """
  temporary = str(atomic_files.temporary_path(prefix))
  _delete_files(temporary)
  try:
    write(temporary, values)
    for suffix in _SUFFIXES:
      atomic_files.sync_file(temporary + suffix)
    with file_moves.undone_after_an_error() as move:
      for suffix in _SUFFIXES:
        move(temporary + suffix, prefix + suffix)
    atomic_files.sync_folder(pathlib.Path(prefix).parent)
  except (OSError, tf.errors.OpError) as error:
    raise checkpoint_files.CheckpointError(
      f'could not write {prefix!r} ({cause(error)}): free some disk space or '
      'give a writable folder'
    ) from error
  finally:
    _delete_files(temporary)


def cause(error: OSError | tf.errors.OpError) -> str:
  """Returns the reason for a failed write, in a few words."""
  if isinstance(error, FileExistsError):
    return 'a file has the name of the folder'
  if isinstance(error, OSError):
    return error.strerror or str(error)
  # TensorFlow: '{{function_node ...}} PATH; No space left on device [Op:...]'.
  return tensorflow_reasons.reason(error.message).split(';')[-1].strip()


def _delete_files(temporary: str) -> None:
  """Deletes the files of a temporary prefix.

  TensorFlow writes to X.tempstateN while it creates the file X.
  """
  folder, start = os.path.split(temporary)
  with contextlib.suppress(checkpoint_files.CheckpointError):
    for name in checkpoint_files.file_names(folder or os.curdir):
      if name.startswith(f'{start}.'):
        file_moves.unlink(os.path.join(folder, name))
