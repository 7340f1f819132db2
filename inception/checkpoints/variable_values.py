"""Copies values from an open checkpoint into variables.

check_shapes  raises where a shape differs
assign        assigns all values, or none
few           abbreviates a list of names, for messages
"""

from collections.abc import Mapping, Sequence

import tensorflow as tf

from inception.checkpoints import checkpoint_files
from inception.checkpoints import checkpoint_names
from inception.checkpoints import checkpoint_readers


def check_shapes(
  reader: checkpoint_readers.Reader,
  variables: Mapping[str, tf.Variable],
  classifier_remedy: str,
) -> None:
  """Requires that variables have the shapes of their values in a checkpoint.

  Args:
    reader: the reader of a checkpoint that has all of the names.
    variables: {name in the checkpoint: variable}.
    classifier_remedy: advice for the user where only the number of classes
      differs.

  Raises:
    CheckpointError: a variable has another shape.
  """
  for name, variable in variables.items():
    theirs, ours = reader.shapes[name], tuple(variable.shape)
    if theirs == ours:
      continue
    message = f'{reader.path!r}: {name} has shape {theirs} there, {ours} here'
    if (
      name.startswith(checkpoint_names.CLASSIFIERS) and theirs[:-1] == ours[:-1]
    ):
      message += (
        f' (its classifier has {theirs[-1] - 1} classes, this data '
        f'has {ours[-1] - 1}): {classifier_remedy}'
      )
    else:
      message += ': give a checkpoint of this network'
    raise checkpoint_files.CheckpointError(message)


def assign(
  reader: checkpoint_readers.Reader, variables: Mapping[str, tf.Variable]
) -> None:
  """Assigns variables their values from a checkpoint, all of them or none.

  Everything is read once to verify that it is readable, and again to assign it.
  The second time the file is in the system's cache; reading twice needs the
  memory of one variable, whereas keeping the values would need that of all.

  Args:
    reader: the reader of a checkpoint that has all of the names and shapes.
    variables: {name in the checkpoint: variable}.

  Raises:
    DamagedError: a value cannot be read. No variable has changed.
  """
  for name in variables:
    reader.read(name)
  for name, variable in variables.items():
    variable.assign(reader.read(name).astype(variable.dtype.as_numpy_dtype))


def few(names: Sequence[str], limit: int = 3) -> str:
  """Returns the first `limit` names, and the number of further ones."""
  text = ', '.join(names[:limit])
  more = len(names) - limit
  return f'{text} and {more} more' if more > 0 else text
