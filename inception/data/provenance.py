"""Remembers what a folder's records were made from, to not make them twice.

  write         remembers it, and what the shards look like
  find          whether the records are those, and whole

No TensorFlow here: a second run should answer at once.
"""

import os
import pathlib

from inception import dataset
from inception.jobs import checksums
from inception.jobs import json_notes

_FILE = '.records.json'


def write(made: dataset.Dataset, made_from: str) -> None:
  """Remembers the fingerprint `made_from` beside the records."""
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
  """Returns the folder's Dataset if its records are whole and of `made_from`.

  None where they were made from something else, or where a shard is missing or
  not as it was written.
  """
  place = pathlib.Path(folder)
  known = json_notes.read(place / _FILE)
  try:
    if known['made_from'] == made_from and all(
      checksums.crc32c(place / name) == checksum
      for name, checksum in known['crc32c'].items()
    ):
      return dataset.read_info(folder)
  except (OSError, ValueError, KeyError, TypeError, AttributeError):
    pass
  return None
