"""The engine of data preparation: photos -> a folder of records.

  check_output   refuses an output folder before the long work
  write          writes the shards of every subset, then dataset_info.json

The plan is a description of everything to write. Its fingerprint is stored
beside the temporary files, and the next run with the same plan resumes an
interrupted one: existing shards and records are not made again. The same photos
and settings give the same bytes, however often the work was interrupted.

dataset_info.json never describes shards other than those beside it. The steps
are: stage every subset; mark dataset_info.json unfinished; rename the shards to
their final names; write dataset_info.json. A run that ends before the second
step has changed no existing records. A run that is killed later leaves a folder
that training refuses until the command has run again.
"""

import os
import pathlib
import shutil
from collections.abc import Mapping, Sequence

from inception import dataset
from inception.data import existing_shards
from inception.data import provenance
from inception.data import record_writer
from inception.data import records_plan
from inception.data.curation import image_survey
from inception.images import image_coder
from inception.images import image_errors
from inception.jobs import atomic_files
from inception.jobs import display_names
from inception.jobs import errors
from inception.jobs import name_lists
from inception.jobs import output_folder
from inception.jobs import progress
from inception.records import example_message
from inception.settings import config

_PLAN_FILE = '.records.plan'
# Approximate size of a record without its image.
_BYTES_PER_RECORD = 400
# Left free on the disk, for other programs and dataset_info.json.
_SPARE_BYTES = 2**24


class NoImagesError(errors.UserError):
  """A subset would be empty; the text names it."""


def check_output(
  subsets: Sequence[str], records_config: config.RecordsConfig
) -> None:
  """Refuses an output folder that `write` would refuse, before the long work.

  Args:
    subsets: Names of the subsets to write.
    records_config: Settings of the records, with the output folder.

  Raises:
    output_folder.FolderError: The records would mix with existing ones.
  """
  existing_shards.check_shards(
    records_config.output_directory,
    records_plan.num_shards(dict.fromkeys(subsets, ()), records_config),
  )


def write(
  subsets: Mapping[str, Sequence[image_survey.Photo]],
  records_config: config.RecordsConfig,
  *,
  description: records_plan.Description,
  log: progress.Log,
) -> dataset.Dataset:
  """Writes the shards of every subset, and dataset_info.json.

  Args:
    subsets: {subset: its photos}, in writing order.
    records_config: Settings of the records. The output folder must exist, and
      the caller must have locked it.
    description: Contents of the records besides the images.
    log: Called with each line for the user. One line after each subset gives
      the number of images written; when the last of these lines is logged, all
      files are in place.

  Returns:
    The data set that the folder now holds.

  Raises:
    NoImagesError: A subset has no image. Nothing has been changed.
    output_folder.FolderError: The records would mix with existing ones, or the
      disk is too full for them. No existing records have been changed.
    image_survey.ChangedError: An image has changed since the survey.
    OSError: A file cannot be read or written.
  """
  for subset, photos in subsets.items():
    if not photos:
      raise NoImagesError(
        f'there are no {subset} images to write: add images to the subset, or '
        'leave it out'
      )
  folder = records_config.output_directory
  numbers = records_plan.num_shards(subsets, records_config)
  existing_shards.check_shards(folder, numbers)
  shuffled = {
    subset: records_plan.shuffled(photos, records_config.seed)
    for subset, photos in subsets.items()
  }
  plan = records_plan.fingerprint(
    shuffled, numbers, records_config, description
  )
  made = provenance.find(folder, plan)
  if made is not None:
    _forget_plan(folder)
    log(f'The records in {folder} are complete and stay as they are.')
    for subset in subsets:
      log(progress.finished(made.num_examples(subset)))
    return made
  staged = _staged(shuffled, numbers, records_config, description, plan, log)
  info = _info(staged, records_config, description)
  dataset.mark_unfinished(folder, plan=plan)
  for part in staged.values():
    record_writer.publish(part)
  # This reads all shards. A run that is killed meanwhile resumes from here,
  # since the plan is forgotten only afterwards.
  provenance.write(info, plan)
  dataset.write_info(info)
  _forget_plan(folder)
  log(progress.finished(part.num_examples))
  return info


def _staged(
  subsets: Mapping[str, Sequence[image_survey.Photo]],
  numbers: Mapping[str, int],
  records_config: config.RecordsConfig,
  description: records_plan.Description,
  plan: str,
  log: progress.Log,
) -> dict[str, record_writer.Staged]:
  """Returns the shards of every subset, complete under temporary names."""
  folder = records_config.output_directory
  plan_file = pathlib.Path(folder, _PLAN_FILE)
  is_planned = (
    plan_file.is_file() and plan_file.read_text('utf-8').strip() == plan
  )
  if is_planned and dataset.unfinished_plan(folder) == plan:
    # All shards were complete before the first of them was renamed. A copy of
    # the folder without its hidden files lacks those that were not yet, and
    # the plan file.
    unpublished = {
      subset: record_writer.unpublished(
        photos,
        subset=subset,
        output_directory=folder,
        num_shards=numbers[subset],
      )
      for subset, photos in subsets.items()
    }
    staged = {
      subset: part for subset, part in unpublished.items() if part is not None
    }
    if len(staged) == len(subsets):
      return staged
  if not is_planned:
    if dataset.unfinished_plan(folder):
      # The earlier plan can no longer be resumed.
      dataset.mark_unfinished(folder)
    record_writer.discard_partials(folder)
    atomic_files.write_text(plan_file, plan + '\n')
  _check_room(subsets, folder)
  staged = {}
  for subset, photos in subsets.items():
    for part in list(staged.values())[-1:]:
      log(progress.finished(part.num_examples))
    staged[subset] = _stage(
      photos, subset, numbers[subset], records_config, description, log
    )
  return staged


def _info(
  staged: Mapping[str, record_writer.Staged],
  records_config: config.RecordsConfig,
  description: records_plan.Description,
) -> dataset.Dataset:
  """Returns the description of the complete shards."""
  return dataset.Dataset(
    name=description.name,
    data_dir=records_config.output_directory,
    class_names=description.class_names,
    num_examples_of={
      subset: part.num_examples for subset, part in staged.items()
    },
    examples_per_class={
      subset: {
        class_name: part.examples_per_class[class_name]
        for class_name in description.class_names
      }
      for subset, part in staged.items()
    },
    class_texts=description.texts_in_order,
    seed=records_config.seed,
    tool=dataset.TOOL,
  )


def _forget_plan(folder: str | os.PathLike) -> None:
  """Removes the files that serve to resume an interrupted run."""
  record_writer.discard_partials(folder)
  plan_file = pathlib.Path(folder, _PLAN_FILE)
  for path in (plan_file, atomic_files.temporary_path(plan_file)):
    path.unlink(missing_ok=True)


def _check_room(
  subsets: Mapping[str, Sequence[image_survey.Photo]], folder: str | os.PathLike
) -> None:
  """Raises an error if the records would fill the disk."""
  needed = _SPARE_BYTES + sum(
    photo.num_bytes + _BYTES_PER_RECORD
    for photos in subsets.values()
    for photo in photos
    if photo.is_original
  )
  written = sum(path.stat().st_size for path in record_writer.partials(folder))
  free = shutil.disk_usage(folder).free
  if needed - written > free:
    raise output_folder.FolderError(
      f'the records need about {(needed - written) / 1e9:.2f} GB more in '
      f'{str(folder)!r}, and {free / 1e9:.2f} GB are free: free some space '
      'or choose another folder'
    )


def _stage(
  photos: Sequence[image_survey.Photo],
  subset: str,
  number: int,
  records_config: config.RecordsConfig,
  description: records_plan.Description,
  log: progress.Log,
) -> record_writer.Staged:
  """Writes one subset's shards under temporary names."""
  log(
    f'Launching {records_config.num_threads} threads for {len(photos)} '
    f'{subset} images in {number} shards.'
  )
  staged = record_writer.stage(
    photos,
    subset=subset,
    num_shards=number,
    output_directory=records_config.output_directory,
    num_threads=records_config.num_threads,
    make_record=lambda photo: _record(photo, records_config, description),
    log=log,
  )
  empty = [
    name
    for name in description.class_names
    if not staged.examples_per_class[name]
  ]
  if empty:
    log(f'WARNING: there are no {subset} images of {name_lists.listed(empty)}.')
  return staged


def _record(
  photo: image_survey.Photo,
  records_config: config.RecordsConfig,
  description: records_plan.Description,
) -> bytes:
  """Returns the serialized Example of a photo."""
  content = image_survey.read(photo, seed=records_config.seed)
  if photo.is_original:
    # The survey has found that these very bytes need no encoding.
    jpeg, height, width = content, photo.height, photo.width
  else:
    try:
      encoded = image_coder.encode(
        content, max_side=records_config.max_side, checked=True
      )
    except image_errors.MemoryShortage as error:
      raise image_errors.MemoryShortage(
        f'{photo.path!r}: {error}: free some, or give a smaller --num_threads'
      ) from error
    jpeg, height, width = encoded.jpeg, encoded.height, encoded.width
  text, synset = photo.class_name, ''
  if description.texts is not None:
    text, synset = description.texts[photo.class_name], photo.class_name
  folder = photo.relative.rpartition('/')[0]
  return example_message.encode(
    jpeg,
    height=height,
    width=width,
    label=photo.label,
    text=text,
    synset=synset,
    filename=display_names.composed(pathlib.Path(photo.path).name),
    folder='' if folder == photo.class_name else folder,
    boxes=description.boxes(photo.relative) if description.boxes else (),
  )
