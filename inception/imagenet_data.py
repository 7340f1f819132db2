"""ImageNet as of the 2012 challenge: 1,000 classes, 1,331,167 photographs."""

import collections
import os
import pathlib

from inception import dataset
from inception.records import labels_file
from inception.records import synset_metadata

# What the 2016 scripts were given; the first has one synset a line, in the
# order of the labels.
SYNSETS_FILE = 'imagenet_lsvrc_2015_synsets.txt'
METADATA_FILE = 'imagenet_metadata.txt'

# Sizes of the records that the 2016 scripts wrote, which say nothing of
# themselves.
_NUM_CLASSES = 1000
_NUM_EXAMPLES = {'train': 1_281_167, 'validation': 50_000}


def load(data_dir: str | os.PathLike) -> dataset.Dataset:
  """Returns the Dataset in data_dir.

  What dataset_info.json says counts; without it the folder is taken for
  ImageNet as the 2016 scripts prepared it. Its classes are called by their
  words where SYNSETS_FILE and METADATA_FILE lie in the folder, by their synsets
  where only the first does, and else 'class 1' to 'class 1000'.

  Raises:
    dataset.DatasetError: one of these files is there but broken.
  """
  found = dataset.read_info(data_dir)
  if found is not None:
    return found
  return dataset.Dataset(
    name='imagenet',
    data_dir=str(data_dir),
    class_names=_class_names(pathlib.Path(data_dir)),
    num_examples_of=_NUM_EXAMPLES,
  )


def _class_names(folder: pathlib.Path) -> tuple[str, ...]:
  """Returns the names of the classes, no two alike."""
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
  # Two synsets may have the same words: the bird and the machine are cranes.
  count = collections.Counter(words)
  return tuple(
    text if count[text] == 1 else f'{text} ({synset})'
    for text, synset in zip(words, synsets)
  )


def _read(reader, path: pathlib.Path):
  """Returns what the reader makes of a file; None where there is no file."""
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
