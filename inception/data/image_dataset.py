"""The engine of data preparation: photos -> a folder of records.

  write   the shards of every subset, then dataset_info.json

What is to be written is the plan; its fingerprint is noted beside the
temporaries. A run that was interrupted is gone on with by the next one of the
same plan: shards and records that are there are not made again. The same photos
and settings give the same bytes, whatever happened in between.

dataset_info.json never describes other shards than those beside it: every
subset is staged; dataset_info.json is marked unfinished; the shards get their
names; dataset_info.json is written. A run that ends before the second step has
changed nothing that was there; one that is killed after it leaves a folder that
training refuses until the command has run again.
"""

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
from inception.jobs import atomic_files
from inception.jobs import display_names
from inception.jobs import errors
from inception.jobs import name_lists
from inception.jobs import output_folder
from inception.jobs import progress
from inception.records import example_message
from inception.settings import config

_PLAN_FILE = '.records.plan'
# What a record has besides its image, about.
_BYTES_PER_RECORD = 400
# Left free on the disk, for other programs and dataset_info.json.
_SPARE_BYTES = 2**24


class NoImagesError(errors.UserError):
  """A subset would be empty; the text says which."""


def check_output(
  subsets: Sequence[str], records_config: config.RecordsConfig
) -> None:
  """Refuses an output folder that `write` would refuse, before the long work.

  Raises:
    output_folder.FolderError: these subsets' records would mix with others.
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
    subsets: {subset: its photos}, in the order in which they are written.
    records_config: of the output folder, which exists and which the caller has
      locked.
    description: what else the records say.
    log: called with each line for the user. After each subset one says how
      many images have been written; with the last one, all is in place.

  Returns:
    What the folder holds now.

  Raises:
    NoImagesError: a subset has no image. Nothing has been changed.
    output_folder.FolderError: the records would mix with others, or there is
      not enough room for them. Nothing has been changed.
    image_survey.ChangedError: an image is not what was surveyed.
    OSError: a file cannot be read or written.
  """
  for subset, photos in subsets.items():
    if not photos:
      raise NoImagesError(
        f'there are no {subset} images to write: give the subset some, or '
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
    log(f'The records in {folder} are whole and stay as they are.')
    for subset in subsets:
      log(progress.finished(made.num_examples(subset)))
    return made
  staged = _staged(shuffled, numbers, records_config, description, plan, log)
  info = dataset.Dataset(
    name=description.name,
    data_dir=folder,
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
  dataset.mark_unfinished(folder, plan=plan)
  for part in staged.values():
    record_writer.publish(part)
  # Reads all shards: a run that is killed in it should go on from here.
  provenance.write(info, plan)
  dataset.write_info(info)
  _forget_plan(folder)
  log(progress.finished(part.num_examples))
  return info


def _staged(
  subsets, numbers, records_config, description, plan, log
) -> dict[str, record_writer.Staged]:
  """Returns the shards of every subset, complete under temporary names."""
  folder = records_config.output_directory
  if dataset.unfinished_plan(folder) == plan:
    # All were complete before the first of them got its name.
    staged = {
      subset: record_writer.unpublished(
        photos,
        subset=subset,
        output_directory=folder,
        num_shards=numbers[subset],
      )
      for subset, photos in subsets.items()
    }
    if all(staged.values()):
      return staged
  plan_file = pathlib.Path(folder, _PLAN_FILE)
  if not plan_file.is_file() or plan_file.read_text('utf-8').strip() != plan:
    if dataset.unfinished_plan(folder):
      dataset.mark_unfinished(folder)  # Its own plan is off from here.
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


def _forget_plan(folder) -> None:
  """Removes what was needed to go on with an interrupted run."""
  record_writer.discard_partials(folder)
  plan_file = pathlib.Path(folder, _PLAN_FILE)
  for path in (plan_file, atomic_files.temporary_path(plan_file)):
    path.unlink(missing_ok=True)


def _check_room(subsets, folder) -> None:
  """Refuses to begin what would fill the disk."""
  needed = _SPARE_BYTES + sum(
    photo.num_bytes + _BYTES_PER_RECORD
    for photos in subsets.values()
    for photo in photos
    if photo.is_original
  )
  there = sum(path.stat().st_size for path in record_writer.partials(folder))
  free = shutil.disk_usage(folder).free
  if needed - there > free:
    raise output_folder.FolderError(
      f'the records need about {(needed - there) / 1e9:.2f} GB more in '
      f'{str(folder)!r}, and {free / 1e9:.2f} GB are free: make room there '
      'or choose another folder'
    )


def _stage(
  photos, subset, number, records_config, description, log
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


def _record(photo, records_config, description) -> bytes:
  """Returns the serialized Example of a photo."""
  content = image_survey.read(photo, seed=records_config.seed)
  encoded = image_coder.encode(
    content, max_side=records_config.max_side, checked=True
  )
  text, synset = photo.class_name, ''
  if description.texts is not None:
    text, synset = description.texts[photo.class_name], photo.class_name
  return example_message.encode(
    encoded.jpeg,
    height=encoded.height,
    width=encoded.width,
    label=photo.label,
    text=text,
    synset=synset,
    filename=display_names.composed(pathlib.Path(photo.path).name),
    boxes=description.boxes(photo.relative) if description.boxes else (),
  )
