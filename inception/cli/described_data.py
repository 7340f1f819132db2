"""Loads a folder of records that describes itself.

load   returns the Dataset of a folder; refuses a folder of 2016
"""

import os

from inception import dataset


def load(data_dir: str | os.PathLike, *, commands: str) -> dataset.Dataset:
  """Returns the Dataset that data_dir/dataset_info.json describes.

  Args:
    data_dir: folder of the records.
    commands: names of the commands for a folder without the file, for the error
      message.

  Raises:
    dataset.DatasetError: the file is missing or damaged.
  """
  info = dataset.read_info(data_dir)
  if info is None:
    raise dataset.DatasetError(
      f'{os.fspath(data_dir)!r} has no {dataset.INFO_FILE}, so its classes '
      f'are unknown: make the records with build_image_data, or use {commands} '
      'for those of 2016'
    )
  return info
