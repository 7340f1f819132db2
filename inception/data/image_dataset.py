"""The engine of data preparation: lists of image files -> a folder of records.

  write   the shards of every subset, then dataset_info.json

In this order, so that dataset_info.json never describes other shards than
those beside it: every subset is staged; dataset_info.json is marked
unfinished; the shards get their names; dataset_info.json is written. A run that
fails before the second step has changed nothing; one that is killed after it
leaves a folder that training refuses until the command has run again.
"""

import random
from collections.abc import Mapping, Sequence

from inception import config
from inception import dataset
from inception.data import image_files
from inception.data import progress
from inception.data import record_writer


class NoImagesError(ValueError):
  """A subset would be empty; the text says which."""


def write(subsets: Mapping[str, Sequence[image_files.ImageFile]],
          records_config: config.RecordsConfig, *, name: str,
          class_names: Sequence[str],
          log: progress.Log) -> dataset.Dataset:
  """Writes the shards of every subset, and dataset_info.json.

  The same files, seed and numbers of shards give the same bytes.

  Args:
    subsets: {subset: its images}, in the order in which they are written.
    records_config: of the output folder, which exists and which the caller has
      locked.
    name: what the data is called.
    class_names: in the order of their labels; the first has label 1.
    log: called with each line for the user. After each subset one says how
      many images have been written; with the last one, all is in place.

  Returns:
    What the folder holds now.

  Raises:
    NoImagesError: a subset has no usable image. Nothing has been changed.
    OSError: a file cannot be written.
  """
  folder = records_config.output_directory
  record_writer.discard_partials(folder)
  staged = {}
  try:
    for subset, images in subsets.items():
      for part in list(staged.values())[-1:]:
        log(progress.finished(part.num_examples))
      staged[subset] = _stage(images, subset, records_config, class_names,
                              log)
    info = dataset.Dataset(
        name=name, data_dir=folder, class_names=tuple(class_names),
        num_examples_of={
            subset: part.num_examples for subset, part in staged.items()},
        examples_per_class={
            subset: {class_name: part.examples_per_class[class_name]
                     for class_name in class_names}
            for subset, part in staged.items()},
        seed=records_config.seed, tool=dataset.TOOL)
    dataset.mark_unfinished(folder)
    for part in staged.values():
      record_writer.publish(part)
    dataset.write_info(info)
  finally:
    record_writer.discard_partials(folder)
  log(progress.finished(part.num_examples))
  return info


def _stage(images, subset, records_config, class_names,
           log) -> record_writer.Staged:
  """Writes one subset's shards under temporary names."""
  shuffled = list(images)
  random.Random(records_config.seed).shuffle(shuffled)
  num_shards = records_config.num_shards[subset]
  log(f'Launching {records_config.num_threads} threads for {len(shuffled)} '
      f'{subset} images in {num_shards} shards.')
  staged = record_writer.stage(
      shuffled, subset=subset, num_shards=num_shards,
      output_directory=records_config.output_directory,
      num_threads=records_config.num_threads, log=log)
  if staged.skipped:
    log(f'Skipped {len(staged.skipped)} of {len(shuffled)} {subset} files.')
  if not staged.num_examples:
    raise NoImagesError(f'no {subset} images: of {len(shuffled)} files none is '
                        'an image that can be used')
  empty = [name for name in class_names if not staged.examples_per_class[name]]
  if empty:
    log(f'WARNING: there are no {subset} images of {", ".join(empty)}.')
  return staged
