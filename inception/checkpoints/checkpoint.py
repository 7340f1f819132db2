"""Saves, resumes, and starts from what others trained.

Checkpoints are name-based, as TensorFlow 1's Saver writes and reads them, so
that both generations of code read each other's.

  save                 a training's variables -> FOLDER/model.ckpt-STEP
  list_checkpoints, latest, step_of, variable_names, read_text
                       what there is
  restore              every variable, or an error
  restore_newest       what a folder's newest readable one holds
  restore_pretrained   the model's variables from 2016's, TF-Slim's or Keras'
                       weights -> Report

Nothing is assigned before everything has been read and checked: after an error
no variable has changed.
"""

import contextlib
import dataclasses
import os
import pathlib
import re
from collections.abc import Collection, Mapping, Sequence

import numpy as np
import tensorflow as tf

from inception.checkpoints import checkpoint_fallback
from inception.checkpoints import checkpoint_files
from inception.checkpoints import checkpoint_names
from inception.checkpoints import checkpoint_publisher
from inception.checkpoints import checkpoint_readers

CheckpointError = checkpoint_files.CheckpointError
DamagedError = checkpoint_files.DamagedError
restore_newest = checkpoint_fallback.restore_newest
list_checkpoints = checkpoint_files.list_checkpoints
latest = checkpoint_files.latest

_AUX_HEAD = 'aux_logits/'
_AVERAGE = '/ExponentialMovingAverage'
_FINE_TUNE = 'pass --fine_tune=True to leave the classifier out'


@dataclasses.dataclass(frozen=True, kw_only=True)
class Report:
  """What restore_pretrained did.

  Attributes:
    path: the file or prefix that was read.
    source: what made it: 'research/inception V1' or 'V2', 'TF-Slim V1' or
      'V2', 'Keras .h5'.
    matched: our variables that have the file's values now.
    excluded: our variables that were left as they are because asked.
    missing: our variables that the file lacks, left as they are.
    skipped: names in the file that were not used.
  """

  path: str
  source: str
  matched: tuple[str, ...]
  excluded: tuple[str, ...]
  missing: tuple[str, ...]
  skipped: tuple[str, ...]

  def summary(self) -> list[str]:
    """Returns the report as a few lines of text."""
    total = len(self.matched) + len(self.excluded) + len(self.missing)
    lines = [
      (
        f'Restored {len(self.matched)} of {total} variables from '
        f'{self.path} ({self.source}).'
      )
    ]
    averages = [name for name in self.skipped if name.endswith(_AVERAGE)]
    unused = [name for name in self.skipped if not name.endswith(_AVERAGE)]
    if averages:
      unused.insert(0, f'{len(averages)} moving averages')
    for names, text in (
      (self.excluded, 'Left out as asked, so they start anew'),
      (self.missing, 'Not in the file, so they start anew'),
      (unused, 'In the file but not used'),
    ):
      if names:
        lines.append(f'{text}: {_few(names)}.')
    return lines


def save(
  directory: str | os.PathLike,
  step: int,
  values: Mapping[str, tf.Variable | tf.Tensor | np.ndarray | bytes | str],
  *,
  keep: int = 5,
) -> str:
  """Saves variables as a V2 checkpoint that appears whole or not at all.

  The folder is made if it is not there. No two processes may save into one
  folder at the same time.

  Args:
    directory: the folder.
    step: the training step, >= 0, which becomes part of the name.
    values: {name in the checkpoint: value}, with `global_step` among them if
      TensorFlow 1 is to resume from it. bytes and str become string scalars,
      as UTF-8, for read_text: no restoring looks at them.
    keep: of the checkpoints that this function made and the folder's state
      file lists, the last `keep` stay. No other file is deleted.

  Returns:
    The checkpoint's prefix, DIRECTORY/model.ckpt-STEP.

  Raises:
    CheckpointError: it could not be written. Earlier ones are untouched.
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
    _write(temporary, values)
    checkpoint_publisher.publish(temporary, prefix, keep=keep)
  except (OSError, tf.errors.OpError) as error:
    with contextlib.suppress(CheckpointError):
      checkpoint_publisher.remove_temporaries(directory, temporary)
    raise CheckpointError(
      f'could not save {prefix!r} ({_cause(error)}); earlier checkpoints are '
      'untouched, so make room or give a folder that can be written to, and '
      'go on from the last one'
    ) from error
  return prefix


def prefix_of(path: str | os.PathLike) -> str:
  """Returns the prefix of the checkpoint that a user's path means.

  Args:
    path: a prefix, one of a checkpoint's files, or a folder, which means its
      newest checkpoint.

  Raises:
    CheckpointError: there is nothing complete to read, or it is an .h5 file.
  """
  prefix, kind = checkpoint_files.resolve(path)
  if kind == checkpoint_files.HDF5:
    raise CheckpointError(
      f'{prefix!r} is an .h5 file of Keras, which only a training starts from: '
      'give a checkpoint of a training'
    )
  return prefix


def step_of(prefix: str | os.PathLike) -> int:
  """Returns a checkpoint's step: of its name, else its `global_step`.

  Raises:
    CheckpointError: it has neither, or cannot be read.
  """
  step = checkpoint_files.step_in_name(os.fspath(prefix))
  if step is not None:
    return step
  with contextlib.closing(checkpoint_readers.open_reader(prefix)) as reader:
    if reader.shapes.get('global_step') != ():
      raise CheckpointError(
        f'{reader.path!r} does not say its step: its name does not end in '
        '-STEP, and it has no global_step'
      )
    return int(reader.read('global_step'))  # float32 in the 2016 release.


def variable_names(prefix: str | os.PathLike) -> frozenset[str]:
  """Returns the names of a checkpoint's variables, texts left out.

  Raises:
    CheckpointError: it cannot be read.
  """
  with contextlib.closing(checkpoint_readers.open_reader(prefix)) as reader:
    return frozenset(reader.shapes)


def read_text(prefix: str | os.PathLike, name: str) -> str | None:
  """Returns a text that `save` was given; None where the checkpoint lacks it.

  Raises:
    CheckpointError: it cannot be read.
  """
  with contextlib.closing(checkpoint_readers.open_reader(prefix)) as reader:
    return reader.text(name)


def restore(
  prefix: str | os.PathLike, variables: Mapping[str, tf.Variable]
) -> None:
  """Gives every variable its value in the checkpoint.

  Args:
    prefix: of a complete checkpoint.
    variables: {name in the checkpoint: variable}. Types may differ, as those
      of global_step do between programs.

  Raises:
    DamagedError: the checkpoint is damaged. No variable has changed.
    CheckpointError: a variable is not there or has another shape. Likewise.
  """
  with contextlib.closing(checkpoint_readers.open_reader(prefix)) as reader:
    missing = [name for name in variables if name not in reader.shapes]
    if missing:
      raise CheckpointError(
        f'{reader.path!r} lacks {len(missing)} of {len(variables)} variables '
        f'({_few(missing)}): it is of another program or of other settings, '
        'so give the folder of this training or an empty one'
      )
    _check_shapes(
      reader,
      variables,
      'give the data that it was trained on, or another folder',
    )
    _assign(reader, variables)


def restore_pretrained(
  path: str | os.PathLike,
  variables: Mapping[str, tf.Variable],
  *,
  exclude: Collection[str] = (),
) -> Report:
  """Gives the model's variables the values that another training found.

  Args:
    path: research/inception's or TF-Slim's checkpoint (V1 or V2) or Keras'
      inception_v3 .h5: a prefix, one of its files, or a folder.
    variables: {name as in research/inception: variable}.
    exclude: names of variables that keep their values.

  Returns:
    What was matched, excluded, missing and skipped. Missing can only be the
    whole auxiliary head, which Keras does not have.

  Raises:
    CheckpointError: there is no such checkpoint, or it lacks a variable, has
      one of another shape, or is damaged. No variable has changed.
  """
  excluded = set(exclude)
  with contextlib.closing(checkpoint_readers.open_reader(path)) as reader:
    has_aux_head = any(name.startswith(_AUX_HEAD) for name in reader.shapes)
    missing = [
      name
      for name in variables
      if name not in reader.shapes and name not in excluded
    ]
    needed = [
      name for name in missing if has_aux_head or not name.startswith(_AUX_HEAD)
    ]
    if needed:
      has_trunk = all(
        name.startswith(checkpoint_names.CLASSIFIERS) for name in needed
      )
      raise CheckpointError(
        f'{reader.path!r} ({reader.source}) lacks {len(needed)} of '
        f'{len(variables)} variables ({_few(needed)}): '
        + (
          _FINE_TUNE
          if has_trunk
          else 'give a checkpoint of Inception v3 that has them all'
        )
      )
    matched = {
      name: variable
      for name, variable in variables.items()
      if name not in excluded and name not in missing
    }
    _check_shapes(reader, matched, _FINE_TUNE)
    _assign(reader, matched)
    return Report(
      path=reader.path,
      source=reader.source,
      matched=tuple(matched),
      excluded=tuple(name for name in variables if name in excluded),
      missing=tuple(missing),
      skipped=tuple(name for name in reader.shapes if name not in matched),
    )


def _check_shapes(reader, variables, classifier_remedy: str) -> None:
  """Raises CheckpointError for the first variable of another shape."""
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
    raise CheckpointError(message)


def _assign(reader, variables) -> None:
  """Reads everything once to see that it can be, then again to assign it.

  That costs little, for the second time the file is in the system's cache, and
  needs the memory of one variable where keeping the values needs that of all.
  """
  for name in variables:
    reader.read(name)
  for name, variable in variables.items():
    variable.assign(reader.read(name).astype(variable.dtype.as_numpy_dtype))


def _write(prefix: str, values) -> None:
  with tf.device('CPU:0'):
    tf.raw_ops.SaveV2(
      prefix=prefix,
      tensor_names=list(values),
      shape_and_slices=[''] * len(values),
      tensors=[tf.convert_to_tensor(value) for value in values.values()],
    )


def _cause(error: OSError | tf.errors.OpError) -> str:
  """Returns the reason in a few words."""
  if isinstance(error, FileExistsError):
    return 'a file is in the place of the folder'
  if isinstance(error, OSError):
    return error.strerror or str(error)
  # TensorFlow: '{{function_node ...}} PATH; No space left on device [Op:...]'.
  return (
    re
    .sub(r'\{\{.*?\}\}|\[Op:.*', '', error.message, flags=re.DOTALL)
    .split(';')[-1]
    .strip()
  )


def _few(names: Sequence[str], limit: int = 3) -> str:
  """Returns the first names, and how many more there are."""
  text = ', '.join(names[:limit])
  more = len(names) - limit
  return f'{text} and {more} more' if more > 0 else text
