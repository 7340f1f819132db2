"""Notes beside cached features that identify their records and network.

  RecordsDigest   identifies the records of a subset
  network_digest  identifies everything else that features depend on
  Note            the records and the network of a file of features
  write           Note -> features-SUBSET-KEY.json
  read_all        the notes of a folder

Only a program that has the weights can compute the key in the name of a file of
features. With a note, programs without TensorFlow can use the features too:
they compare the digest of the records. Only plain views have notes.
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
  """The part of tf.Variable that is used here."""

  def numpy(self) -> np.ndarray:
    """Returns the value of the variable."""


class RecordsDigest:
  """Identifies the records of a subset, in the order of its shards."""

  def __init__(self) -> None:
    self._digest = hashlib.blake2b()

  def add(self, record: bytes) -> None:
    """Adds the next record."""
    _add(self._digest, record)

  def hexdigest(self) -> str:
    """Returns the digest of the added records, 128 hexadecimal digits."""
    return self._digest.hexdigest()


def network_digest(
  sources: Sequence[str | os.PathLike],
  weights: Mapping[str, Weight],
  facts: Sequence[int | str],
) -> str:
  """Returns a digest of everything that determines features but the records.

  Args:
    sources: Source files of the modules that compute them.
    weights: {name: variable} of all variables that they depend on.
    facts: Settings that they depend on, such as the image size.

  Raises:
    OSError: A source file cannot be read.
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
  """The records and the network of a file of features.

  Attributes:
    subset: Name of the subset of the records.
    records: RecordsDigest of the subset.
    num_examples: Number of records, and of rows of the file.
    num_features: Number of features per image.
    network: network_digest of the weights, the image size, the precision, and
      the sources. Features of two subsets are comparable if it is equal.
    image_size: Side of the network's input in pixels, for messages.
  """

  subset: str
  records: str
  num_examples: int
  num_features: int
  network: str
  image_size: int


def write(folder: str | os.PathLike, name: str, note: Note) -> None:
  """Writes the note of folder/name.npy, unless an equal one exists.

  Raises:
    OSError: The note cannot be written.
  """
  path = pathlib.Path(folder, name + _ENDING)
  if _parsed(json_notes.read(path)) != note:
    json_notes.write(
      path, {'format_version': _FORMAT_VERSION} | dataclasses.asdict(note)
    )


def read_all(folder: str | os.PathLike) -> list[tuple[str, Note]]:
  """Returns (name of the features file without .npy, its note), newest first.

  Notes that are damaged, of another format, or without a file of features are
  left out. A folder that is missing or cannot be read has no notes.
  """
  entries = []
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
      entries.append((changed, path.stem, note))
  entries.sort(key=lambda entry: entry[0], reverse=True)
  return [(name, note) for _, name, note in entries]


def _parsed(facts: dict) -> Note | None:
  """Returns the note in the JSON object; None if it is not a valid note."""
  fields = {field.name: field.type for field in dataclasses.fields(Note)}
  if facts.get('format_version') != _FORMAT_VERSION:
    return None
  if any(type(facts.get(name)) is not kind for name, kind in fields.items()):
    return None
  return Note(**{name: facts[name] for name in fields})


def _add(digest: hashlib.blake2b, content: bytes | memoryview) -> None:
  """Adds content with its length, so that 'ab', 'c' differ from 'a', 'bc'."""
  digest.update(len(content).to_bytes(8, 'little'))
  digest.update(content)
