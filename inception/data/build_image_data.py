"""Makes TFRecord shards of image folders for training and evaluation.

  bazel build //inception:build_image_data
  bazel-bin/inception/build_image_data --image_directory=PHOTOS \\
    --output_directory=RECORDS

PHOTOS has one folder for each class, with the images of the class in it: JPEG,
PNG, GIF, BMP, WebP or TIFF, whatever the file name extension. Some images of
each class are set aside for validation. They are chosen by their content, so
that the choice stays the same when images are added. If the images are split
already, each subset has its own folder, as in 2016:

  bazel-bin/inception/build_image_data --train_directory=PHOTOS/train \\
    --validation_directory=PHOTOS/validation --output_directory=RECORDS
"""

import pathlib
import tarfile
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

from absl import flags

from inception.cli import command
from inception.cli import common_flags
from inception.cli import help_text
from inception.data import folder_layout
from inception.data import records_flags
from inception.data.curation import photo_groups
from inception.images import image_files
from inception.jobs import errors
from inception.jobs import name_lists
from inception.jobs import progress
from inception.settings import config

FLAGS = flags.FLAGS

_SHARDS_OF_2016 = 2


def _default(name: str) -> Any:
  return common_flags.default(config.SplitConfig, name)


@help_text.section('Data')
def _define_data_flags() -> None:
  flags.DEFINE_string(
    'image_directory',
    '',
    'Folder of the images, with one folder for each class; this command splits '
    'them into training and validation images.',
  )
  flags.DEFINE_string(
    'train_directory',
    '',
    'Folder of the training images, with one folder for each class, if the '
    'images are split already.',
  )
  flags.DEFINE_string(
    'validation_directory',
    '',
    'Folder of the validation images, with one folder for each class, if the '
    'images are split already.',
  )
  flags.DEFINE_string(
    'test_directory',
    '',
    'Folder of the images for a final test (flowers_eval --subset=test), with '
    'one folder for each class, if the images are split already; optional.',
  )
  _define_label_flags()
  for subset, images in (('train', 'training'), ('validation', 'validation')):
    flags.DEFINE_integer(
      f'{subset}_shards',
      _SHARDS_OF_2016,
      f'Number of shards for the {images} images. With --image_directory, the '
      'default is one shard for about 1,024 images.',
    )


def _define_label_flags() -> None:
  flags.DEFINE_string(
    'labels_file',
    '',
    'File with one class name per line; the first has label 1. If empty, the '
    'classes are the folder names, sorted.',
  )
  flags.DEFINE_string(
    'labels_csv',
    '',
    'CSV file of corrected labels, with the columns file (CLASS/NAME, as in '
    'the folder of images) and class, as --relabel_csv of the evaluation '
    'commands writes it. These files are of the class given here; no file is '
    'moved.',
  )


@help_text.section('Split')
def _define_split_flags() -> None:
  flags.DEFINE_float(
    'validation_fraction',
    _default('validation_fraction'),
    "Share of each class's images to set aside for validation, with "
    '--image_directory.',
  )
  flags.DEFINE_integer(
    'validation_per_class',
    _default('validation_per_class'),
    "Number of each class's images to set aside for validation, instead of "
    '--validation_fraction.',
  )
  flags.DEFINE_float(
    'test_fraction',
    _default('test_fraction'),
    "Share of each class's images to set aside for a final test "
    '(flowers_eval --subset=test), with --image_directory.',
  )
  flags.DEFINE_string(
    'group_pattern',
    '',
    "Regular expression to search for in each image's path below "
    '--image_directory (class/name.jpg), such as "plant[0-9]+". Images with '
    "the same match (of the expression's groups, if it has any) are a series, "
    'and a series is never split between subsets.',
  )
  flags.DEFINE_integer(
    'seed',
    _default('seed'),
    'Seed of the split and of the order of the images in the shards: the '
    'same seed gives the same records.',
  )


_define_data_flags()
_define_split_flags()
records_flags.define()

_SPLIT_FLAGS = (
  'validation_fraction',
  'validation_per_class',
  'test_fraction',
  'group_pattern',
)


def main(argv: Sequence[str]) -> int:
  """Writes the records; returns the exit code."""
  command.check_no_arguments(argv)
  folders = _folders()
  is_split = '' not in folders
  settings = records_flags.records_config(
    seed=FLAGS.seed,
    **{
      name: FLAGS[name].value if is_split or FLAGS[name].present else None
      for name in ('train_shards', 'validation_shards')
    },
  )
  split, series_of = (None, None) if is_split else _split()
  for subset, folder in folders.items():
    flag = f'{subset}_directory' if subset else 'image_directory'
    records_flags.check_output(settings.output_directory, folder, flag)
    if not FLAGS.labels_file:
      _check_layout(folder, flag)
  class_names = _class_names(
    next(reversed(folders.values())),
    'train_directory' if is_split else 'image_directory',
  )

  def find_source() -> tuple[Any, tuple[str, ...]]:
    from inception.data import data_preparation
    from inception.data.annotations import labels_csv

    listings = {
      subset: _listing(subset, folder, class_names)
      for subset, folder in folders.items()
    }
    if FLAGS.labels_csv:
      with command.naming('labels_csv'):
        rows = labels_csv.read(command.resolve_path(FLAGS.labels_csv))
        listings = labels_csv.relabel(listings, rows, class_names)
    return data_preparation.Source(
      folders=folders, listings=listings, split=split, series_of=series_of
    ), class_names

  records_flags.run(find_source, settings, name='')
  return 0


def _folders() -> dict[str, str]:
  """Returns {subset: folder}, or {'': folder} for a folder to split."""
  given = {
    name: FLAGS[f'{name}_directory'].value
    for name in ('image', 'train', 'validation', 'test')
  }
  if given['image']:
    for name in ('train', 'validation', 'test'):
      if given[name]:
        raise errors.UserError(
          f'--image_directory and --{name}_directory exclude each other: '
          'the first is split by this command, the others are split already'
        )
    return {'': _image_folder('image_directory')}
  if not given['train'] and not given['validation']:
    raise errors.UserError(
      '--image_directory is needed: a folder with one folder of images for '
      'each class (or --train_directory and --validation_directory)'
    )
  for name in _SPLIT_FLAGS:
    if FLAGS[name].present:
      raise errors.UserError(
        f'--{name} only goes with --image_directory: the images of '
        '--train_directory and --validation_directory are split already'
      )
  # Train comes last: the last line of the log is about the training images.
  folders = {
    subset: _image_folder(f'{subset}_directory')
    for subset in ('validation', 'test', 'train')
    if subset != 'test' or given['test']
  }
  if pathlib.Path(folders['train']).samefile(folders['validation']):
    print(
      'WARNING: the validation images are the training images, so that '
      'the evaluation will say nothing about new images.'
    )
  return folders


def _image_folder(flag: str) -> str:
  """Returns the folder that a flag names."""
  if not FLAGS[flag].value:
    raise errors.UserError(
      f'--{flag} is needed: a folder with one folder of images for each class'
    )
  folder = command.resolve_path(FLAGS[flag].value or '')
  if zipfile.is_zipfile(folder) or _is_tar(folder):
    kind = 'ZIP' if zipfile.is_zipfile(folder) else 'tar'
    raise errors.UserError(
      f'--{flag}: {folder!r} is a {kind} archive: unpack it, and pass the '
      'folder that has one folder of images for each class'
    )
  command.check_folder(folder, flag)
  return folder


def _is_tar(path: str) -> bool:
  return pathlib.Path(path).is_file() and tarfile.is_tarfile(path)


def _split() -> tuple[config.SplitConfig, Callable[[str], str | None] | None]:
  """Returns the settings of the split, and the series of a relative path."""
  split = common_flags.build(
    config.SplitConfig,
    validation_fraction=FLAGS.validation_fraction,
    validation_per_class=FLAGS.validation_per_class,
    test_fraction=FLAGS.test_fraction,
    seed=FLAGS.seed,
  )
  if FLAGS['validation_fraction'].present and FLAGS.validation_per_class:
    raise errors.UserError(
      '--validation_fraction and --validation_per_class exclude each other: '
      'pass one of them'
    )
  if not FLAGS.group_pattern:
    return split, None
  try:
    return split, photo_groups.compile(FLAGS.group_pattern).of
  except photo_groups.GroupError as error:
    raise errors.UserError(f'--group_pattern: {error}') from error


def _check_layout(folder: str, flag: str) -> None:
  """Refuses a folder whose folders are not classes."""
  try:
    problem = folder_layout.problem(folder, flag)
  except OSError as error:
    raise errors.UserError(
      f'cannot read {str(error.filename)!r}: {error.strerror}'
    ) from error
  if problem:
    raise errors.UserError(f'--{flag}: {problem}')


def _class_names(directory: str, flag: str) -> tuple[str, ...]:
  labels_file = command.resolve_path(FLAGS.labels_file)
  if labels_file and not pathlib.Path(labels_file).is_file():
    raise errors.UserError(
      f'--labels_file: {labels_file!r} is not a '
      'file: name one with one class name per line'
    )
  return records_flags.class_names(
    directory, flag=flag, labels_file=labels_file
  )


def _listing(
  subset: str, folder: str, class_names: Sequence[str]
) -> image_files.Listing:
  """Returns the image files of a folder, and prints their number."""
  listing = image_files.find_images(folder, class_names)
  flag = f'{subset or "image"}_directory'
  _check_classes(flag, folder, listing)
  if not listing.images:
    raise errors.UserError(
      f'--{flag}: no files in the class folders of {folder!r}: '
      'put the images of each class into its folder'
    )
  print(
    progress.found(
      folder,
      num_files=len(listing.images),
      num_classes=len(class_names),
      num_folders=len(class_names) - len(listing.missing_classes),
    )
  )
  return listing


def _check_classes(
  flag: str, folder: str, listing: image_files.Listing
) -> None:
  """Refuses folders that do not match the classes.

  Without --labels_file, a class may lack a folder of validation images.
  """
  if FLAGS.labels_file:
    if listing.missing_classes:
      _check_layout(folder, flag)
      raise errors.UserError(
        f'--labels_file names {listing.missing_classes[0]!r}, but '
        f'--{flag}={folder} has no such folder'
      )
    if listing.other_folders:
      print(
        'Left out, as --labels_file does not name them: '
        f'{name_lists.listed(listing.other_folders)}'
      )
  elif listing.other_folders:
    raise errors.UserError(
      f'--{flag} has the folder {listing.other_folders[0]!r}, but '
      '--train_directory does not: both should have the same classes'
    )


if __name__ == '__main__':
  command.run(main)
