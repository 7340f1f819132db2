"""Makes TFRecord shards of ImageNet, or of any folders named by synsets.

  bazel build //inception:build_imagenet_data
  bazel-bin/inception/build_imagenet_data --train_directory=IMAGENET/train \\
    --validation_directory=IMAGENET/validation --output_directory=RECORDS \\
    --labels_file=imagenet_lsvrc_2015_synsets.txt \\
    --imagenet_metadata_file=imagenet_metadata.txt \\
    --bounding_box_file=imagenet_2012_bounding_boxes.csv

Each directory has one folder for each synset (n01440764, ...), with its images
in it. The records are those of 2016: image/class/synset is the folder's name,
image/class/text the synset's name in the metadata file, and image/object/bbox/*
holds the image's boxes.
"""

import pathlib
from collections.abc import Sequence
from typing import Any

from absl import flags

from inception.cli import command
from inception.cli import common_flags
from inception.cli import help_text
from inception.data import records_flags
from inception.images import image_files
from inception.jobs import errors
from inception.jobs import progress
from inception.records import synset_metadata
from inception.settings import config

FLAGS = flags.FLAGS

# The flags' defaults are those of 2016.
_SHARDS = {'train': 1024, 'validation': 128}
_NUM_THREADS = 8


@help_text.section('Data')
def _define_flags() -> None:
  for subset, number in _SHARDS.items():
    images = 'training' if subset == 'train' else subset
    flags.DEFINE_string(
      f'{subset}_directory',
      '',
      f'Folder of the {images} images, with one folder for each synset; '
      'required.',
    )
    flags.DEFINE_integer(
      f'{subset}_shards', number, f'Number of shards for the {images} images.'
    )
  flags.DEFINE_string(
    'labels_file',
    'imagenet_lsvrc_2015_synsets.txt',
    'File with one synset per line; the first has label 1. If the default file '
    'does not exist, the synsets are the folder names, sorted.',
  )
  flags.DEFINE_string(
    'imagenet_metadata_file',
    'imagenet_metadata.txt',
    'File with a synset, a tab and its name in each line. If the default file '
    'does not exist, the synset itself is the name.',
  )
  flags.DEFINE_integer(
    'seed',
    common_flags.default(config.RecordsConfig, 'seed'),
    'Seed of the order of the images in the shards.',
  )


_define_flags()
records_flags.define(
  num_threads=_NUM_THREADS, bounding_box_file='imagenet_2012_bounding_boxes.csv'
)


def main(argv: Sequence[str]) -> int:
  """Writes the records; returns the exit code."""
  command.check_no_arguments(argv)
  folders = {}
  for subset in ('validation', 'train'):
    flag = f'{subset}_directory'
    if not FLAGS[flag].value:
      raise errors.UserError(
        f'--{flag} is needed: a folder with one folder of images for each '
        'synset'
      )
    folders[subset] = command.resolve_path(FLAGS[flag].value or '')
    command.check_folder(folders[subset], flag)
  settings = records_flags.records_config(
    seed=FLAGS.seed,
    train_shards=FLAGS.train_shards,
    validation_shards=FLAGS.validation_shards,
  )
  for subset, folder in folders.items():
    records_flags.check_output(
      settings.output_directory, folder, f'{subset}_directory'
    )
  synsets = records_flags.class_names(
    folders['train'], flag='train_directory', labels_file=_file('labels_file')
  )
  texts = _texts(synsets)

  def find_source() -> tuple[Any, tuple[str, ...]]:
    from inception.data import data_preparation

    listings = {
      subset: _listing(subset, folder, synsets)
      for subset, folder in folders.items()
    }
    return data_preparation.Source(folders=folders, listings=listings), synsets

  records_flags.run(find_source, settings, name='imagenet', texts=texts)
  return 0


def _file(flag: str) -> str:
  """Returns the path of a flag's file; '' if its default file is missing.

  Raises:
    UserError: The flag was passed, and its file does not exist.
  """
  path = command.resolve_path(FLAGS[flag].value or '')
  if not path or pathlib.Path(path).is_file():
    return path
  if FLAGS[flag].present:
    raise errors.UserError(f'--{flag}: there is no file {path!r}')
  return ''


def _texts(synsets: Sequence[str]) -> dict[str, str]:
  """Returns {synset: its name}."""
  path = _file('imagenet_metadata_file')
  if not path:
    print(
      'No --imagenet_metadata_file: the records call the classes by their '
      'synsets.'
    )
    return {synset: synset for synset in synsets}
  try:
    known = synset_metadata.read(path)
  except synset_metadata.MetadataError as error:
    raise errors.UserError(f'--imagenet_metadata_file: {error}') from error
  missing = [synset for synset in synsets if synset not in known]
  if missing:
    raise errors.UserError(
      f'--imagenet_metadata_file: {path!r} does not name {missing[0]!r}'
      f'{f" and {len(missing) - 1} more" if missing[1:] else ""}: add a line '
      'with the synset, a tab and a name'
    )
  return {synset: known[synset] for synset in synsets}


def _listing(
  subset: str, folder: str, synsets: Sequence[str]
) -> image_files.Listing:
  """Returns the image files of a folder, and prints their number."""
  listing = image_files.find_images(folder, synsets)
  if listing.missing_classes:
    raise errors.UserError(
      f'--{subset}_directory={folder} has no folder '
      f'{listing.missing_classes[0]!r}, which is a synset of --labels_file'
    )
  if listing.other_folders:
    print(
      f'Left out, as they are not synsets of --labels_file: '
      f'{len(listing.other_folders)} folders, such as '
      f'{listing.other_folders[0]}'
    )
  print(
    progress.found(
      folder,
      num_files=len(listing.images),
      num_classes=len(synsets),
      num_folders=len(synsets),
    )
  )
  return listing


if __name__ == '__main__':
  command.run(main)
