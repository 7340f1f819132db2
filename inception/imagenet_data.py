"""Describes ImageNet's challenge of 2012: 1,000 classes, 1,331,167 photos."""

import collections
import os
import pathlib
from collections.abc import Callable
from typing import TypeVar

from inception import dataset
from inception.records import labels_file
from inception.records import synset_metadata

# Input files of the scripts of 2016; the first has one synset per line, in the
# order of the labels.
SYNSETS_FILE = 'imagenet_lsvrc_2015_synsets.txt'
METADATA_FILE = 'imagenet_metadata.txt'

# Facts about the records written by the scripts of 2016, which contain no
# description of themselves.
_NUM_CLASSES = 1000
_NUM_EXAMPLES = {'train': 1_281_167, 'validation': 50_000}

_Content = TypeVar('_Content')


def load(data_dir: str | os.PathLike) -> dataset.Dataset:
  """Returns the Dataset in data_dir.

  It is read from dataset_info.json. Without this file, the folder is assumed to
  hold ImageNet as prepared by the scripts of 2016. Its classes are then named
  by their words if SYNSETS_FILE and METADATA_FILE are in the folder, by their
  synsets if only the first is, and otherwise 'class 1' to 'class 1000'.

  Args:
    data_dir: Folder of the records.

  Raises:
    dataset.DatasetError: one of these files is invalid or cannot be read.
  """
  info = dataset.read_info(data_dir)
  if info is not None:
    return info
  return dataset.Dataset(
    name='imagenet',
    data_dir=str(data_dir),
    class_names=_class_names(pathlib.Path(data_dir)),
    num_examples_of=_NUM_EXAMPLES,
  )


def _class_names(folder: pathlib.Path) -> tuple[str, ...]:
  """Returns the names of the classes, all different."""
  synsets = _read(labels_file.read, folder / SYNSETS_FILE)
  if synsets is None:
    return tuple(f'class {label}' for label in range(1, _NUM_CLASSES + 1))
  if len(synsets) != _NUM_CLASSES:
    raise dataset.DatasetError(
      f'{str(folder / SYNSETS_FILE)!r} has {len(synsets)} synsets: it should '
      f'have the {_NUM_CLASSES} of the records beside it'
    )
  words_of = _read(synset_metadata.read, folder / METADATA_FILE) or {}
  words = [words_of.get(synset, synset) for synset in synsets]
  # Two synsets may have the same words: crane is a bird and a machine.
  count = collections.Counter(words)
  return tuple(
    text if count[text] == 1 else f'{text} ({synset})'
    for text, synset in zip(words, synsets)
  )


def _read(
  reader: Callable[[pathlib.Path], _Content], path: pathlib.Path
) -> _Content | None:
  """Returns the reader's result for a file; None if there is no such file."""
  try:
    return reader(path)
  except FileNotFoundError:
    return None
  except (labels_file.LabelsError, synset_metadata.MetadataError) as error:
    raise dataset.DatasetError(str(error)) from error
  except OSError as error:
    raise dataset.DatasetError(
      f'{str(path)!r} cannot be read ({error.strerror}): make it readable, '
      'or move it away'
    ) from error
