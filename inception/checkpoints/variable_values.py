"""Copies values from an open checkpoint into variables.

check_shapes  an error where a shape differs
assign        all values, or none
few           the first of many names, for messages
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
  """Requires that variables have the shapes that a checkpoint has for them.

  Args:
    reader: of the checkpoint, which has all of the names.
    variables: {name in the checkpoint: variable}.
    classifier_remedy: what to do where only the number of classes differs.

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
  """Gives variables their values in a checkpoint, all of them or none.

  Everything is read once to see that it can be, and again to assign it. The
  second time the file is in the system's cache, and this needs the memory of
  one variable where keeping the values would need that of all.

  Args:
    reader: of the checkpoint, which has all of the names and shapes.
    variables: {name in the checkpoint: variable}.

  Raises:
    DamagedError: a value cannot be read. No variable has changed.
  """
  for name in variables:
    reader.read(name)
  for name, variable in variables.items():
    variable.assign(reader.read(name).astype(variable.dtype.as_numpy_dtype))


def few(names: Sequence[str], limit: int = 3) -> str:
  """Returns the first names, and how many more there are."""
  text = ', '.join(names[:limit])
  more = len(names) - limit
  return f'{text} and {more} more' if more > 0 else text
