"""Loads a folder of records that describes itself.

load   data_dir -> Dataset; a folder of 2016 is refused
"""

import os

from inception import dataset


def load(data_dir: str | os.PathLike, *, commands: str) -> dataset.Dataset:
  """Returns the Dataset that data_dir/dataset_info.json describes.

  Args:
    data_dir: the folder.
    commands: the ones to use for a folder without the file, for the message.

  Raises:
    dataset.DatasetError: the file is missing or damaged.
  """
  found = dataset.read_info(data_dir)
  if found is None:
    raise dataset.DatasetError(
      f'{os.fspath(data_dir)!r} has no {dataset.INFO_FILE}, so nobody knows '
      f'its classes: make the records with build_image_data, or use {commands} '
      'for those of 2016'
    )
  return found
