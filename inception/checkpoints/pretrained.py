"""Restores weights of another training: from 2016, TF-Slim or Keras.

restore_pretrained  assigns the values in the file -> Report
Report              lists the variables matched, left out and not used
"""

import contextlib
import dataclasses
import os
from collections.abc import Collection, Mapping

import tensorflow as tf

from inception.checkpoints import checkpoint_files
from inception.checkpoints import checkpoint_names
from inception.checkpoints import checkpoint_readers
from inception.checkpoints import variable_values

_AUX_HEAD = 'aux_logits/'
_FINE_TUNE = 'pass --fine_tune=True to leave the classifier out'


@dataclasses.dataclass(frozen=True, kw_only=True)
class Report:
  """The outcome of restore_pretrained.

  Attributes:
    path: the file or prefix that was read.
    source: the program and format that made the file: 'research/inception V1'
      or 'V2', 'TF-Slim V1' or 'V2', 'Keras .h5'.
    matched: our variables that now have the file's values.
    excluded: our variables that were left unchanged on request.
    missing: our variables that the file lacks; they were left unchanged.
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
    averages = [
      name for name in self.skipped if name.endswith(checkpoint_names.AVERAGE)
    ]
    unused = [
      name
      for name in self.skipped
      if not name.endswith(checkpoint_names.AVERAGE)
    ]
    if averages:
      unused.insert(0, f'{len(averages)} moving averages')
    for names, text in (
      (self.excluded, 'Left out as requested, so they start from scratch'),
      (self.missing, 'Not in the file, so they start from scratch'),
      (unused, 'In the file but not used'),
    ):
      if names:
        lines.append(f'{text}: {variable_values.few(names)}.')
    return lines


def restore_pretrained(
  path: str | os.PathLike,
  variables: Mapping[str, tf.Variable],
  *,
  exclude: Collection[str] = (),
) -> Report:
  """Assigns the model's variables the values from another training.

  Args:
    path: research/inception's or TF-Slim's checkpoint (V1 or V2) or Keras'
      inception_v3 .h5: a prefix, one of its files, or a folder.
    variables: {name as in research/inception: variable}.
    exclude: names of variables that keep their values.

  Returns:
    The variables matched, excluded, missing and skipped. Only the entire
    auxiliary head can be missing, which Keras does not have.

  Raises:
    CheckpointError: the checkpoint does not exist, lacks a variable, has one
      with another shape, or is damaged. No variable has changed.
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
      raise checkpoint_files.CheckpointError(
        f'{reader.path!r} ({reader.source}) lacks {len(needed)} of '
        f'{len(variables)} variables ({variable_values.few(needed)}): '
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
    variable_values.check_shapes(reader, matched, _FINE_TUNE)
    variable_values.assign(reader, matched)
    return Report(
      path=reader.path,
      source=reader.source,
      matched=tuple(matched),
      excluded=tuple(name for name in variables if name in excluded),
      missing=tuple(missing),
      skipped=tuple(name for name in reader.shapes if name not in matched),
    )
