"""Describes the TensorFlow flowers: five classes, 3,670 photographs."""

import os

from inception import dataset

# Facts about the records written by the scripts of 2016, which contain no
# description of themselves.
_CLASS_NAMES = ('daisy', 'dandelion', 'roses', 'sunflowers', 'tulips')
_NUM_EXAMPLES = {'train': 3170, 'validation': 500}


def load(data_dir: str | os.PathLike) -> dataset.Dataset:
  """Returns the Dataset in data_dir.

  It is read from dataset_info.json, so that any folder made by build_image_data
  works. Without this file, the folder is assumed to hold the flowers as
  prepared by the scripts of 2016.

  Args:
    data_dir: Folder of the records.

  Raises:
    dataset.DatasetError: dataset_info.json is invalid.
  """
  info = dataset.read_info(data_dir)
  if info is not None:
    return info
  return dataset.Dataset(
    name='flowers',
    data_dir=str(data_dir),
    class_names=_CLASS_NAMES,
    num_examples_of=_NUM_EXAMPLES,
  )
