"""Notes beside cached features that say whose they are.

  RecordsDigest   identifies the records of a subset
  network_digest  identifies all else that features depend on
  Note            the records and the network that features are of
  write           Note -> features-SUBSET-KEY.json
  read_all        the notes of a folder

The key in the name of a features file can be computed only by a program that
has the weights. With a note, programs without TensorFlow can use the features,
too: they compare the digest of the records. Notes cover the plain views only.
"""

import dataclasses
import hashlib
import json
import os
import pathlib
from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from inception.jobs import json_notes

_FORMAT_VERSION = 1
_ENDING = '.json'


class Weight(Protocol):
  """A variable, as TensorFlow's are."""

  def numpy(self) -> np.ndarray:
    """Returns its value."""


class RecordsDigest:
  """Identifies the records of a subset, in the order of its shards."""

  def __init__(self) -> None:
    self._digest = hashlib.blake2b()

  def add(self, record: bytes) -> None:
    """Adds the next record, with its length: 'ab', 'c' are not 'a', 'bc'."""
    _add(self._digest, record)

  def hexdigest(self) -> str:
    """Returns the digest of the records so far, 128 hexadecimal digits."""
    return self._digest.hexdigest()


def network_digest(
  sources: Sequence[str | os.PathLike],
  weights: Mapping[str, Weight],
  facts: Sequence[int | str],
) -> str:
  """Returns a digest of all that decides features besides the records.

  Args:
    sources: files of the modules that compute them.
    weights: {name: variable}, of which only `numpy` is called.
    facts: the settings that matter, such as the image size.

  Raises:
    OSError: a source file cannot be read.
  """
  digest = hashlib.blake2b()
  _add(digest, json.dumps(facts).encode())
  for path in sources:
    _add(digest, pathlib.Path(path).read_bytes())
  for name, variable in sorted(weights.items()):
    value = np.ascontiguousarray(variable.numpy())
    _add(digest, f'{name} {value.dtype} {value.shape}'.encode())
    _add(digest, value.reshape(-1).view(np.uint8).data)
  return digest.hexdigest()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Note:
  """The records and the network that features are of.

  Attributes:
    subset: of the records.
    records: RecordsDigest of the subset.
    num_examples: records, and rows of the features file.
    num_features: features an image.
    network: network_digest of the weights, the image size, the precision, and
      the sources. Features of two subsets can be compared where it is equal.
    image_size: pixels of the side that the network saw, for messages.
  """

  subset: str
  records: str
  num_examples: int
  num_features: int
  network: str
  image_size: int


def write(folder: str | os.PathLike, name: str, note: Note) -> None:
  """Writes the note of folder/name.npy, unless it is there.

  Raises:
    OSError: it cannot be written.
  """
  path = pathlib.Path(folder, name + _ENDING)
  if _parsed(json_notes.read(path)) != note:
    json_notes.write(
      path, {'format_version': _FORMAT_VERSION} | dataclasses.asdict(note)
    )


def read_all(folder: str | os.PathLike) -> list[tuple[str, Note]]:
  """Returns (name of the features file without .npy, its note), newest first.

  Notes that are damaged, of another format, or without a features file are left
  out, and so is a folder that cannot be read.
  """
  found = []
  try:
    paths = sorted(pathlib.Path(folder).glob(f'features-*{_ENDING}'))
  except OSError:
    return []
  for path in paths:
    note = _parsed(json_notes.read(path))
    try:
      changed = path.with_suffix('.npy').stat().st_mtime_ns
    except OSError:
      continue
    if note is not None:
      found.append((changed, path.stem, note))
  found.sort(key=lambda entry: entry[0], reverse=True)
  return [(name, note) for _, name, note in found]


def _parsed(facts: dict) -> Note | None:
  """Returns the note that JSON holds; None where it holds something else."""
  fields = {field.name: field.type for field in dataclasses.fields(Note)}
  if facts.get('format_version') != _FORMAT_VERSION:
    return None
  if any(type(facts.get(name)) is not kind for name, kind in fields.items()):
    return None
  return Note(**{name: facts[name] for name in fields})


def _add(digest: hashlib.blake2b, content: bytes | memoryview) -> None:
  """Adds bytes with their number."""
  digest.update(len(content).to_bytes(8, 'little'))
  digest.update(content)
