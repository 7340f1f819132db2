"""Cached features like those of training, written without TensorFlow.

write   writes features of a subset's records
"""

import os
import pathlib

import numpy as np

from inception import dataset
from inception.input import feature_files
from inception.input import feature_notes
from inception.records import tfrecord_file


def write(
  data_dir: str | os.PathLike,
  subset: str,
  values: np.ndarray,
  *,
  network: str = 'a network',
  key: str = 'key',
) -> pathlib.Path:
  """Writes features of the records of a subset, and their note.

  Args:
    data_dir: Folder of the records.
    subset: Name of their subset.
    values: Features, float32 [records, num_features].
    network: Network digest in the note.
    key: Key in the name of the file.

  Returns:
    The path of the file of features.
  """
  folder = feature_files.Folder(
    pathlib.Path(data_dir, 'features'),
    num_examples=len(values),
    num_features=values.shape[1],
    num_files=1,
  )
  name = f'features-{subset}-{key}'
  with folder.lock(name):
    feature_files.ViewFile(folder, name).complete([values], lambda: None)
  digest = feature_notes.RecordsDigest()
  for path in dataset.shard_files(data_dir, subset):
    for record in tfrecord_file.read(path):
      digest.add(record)
  feature_notes.write(
    folder.path,
    name,
    feature_notes.Note(
      subset=subset,
      records=digest.hexdigest(),
      num_examples=len(values),
      num_features=values.shape[1],
      network=network,
      image_size=299,
    ),
  )
  return folder.path / f'{name}.npy'
