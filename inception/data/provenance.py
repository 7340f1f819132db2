"""Stores what a folder's records were made from, so as not to make them twice.

  write   stores the fingerprint of the plan, and the shards' checksums
  find    the data set, if its records match the fingerprint and are intact

This module avoids TensorFlow, since a second run should answer at once.
"""

import os
import pathlib

from inception import dataset
from inception.jobs import checksums
from inception.jobs import json_notes

_FILE = '.records.json'


def write(made: dataset.Dataset, made_from: str) -> None:
  """Stores the fingerprint of the plan beside the records.

  Args:
    made: The data set that has been written.
    made_from: Fingerprint of its plan (records_plan.fingerprint).

  Raises:
    OSError: A shard cannot be read, or the note cannot be written.
  """
  paths = [
    path for subset in made.num_examples_of for path in made.shard_files(subset)
  ]
  json_notes.write(
    pathlib.Path(made.data_dir, _FILE),
    {
      'made_from': made_from,
      'crc32c': {
        os.path.basename(path): checksums.crc32c(path) for path in paths
      },
    },
  )


def find(folder: str | os.PathLike, made_from: str) -> dataset.Dataset | None:
  """Returns the folder's data set if its records match the plan and are intact.

  Args:
    folder: The folder of the records.
    made_from: Fingerprint of the plan (records_plan.fingerprint).

  Returns:
    The data set; None if it was made from another plan, or if a shard is
    missing or has changed since it was written.
  """
  directory = pathlib.Path(folder)
  known = json_notes.read(directory / _FILE)
  try:
    if known['made_from'] == made_from and all(
      checksums.crc32c(directory / name) == checksum
      for name, checksum in known['crc32c'].items()
    ):
      return dataset.read_info(folder)
  except (OSError, ValueError, KeyError, TypeError, AttributeError):
    pass
  return None
