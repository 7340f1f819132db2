"""Finds the cached features that belong to the records of a folder.

  folder     path of the cached features of a folder of records
  find       digests of the subsets' records -> Cached
  Cached     the features, by subset

Training writes them (feature_cache), with a note that identifies their records.
Features of other records, and damaged or incomplete files, are never used.
"""

import collections
import dataclasses
import os
import pathlib
from collections.abc import Mapping, Sequence

import numpy as np

from inception.input import feature_files
from inception.input import feature_notes

_FOLDER = 'features'

Notes = Sequence[tuple[str, feature_notes.Note]]


@dataclasses.dataclass(frozen=True)
class Cached:
  """The features of records, all computed by one network.

  Attributes:
    values: {subset: float32 [records, num_features]}, read-only:
      memory-mapped files, read on access.
    image_size: Side of the network's input in pixels.
  """

  values: Mapping[str, np.ndarray]
  image_size: int


def folder(data_dir: str | os.PathLike) -> pathlib.Path:
  """Returns the path where training caches the features of the records."""
  return pathlib.Path(data_dir, _FOLDER)


def find(
  data_dir: str | os.PathLike, notes: Notes, digests: Mapping[str, str]
) -> Cached | None:
  """Returns features of as many of the records as possible.

  Of several networks, it selects the one with features of the most records, and
  of those with equally many the newest.

  Args:
    data_dir: Folder of the records.
    notes: Result of feature_notes.read_all(folder(data_dir)), the newest first.
    digests: {subset: feature_notes.RecordsDigest of its records}.

  Returns:
    The features; None if there are none of these records.
  """
  networks: dict[str, dict[str, tuple[str, feature_notes.Note]]] = (
    collections.defaultdict(dict)
  )
  for name, note in notes:
    if digests.get(note.subset) == note.records:
      networks[note.network].setdefault(note.subset, (name, note))
  candidates = sorted(
    networks.values(),
    key=lambda files: -sum(note.num_examples for _, note in files.values()),
  )
  best = None
  for files in candidates:
    values = {}
    for subset, (name, note) in files.items():
      rows = _read(folder(data_dir), name, note)
      if rows is not None:
        values[subset] = rows
    if values and (best is None or _num_rows(values) > _num_rows(best.values)):
      best = Cached(values, note.image_size)
  return best


def _num_rows(values: Mapping[str, np.ndarray]) -> int:
  return sum(map(len, values.values()))


def _read(
  path: pathlib.Path, name: str, note: feature_notes.Note
) -> np.ndarray | None:
  """Returns the features of a file; None if it is damaged or incomplete."""
  try:
    file = feature_files.ViewFile(
      feature_files.Folder(
        path,
        num_examples=note.num_examples,
        num_features=note.num_features,
        num_files=1,
      ),
      name,
    )
    return file.values() if file.is_complete else None
  except feature_files.FeatureError:
    return None
