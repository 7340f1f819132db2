"""Cached features, as a training leaves them, made without TensorFlow.

write   features of a subset's records
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
  """Writes features of a subset's records; returns the path of the file.

  Args:
    data_dir: folder of the records.
    subset: of the records.
    values: float32 [records, num_features].
    network: of the note.
    key: of the file's name.
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
