"""The TensorFlow flowers: five classes, 3,670 photographs."""

import os

from inception import dataset

# Sizes of the records that the 2016 scripts wrote, which say nothing of
# themselves.
_CLASS_NAMES = ('daisy', 'dandelion', 'roses', 'sunflowers', 'tulips')
_NUM_EXAMPLES = {'train': 3170, 'validation': 500}


def load(data_dir: str | os.PathLike) -> dataset.Dataset:
  """Returns the Dataset in data_dir.

  What dataset_info.json says counts, so that any folder that
  build_image_data made works; without it the folder is taken for the flowers
  as the 2016 scripts prepared them.

  Raises:
    dataset.DatasetError: dataset_info.json is there but broken.
  """
  found = dataset.read_info(data_dir)
  if found is not None:
    return found
  return dataset.Dataset(
    name='flowers',
    data_dir=str(data_dir),
    class_names=_CLASS_NAMES,
    num_examples_of=_NUM_EXAMPLES,
  )
