"""Downloads the flowers, splits them and makes TFRecord shards of them.

  bazel build //inception:download_and_preprocess_flowers
  bazel-bin/inception/download_and_preprocess_flowers DATA_DIR

DATA_DIR then has two shards each of training and validation images, and the
photographs themselves in raw-data. A second run does only the work that an
interrupted run has left.
"""

import pathlib
import warnings
from collections.abc import Sequence

from absl import flags

from inception.cli import command
from inception.cli import common_flags
from inception.data import existing_shards
from inception.data.flowers import photo_manifest
from inception.jobs import errors
from inception.jobs import output_folder
from inception.settings import config

FLAGS = flags.FLAGS

_NAME = 'flowers'
_SHARDS = 2  # Of each subset, as in 2016.
_VALIDATION_PER_CLASS = 100


def _define_flags() -> None:
  def default(name: str, config_class: type = config.SplitConfig) -> int:
    return common_flags.default(config_class, name)

  flags.DEFINE_string(
    'archive',
    '',
    'Path or address of a tar file (.tgz, ...) or ZIP file with one folder of '
    "images for each class; if empty, the flowers of TensorFlow's tutorials.",
  )
  flags.DEFINE_integer(
    'validation_per_class',
    _VALIDATION_PER_CLASS,
    'Number of images of each class to set aside for validation.',
  )
  flags.DEFINE_integer(
    'seed',
    default('seed'),
    'Seed of the choice of validation images and of the order of the images '
    'in the shards: the same seed gives the same records.',
  )
  flags.DEFINE_integer(
    'num_threads',
    default('num_threads', config.RecordsConfig),
    'Number of images to read and check at a time.',
  )


_define_flags()


def main(argv: Sequence[str]) -> int:
  """Prepares the flowers; returns the exit code."""
  if len(argv) != 2:
    raise errors.UserError(
      'pass the folder for the data, and nothing else besides flags: '
      'download_and_preprocess_flowers DATA_DIR'
    )
  records_config = common_flags.build(
    config.RecordsConfig,
    output_directory=command.resolve_path(argv[1]),
    num_threads=FLAGS.num_threads,
    seed=FLAGS.seed,
    train_shards=_SHARDS,
    validation_shards=_SHARDS,
  )
  split = common_flags.build(
    config.SplitConfig,
    validation_per_class=FLAGS.validation_per_class,
    seed=FLAGS.seed,
  )
  archive = FLAGS.archive
  if archive and '://' not in archive:
    archive = command.resolve_path(archive)
    if not pathlib.Path(archive).is_file():
      raise errors.UserError(
        f'--archive: {archive!r} is not a file: pass the path or the address '
        'of a tar or ZIP file'
      )
  # Pillow warns about oddities in metadata that do not matter here.
  warnings.filterwarnings('ignore', module='PIL')
  with output_folder.guard(records_config.output_directory):
    _prepare(archive, split, records_config)
  return 0


def _prepare(
  archive: str, split: config.SplitConfig, records_config: config.RecordsConfig
) -> None:
  folder = records_config.output_directory
  output_folder.create(folder)
  with output_folder.exclusive(folder):
    existing_shards.check_shards(
      folder, dict.fromkeys(('train', 'validation'), _SHARDS)
    )
    photos = _photos(archive, split, records_config)
    _check_layout(archive, photos)
    _records(photos, records_config)


def _check_layout(archive: str, photos: photo_manifest.RawPhotos) -> None:
  """Refuses an archive whose folders are not one for each class.

  Raises:
    UserError: its folders are subsets, or images beside annotations.
  """
  from inception.data import folder_layout

  train = pathlib.Path(photos.folder, 'train')
  if folder_layout.problem(train, 'image_directory') is not None:
    raise errors.UserError(
      f'--archive: the folders in {archive!r} are subsets, or images beside '
      'annotations, instead of one for each class: unpack it, and make the '
      'records with build_image_data'
    )


def _photos(
  archive: str, split: config.SplitConfig, records_config: config.RecordsConfig
) -> photo_manifest.RawPhotos:
  """Returns the unpacked photographs; downloads and unpacks them if needed."""
  from inception.data.curation import content_split
  from inception.data.flowers import raw_photos
  from inception.downloads import archives
  from inception.downloads import downloads
  from inception.downloads import flowers_download

  folder = records_config.output_directory
  try:
    source = flowers_download.locate(archive)
    raw_photos.tidy(folder, log=print)
    photos = raw_photos.find(folder, source.identity, split)
    if photos is None:
      path = flowers_download.obtain(source, folder, log=print)
      try:
        return raw_photos.make(
          folder,
          path,
          identity=source.identity,
          split=split,
          num_threads=records_config.num_threads,
          log=print,
        )
      except archives.DamagedArchiveError as error:
        kept = flowers_download.reject(source, path)
        raise errors.UserError(
          f'{error}; {kept}' if kept else str(error)
        ) from error
  except downloads.DownloadError as error:
    raise errors.UserError(
      f'{error} (--archive takes another file or address)'
    ) from error
  except content_split.SplitError as error:
    raise errors.UserError(f'--validation_per_class: {error}') from error
  print(f'The photographs in {photos.folder} are complete and are used again.')
  others = raw_photos.num_others(photos)
  if others:
    print(
      f'{others} files in {photos.folder} are not from the archive and are '
      'left out: build_image_data makes records of any folders.'
    )
  return photos


def _records(
  photos: photo_manifest.RawPhotos, records_config: config.RecordsConfig
) -> None:
  """Writes the records, unless they exist already."""
  from inception.data import data_preparation
  from inception.data import records_plan
  from inception.images import image_files
  from inception.jobs import progress

  folders, listings = {}, {}
  for subset in ('validation', 'train'):
    images = photos.images(subset)
    folders[subset] = str(pathlib.Path(photos.folder, subset))
    listings[subset] = image_files.Listing(
      images=tuple(images), skipped=(), missing_classes=(), other_folders=()
    )
    print(
      progress.found(
        folders[subset],
        num_files=len(images),
        num_folders=len(photos.class_names),
        num_classes=len(photos.class_names),
      )
    )
  data_preparation.prepare(
    data_preparation.Source(folders=folders, listings=listings),
    records_config,
    log=print,
    description=records_plan.Description(
      name=_NAME, class_names=photos.class_names
    ),
  )


if __name__ == '__main__':
  command.run(main)
