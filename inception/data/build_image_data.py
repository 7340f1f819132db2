"""Makes TFRecord shards of image folders, for training and evaluation.

  bazel build //inception:build_image_data
  bazel-bin/inception/build_image_data --train_directory=PHOTOS/train \\
    --validation_directory=PHOTOS/validation --output_directory=RECORDS

Each directory has one folder for each class, with its images in it: JPEG, PNG,
GIF, BMP, WebP or TIFF, whatever their names end with.
"""

import pathlib
import warnings
from collections.abc import Sequence

from absl import flags

from inception import common_flags
from inception import config
from inception.data import image_files
from inception.data import output_folder
from inception.data import progress

FLAGS = flags.FLAGS

_RECORDS_FLAGS = ('train_shards', 'validation_shards', 'num_threads', 'seed')


def _define_flags() -> None:
  def integer(name, text):
    flags.DEFINE_integer(
        name, common_flags.default(config.RecordsConfig, name), text)

  flags.DEFINE_string(
      'train_directory', '',
      'Folder of the training images, one folder a class. To be given: the '
      'default of 2016, /tmp/, holds no images.')
  flags.DEFINE_string(
      'validation_directory', '',
      'Folder of the validation images, one folder a class. To be given.')
  flags.DEFINE_string(
      'output_directory', config.temporary_folder(''),
      'Folder for the shards; it is made if it is not there.')
  flags.DEFINE_string(
      'labels_file', '',
      'File that names one class a line; the first has label 1. Empty takes '
      'the names of the folders in --train_directory, sorted.')
  integer('train_shards', 'Number of files for the training images.')
  integer('validation_shards', 'Number of files for the validation images.')
  integer('num_threads', 'Images that are read and checked at a time.')
  integer('seed', 'Of the order of the images in the shards.')


_define_flags()


def main(argv: Sequence[str]) -> int:
  """Writes the records; returns the exit code."""
  common_flags.check_no_arguments(argv)
  records_config = common_flags.build(
      config.RecordsConfig,
      output_directory=common_flags.resolve_path(FLAGS.output_directory),
      **{name: FLAGS[name].value for name in _RECORDS_FLAGS})
  train_directory = _image_folder('train_directory')
  validation_directory = _image_folder('validation_directory')
  if pathlib.Path(train_directory).samefile(validation_directory):
    print('WARNING: the validation images are the training images, so that '
          'the evaluation will tell nothing about new ones.')
  try:
    class_names = _class_names(train_directory)
    _build({'validation': validation_directory, 'train': train_directory},
           class_names, records_config)
  except output_folder.FolderError as error:
    raise common_flags.UserError(f'--output_directory: {error}') from error
  except OSError as error:
    raise common_flags.UserError(output_folder.describe(
        error, records_config.output_directory)) from error
  return 0


def _image_folder(flag: str) -> str:
  """Returns the folder that a flag names."""
  if not FLAGS[flag].value:
    raise common_flags.UserError(
        f'--{flag} is needed: a folder with one folder of images a class')
  folder = common_flags.resolve_path(FLAGS[flag].value)
  common_flags.check_folder(folder, flag)
  return folder


def _class_names(train_directory: str) -> tuple[str, ...]:
  labels_file = common_flags.resolve_path(FLAGS.labels_file)
  if labels_file and not pathlib.Path(labels_file).is_file():
    raise common_flags.UserError(f'--labels_file: {labels_file!r} is not a '
                                 'file: give one with a class name a line')
  try:
    if labels_file:
      return image_files.read_labels(labels_file)
    return image_files.folder_names(train_directory)
  except image_files.LabelsError as error:
    flag = 'labels_file' if labels_file else 'train_directory'
    raise common_flags.UserError(f'--{flag}: {error}') from error


def _images(subset: str, folder: str,
            class_names: Sequence[str]) -> tuple[image_files.ImageFile, ...]:
  """Returns the image files of a subset, and tells what was found."""
  listing = image_files.find_images(folder, class_names)
  _check_classes(subset, folder, listing)
  for skipped in listing.skipped:
    print(f'SKIPPED: {skipped.path}: {skipped.reason}.')
  if not listing.images:
    raise common_flags.UserError(
        f'--{subset}_directory: no files in the class folders of {folder!r}: '
        'put the images of each class into its folder')
  print(progress.found(
      folder, num_files=len(listing.images), num_classes=len(class_names),
      num_folders=len(class_names) - len(listing.missing_classes)))
  return listing.images


def _check_classes(subset: str, folder: str,
                   listing: image_files.Listing) -> None:
  """Refuses folders that do not go with the labels.

  A class that has no validation images is fine where nobody named it.
  """
  if FLAGS.labels_file:
    if listing.missing_classes:
      raise common_flags.UserError(
          f'--labels_file names {listing.missing_classes[0]!r}, and '
          f'--{subset}_directory={folder} has no such folder')
    if listing.other_folders:
      print('Left out, as --labels_file does not name them: '
            f'{", ".join(listing.other_folders)}')
  elif listing.other_folders:
    raise common_flags.UserError(
        f'--validation_directory has the folder {listing.other_folders[0]!r}, '
        'and --train_directory has not: both should have the same classes')


def _build(folders, class_names, records_config) -> None:
  """Writes the records of {subset: folder} into the output folder."""
  output = records_config.output_directory
  output_folder.create(output)
  with output_folder.exclusive(output):
    output_folder.check_shards(output, records_config.num_shards)
    print(f'Saving results to {output}')
    subsets = {subset: _images(subset, folder, class_names)
               for subset, folder in folders.items()}
    common_flags.load_tensorflow()
    # Pillow warns of oddities in metadata that do not matter here.
    warnings.filterwarnings('ignore', module='PIL')
    from inception.data import image_dataset
    # A folder's name need not be Unicode, and what is written to be read is.
    name = pathlib.Path(output).resolve().name.encode(errors='replace').decode()
    try:
      image_dataset.write(subsets, records_config, name=name or 'images',
                          class_names=class_names, log=print)
    except image_dataset.NoImagesError as error:
      raise common_flags.UserError(str(error)) from error


if __name__ == '__main__':
  common_flags.run(main)
