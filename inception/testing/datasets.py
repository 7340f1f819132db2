"""A tiny folder of records, ready for training.

write         shards of every subset, and dataset_info.json
input_config  settings that suit them
"""

import os
from collections.abc import Mapping, Sequence
from typing import Any

from inception import dataset
from inception.settings import config
from inception.testing import records


def write(
  folder: str | os.PathLike,
  counts: Mapping[str, int],
  *,
  class_names: Sequence[str],
  size: int = 32,
) -> dataset.Dataset:
  """Writes two shards per subset, of generated pictures of all classes in turn.

  Args:
    folder: an existing folder.
    counts: {subset: number of examples}.
    class_names: the names of the classes.
    size: height and width of the pictures in pixels.
  """
  for subset, count in counts.items():
    examples = [
      records.example(
        records.jpeg(records.picture(size, size, seed=i)),
        i % len(class_names) + 1,
        filename=f'{subset}{i}.jpg',
      )
      for i in range(count)
    ]
    records.write_shards(
      folder, subset, [examples[: count // 2], examples[count // 2 :]]
    )
  made = dataset.Dataset(
    name='pictures',
    data_dir=str(folder),
    class_names=tuple(class_names),
    num_examples_of=dict(counts),
    tool='a test',
  )
  dataset.write_info(made)
  return made


def input_config(data: dataset.Dataset, **changes: Any) -> config.InputConfig:
  """Returns settings for reading small batches of small images.

  Args:
    data: the records.
    **changes: fields of InputConfig with other values.
  """
  values: dict[str, Any] = {
    'data_dir': data.data_dir,
    'batch_size': 2,
    'image_size': 75,
    'augmentation': 'light',
    'input_queue_memory_factor': 1,
    'seed': 1,
  }
  return config.InputConfig(**values | changes)
