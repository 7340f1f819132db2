"""Shared parts of the commands that write records: flags, and the run itself.

define           defines the flags
records_config   the flags' values as a RecordsConfig
class_names      the classes of the labels file, or else the folder names
check_output     refuses an output folder that would be taken for a class
read_boxes       the bounding boxes of --bounding_box_file
run              locks the output folder, writes the records, reports errors
"""

import pathlib
import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from absl import flags

from inception.cli import command
from inception.cli import common_flags
from inception.cli import help_text
from inception.data.annotations import bounding_boxes
from inception.images import image_files
from inception.jobs import errors
from inception.jobs import name_lists
from inception.jobs import output_folder
from inception.records import labels_file as labels_file_lib
from inception.settings import config

FLAGS = flags.FLAGS

flags.disclaim_key_flags()

_FIELDS = (
  'num_threads',
  'max_side',
  'on_duplicate',
  'on_conflict',
  'on_bad_image',
  'near_duplicate_distance',
)


def define(**defaults: int | str) -> None:
  """Defines the flags.

  Args:
    **defaults: Defaults that differ from those of RecordsConfig.
  """

  def default(name: str) -> Any:
    return defaults.get(name) or common_flags.default(
      config.RecordsConfig, name
    )

  with help_text.section('Data'):
    flags.DEFINE_string(
      'output_directory',
      config.temporary_folder(''),
      'Folder for the shards; created if missing.',
    )
    flags.DEFINE_integer(
      'max_side',
      default('max_side'),
      'Largest width and height in pixels; larger images are shrunk to it. '
      'Without this flag, every image keeps its size.',
    )
    flags.DEFINE_string(
      'bounding_box_file',
      str(defaults.get('bounding_box_file', '')),
      'CSV file of bounding boxes: file name, xmin, ymin, xmax, ymax in '
      "fractions of the image's width and height. The random crops of training "
      'then cover part of a box.',
    )
  with help_text.section('Images that repeat or cannot be used'):
    _define_treatment(default)
  with help_text.section('Speed and memory'):
    flags.DEFINE_integer(
      'num_threads',
      default('num_threads'),
      'Number of images to read and check at a time.',
    )


def records_config(**overrides: int | None) -> config.RecordsConfig:
  """Returns the flags' values as a RecordsConfig.

  Args:
    **overrides: Values of fields that have no flag here.

  Raises:
    UserError: A value is invalid.
  """
  values = {name: FLAGS[name].value for name in _FIELDS}
  return common_flags.build(
    config.RecordsConfig,
    output_directory=command.resolve_path(FLAGS.output_directory),
    **(values | overrides),
  )


def check_output(folder: str, image_directory: str, flag: str) -> None:
  """Refuses an output folder within the folder of images.

  Args:
    folder: The output folder.
    image_directory: The folder of images.
    flag: Name of the flag that gives image_directory.

  Raises:
    UserError: The output folder is within the other; the next run would take it
      for a class.
  """
  output = pathlib.Path(folder).resolve()
  images = pathlib.Path(image_directory).resolve()
  if output == images or images in output.parents:
    raise errors.UserError(
      f'--output_directory: {folder!r} is within --{flag}: choose a folder '
      'outside, since one inside would be taken for a class'
    )


def class_names(
  directory: str, *, flag: str, labels_file: str
) -> tuple[str, ...]:
  """Returns the classes of the labels file, or else the folder names.

  Args:
    directory: Folder of the class folders.
    flag: Name of the flag that gives the directory.
    labels_file: Path of the labels file; '' selects the folder names.

  Raises:
    UserError: The names cannot be used as classes.
  """
  if labels_file:
    with command.naming('labels_file'):
      return labels_file_lib.read(labels_file)
  with command.naming(flag):
    return image_files.folder_names(directory)


def read_boxes() -> bounding_boxes.Boxes | None:
  """Returns the boxes of --bounding_box_file; None if there is no such file.

  Raises:
    UserError: The file cannot be used, or is missing though the flag names it.
  """
  flag = FLAGS['bounding_box_file']
  path = command.resolve_path(flag.value or '')
  if not path:
    return None
  if not pathlib.Path(path).exists():
    if not flag.present:
      return None
    raise errors.UserError(
      f'--bounding_box_file: there is no {path!r}: name an existing CSV file'
    )
  with command.naming(flag.name), output_folder.guard(path):
    boxes = bounding_boxes.read(path)
  if boxes.num_left_out:
    print(f'Boxes of {path} without an area, skipped: {boxes.num_left_out}.')
  return boxes


def run(
  find_source: Callable[[], tuple[Any, tuple[str, ...]]],
  settings: config.RecordsConfig,
  *,
  name: str,
  texts: Mapping[str, str] | None = None,
) -> None:
  """Writes the records into the output folder, creating it if missing.

  Args:
    find_source: Function that returns (data_preparation.Source, class names);
      called while the output folder is locked. Its type is not declared, since
      data_preparation is imported late: it loads NumPy and Pillow.
    settings: Settings of the records.
    name: Name of the data set; '' selects the folder's name.
    texts: {class name: text}, as in records_plan.Description.

  Raises:
    UserError: A file, folder or flag cannot be used; the text names it.
  """
  from inception.data import data_preparation
  from inception.data import records_plan

  # Pillow warns about oddities in metadata that do not matter here.
  warnings.filterwarnings('ignore', module='PIL')
  boxes = read_boxes()
  output = settings.output_directory
  try:
    output_folder.create(output)
    with output_folder.guard(output), output_folder.exclusive(output):
      print(f'Saving results to {output}')
      source, class_names = find_source()
      _check_boxes(boxes, source.listings.values())
      data_preparation.prepare(
        source,
        settings,
        log=print,
        description=records_plan.Description(
          name=name or _folder_name(output),
          class_names=class_names,
          texts=texts,
          boxes=boxes.of if boxes else None,
          boxes_id=boxes.digest if boxes else '',
        ),
      )
  except output_folder.FolderError as error:
    raise errors.UserError(f'--output_directory: {error}') from error


def _folder_name(folder: str) -> str:
  # On Linux, a folder's name can hold bytes that are not UTF-8, but the data
  # set's name must be valid Unicode.
  name = pathlib.Path(folder).resolve().name
  return name.encode(errors='replace').decode() or 'images'


def _check_boxes(
  boxes: bounding_boxes.Boxes | None, listings: Iterable[image_files.Listing]
) -> None:
  """Reports boxes of missing images; refuses a file without any other boxes."""
  if boxes is None:
    return
  paths = [image.relative for listing in listings for image in listing.images]
  unused = boxes.unused(paths)
  if len(unused) == boxes.num_images:
    raise errors.UserError(
      '--bounding_box_file names no existing image, only '
      f'{name_lists.listed(unused)}: name the images by their paths below the '
      'folder of images, such as class/name.jpg'
    )
  if unused:
    print(
      'WARNING: --bounding_box_file names images that do not exist: '
      f'{name_lists.numbered(unused)}.'
    )
  if shared := boxes.shared(paths):
    print(
      'WARNING: --bounding_box_file has names without a folder that several '
      f'images share, so that these have the same boxes: '
      f'{name_lists.numbered(shared)}. Name them by their paths, such as '
      'class/name.jpg.'
    )


def _define_treatment(default: Callable[[str], Any]) -> None:
  flags.DEFINE_enum(
    'on_duplicate',
    default('on_duplicate'),
    config.ON_DUPLICATE,
    'Treatment of copies and near copies of a picture: keep puts them all '
    'into one subset; drop leaves out all but the largest. No file is '
    'deleted.',
  )
  flags.DEFINE_enum(
    'on_conflict',
    default('on_conflict'),
    config.ON_CONFLICT,
    'Treatment of a picture that is in two classes: keep both, drop both, or '
    'fail.',
  )
  flags.DEFINE_enum(
    'on_bad_image',
    default('on_bad_image'),
    config.ON_BAD_IMAGE,
    'Treatment of a file that is not a usable image: skip it, or fail after '
    'all files have been checked.',
  )
  flags.DEFINE_integer(
    'near_duplicate_distance',
    default('near_duplicate_distance'),
    'Largest number of differing bits, of 256, at which two pictures count '
    'as near copies; 0 finds only byte-identical copies.',
  )
