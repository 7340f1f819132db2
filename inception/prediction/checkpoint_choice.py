"""The checkpoint and the labels that a user means, without TensorFlow.

locate        a path -> the checkpoint
read_labels   a labels file -> class names
min_probability   below it an answer is 'none of these'
fingerprint   tells a checkpoint from others of its name
ModelError    the checkpoint or the labels cannot be used
"""

import os
import pathlib

from inception.checkpoints import checkpoint_paths
from inception.checkpoints import threshold
from inception.jobs import checksums
from inception.jobs import errors
from inception.records import labels_file


class ModelError(errors.UserError):
  """The checkpoint or its labels cannot be used; the text says why."""


def locate(checkpoint_dir: str | os.PathLike) -> str:
  """Returns the prefix or file of the checkpoint that a path means.

  Args:
    checkpoint_dir: a folder, for its newest checkpoint; or a checkpoint.

  Raises:
    checkpoint_files.CheckpointError: there is none.
  """
  return checkpoint_paths.resolve(checkpoint_dir)[0]


def read_labels(path: str | os.PathLike) -> tuple[str, ...]:
  """Returns the class names in a file that has one a line.

  Raises:
    labels_file.LabelsError: it is no such file.
    ModelError: it cannot be read.
  """
  try:
    return labels_file.read(path)
  except OSError as error:
    raise ModelError(
      f'{str(path)!r} cannot be read ({error.strerror}): give a '
      'text file with one class name a line'
    ) from error


def min_probability(prefix: str, given: float | None) -> float:
  """Returns what the user gives, else what is stored beside the checkpoint.

  Args:
    prefix: of locate().
    given: in [0, 1]; None leaves it to the stored one, or 0 without one.

  Raises:
    threshold.ThresholdError: the stored one is damaged.
  """
  if given is not None:
    return given
  return threshold.read(pathlib.Path(prefix).parent) or 0.0


def fingerprint(prefix: str) -> str:
  """Returns a checksum of what tells a checkpoint from others of its name."""
  index = pathlib.Path(f'{prefix}.index')
  return checksums.crc32c(index if index.is_file() else prefix)
