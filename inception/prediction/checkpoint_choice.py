"""Finds the checkpoint, labels and threshold to use, without TensorFlow.

locate            returns the checkpoint that a path refers to
read_labels       returns the class names in a labels file
stored_threshold  returns the threshold beside a checkpoint
usable_rule       returns its rule, if it was found for this checkpoint
fingerprint       returns a checksum of a checkpoint
ModelError        the checkpoint or the labels cannot be used
"""

import os
import pathlib
from collections.abc import Sequence

from inception.checkpoints import checkpoint_paths
from inception.checkpoints import threshold
from inception.jobs import checksums
from inception.jobs import errors
from inception.records import labels_file


class ModelError(errors.UserError):
  """The checkpoint or its labels cannot be used; the text says why."""


def locate(checkpoint_dir: str | os.PathLike) -> str:
  """Returns the prefix or file of the checkpoint that a path refers to.

  Args:
    checkpoint_dir: a folder, for its newest checkpoint; or a checkpoint.

  Raises:
    checkpoint_files.CheckpointError: there is no checkpoint.
  """
  return checkpoint_paths.resolve(checkpoint_dir)[0]


def read_labels(path: str | os.PathLike) -> tuple[str, ...]:
  """Returns the class names in a file with one class name per line.

  Raises:
    labels_file.LabelsError: the file is not a list of class names.
    ModelError: the file cannot be read.
  """
  try:
    return labels_file.read(path)
  except OSError as error:
    raise ModelError(
      f'{str(path)!r} cannot be read ({error.strerror}): give a '
      'text file with one class name per line'
    ) from error


def stored_threshold(prefix: str) -> threshold.Threshold | None:
  """Returns the content of threshold.json beside a checkpoint, if it exists.

  Args:
    prefix: result of locate().

  Raises:
    threshold.ThresholdError: the file is damaged.
  """
  return threshold.read(pathlib.Path(prefix).parent)


def usable_rule(
  stored: threshold.Threshold | None, *, prefix: str, class_names: Sequence[str]
) -> tuple[threshold.Rule | None, str]:
  """Returns the rule for "none of these", if it was found for this checkpoint.

  Args:
    stored: result of stored_threshold().
    prefix: result of locate().
    class_names: class names of the checkpoint, in the order of their labels.

  Returns:
    The rule, or None; and the reason why an existing threshold is not used, or
    ''.
  """
  if stored is None or stored.rejection is None:
    return None, ''
  name = pathlib.Path(prefix).name
  path = str(pathlib.Path(prefix).with_name(threshold.FILE_NAME))
  remedy = 'evaluate with --target_precision to find one for this checkpoint'
  if stored.checkpoint != name:
    return None, (
      f'{path!r} belongs to another checkpoint, {stored.checkpoint}, and is '
      f'not used for {name}: {remedy}'
    )
  if stored.class_names != tuple(class_names):
    return None, (
      f'{path!r} belongs to another checkpoint, with other classes, and is not '
      f'used: {remedy}'
    )
  if stored.rule is None:
    return None, (
      f'no threshold in {path!r} reaches the precision asked for, so every '
      'picture is answered: evaluate with a lower --target_precision'
    )
  return stored.rule, ''


def fingerprint(prefix: str) -> str:
  """Returns a checksum that distinguishes checkpoints of the same name."""
  index = pathlib.Path(f'{prefix}.index')
  return checksums.crc32c(index if index.is_file() else prefix)
