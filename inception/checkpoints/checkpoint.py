"""Saves and restores checkpoints, and imports published pretrained weights.

Checkpoints are name-based, as TensorFlow 1's Saver writes and reads them, so
that both generations of code read each other's.

  save                 writes a training's variables to FOLDER/model.ckpt-STEP
  list_checkpoints, latest, step_of, variable_names, read_text
                       describe existing checkpoints
  restore              restores every variable, or raises
  restore_newest       restores the newest readable checkpoint of a folder
  restore_pretrained   restores the model's variables from the weights of 2016,
                       TF-Slim or Keras -> Report

Nothing is assigned before everything has been read and checked: after an error
no variable has changed.
"""

import contextlib
import os
import pathlib
from collections.abc import Mapping

import tensorflow as tf

from inception.checkpoints import checkpoint_fallback
from inception.checkpoints import checkpoint_files
from inception.checkpoints import checkpoint_paths
from inception.checkpoints import checkpoint_publisher
from inception.checkpoints import checkpoint_readers
from inception.checkpoints import checkpoint_writer
from inception.checkpoints import pretrained
from inception.checkpoints import variable_values

CheckpointError = checkpoint_files.CheckpointError
DamagedError = checkpoint_files.DamagedError
restore_newest = checkpoint_fallback.restore_newest
list_checkpoints = checkpoint_files.list_checkpoints
latest = checkpoint_files.latest
Report = pretrained.Report
restore_pretrained = pretrained.restore_pretrained


def save(
  directory: str | os.PathLike,
  step: int,
  values: Mapping[str, checkpoint_writer.Value],
  *,
  keep: int = 5,
) -> str:
  """Saves variables as a V2 checkpoint that appears complete or not at all.

  The folder is created if it does not exist. No two processes may save into one
  folder at the same time.

  Args:
    directory: the folder of the checkpoint.
    step: the training step, >= 0, which becomes part of the name.
    values: {name in the checkpoint: value}, with `global_step` among them if
      TensorFlow 1 is to resume from it. bytes and str become string scalars,
      as UTF-8, for read_text; restoring ignores them.
    keep: the number of checkpoints to keep, counting only those that this
      function made and the folder's state file lists. Older ones are deleted;
      no other file is.

  Returns:
    The checkpoint's prefix, DIRECTORY/model.ckpt-STEP.

  Raises:
    CheckpointError: the checkpoint could not be written. Earlier ones are
      untouched.
    ValueError: keep is less than 1.
  """
  if keep < 1:
    raise ValueError(f'keep must be >= 1, got {keep}')
  directory = str(pathlib.Path(directory))
  prefix = os.path.join(directory, f'model.ckpt-{int(step)}')
  temporary = checkpoint_publisher.temporary_prefix(prefix)
  try:
    os.makedirs(directory, exist_ok=True)
    checkpoint_publisher.remove_temporaries(directory)
    checkpoint_writer.write(temporary, values)
    checkpoint_publisher.publish(temporary, prefix, keep=keep)
  except (OSError, tf.errors.OpError) as error:
    with contextlib.suppress(CheckpointError):
      checkpoint_publisher.remove_temporaries(directory, temporary)
    raise CheckpointError(
      f'could not save {prefix!r} ({checkpoint_writer.cause(error)}); earlier '
      'checkpoints are untouched: free some disk space or give a writable '
      'folder, then resume from the last one'
    ) from error
  return prefix


def prefix_of(path: str | os.PathLike) -> str:
  """Resolves a user's path to the prefix of a checkpoint.

  Args:
    path: a prefix, one of a checkpoint's files, or a folder, which stands for
      its newest checkpoint.

  Raises:
    CheckpointError: the path leads to no complete checkpoint, or to an .h5
      file.
  """
  prefix, kind = checkpoint_paths.resolve(path)
  if kind == checkpoint_files.HDF5:
    raise CheckpointError(
      f'{prefix!r} is an .h5 file of Keras, which only a training starts from: '
      'give a checkpoint of a training'
    )
  return prefix


def step_of(prefix: str | os.PathLike) -> int:
  """Returns a checkpoint's step, from its name or else its `global_step`.

  Raises:
    CheckpointError: the checkpoint has neither, or cannot be read.
  """
  step = checkpoint_files.step_in_name(os.fspath(prefix))
  if step is not None:
    return step
  with contextlib.closing(checkpoint_readers.open_reader(prefix)) as reader:
    if reader.shapes.get('global_step') != ():
      raise CheckpointError(
        f'{reader.path!r} has no step: its name does not end in -STEP, and it '
        'has no global_step'
      )
    return int(reader.read('global_step'))  # float32 in the 2016 release.


def variable_names(prefix: str | os.PathLike) -> frozenset[str]:
  """Returns the names of a checkpoint's numeric variables.

  Raises:
    CheckpointError: the checkpoint cannot be read.
  """
  with contextlib.closing(checkpoint_readers.open_reader(prefix)) as reader:
    return frozenset(reader.shapes)


def read_text(prefix: str | os.PathLike, name: str) -> str | None:
  """Returns a text that `save` stored, or None if the checkpoint lacks it.

  Raises:
    CheckpointError: the checkpoint cannot be read.
  """
  with contextlib.closing(checkpoint_readers.open_reader(prefix)) as reader:
    return reader.text(name)


def restore(
  prefix: str | os.PathLike, variables: Mapping[str, tf.Variable]
) -> None:
  """Assigns every variable its value from the checkpoint.

  Args:
    prefix: the prefix of a complete checkpoint.
    variables: {name in the checkpoint: variable}. Dtypes may differ, as that
      of global_step does between programs; values are converted.

  Raises:
    DamagedError: the checkpoint is damaged. No variable has changed.
    CheckpointError: a variable is missing or has another shape. No variable
      has changed.
  """
  with contextlib.closing(checkpoint_readers.open_reader(prefix)) as reader:
    missing = [name for name in variables if name not in reader.shapes]
    if missing:
      raise CheckpointError(
        f'{reader.path!r} lacks {len(missing)} of {len(variables)} variables '
        f'({variable_values.few(missing)}): it was made by another program or '
        'with other settings, so give the folder of this training or an empty '
        'one'
      )
    variable_values.check_shapes(
      reader, variables, 'give the data it was trained on, or another folder'
    )
    variable_values.assign(reader, variables)
