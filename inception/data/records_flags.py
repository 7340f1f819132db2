"""What the commands that make records share: flags, and the run of the engine.

define           the flags
records_config   their values as a RecordsConfig
class_names      from the labels file, or of the folders
check_output     refuses an output folder that would be taken for a class
run              locks the output folder, prepares, and tells what went wrong
"""

import pathlib
import warnings

from absl import flags

from inception.cli import command
from inception.cli import common_flags
from inception.cli import help_text
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


def define(**defaults) -> None:
  """Defines the flags.

  Args:
    **defaults: where they are not RecordsConfig's.
  """

  def default(name):
    return defaults.get(name) or common_flags.default(
      config.RecordsConfig, name
    )

  def integer(name, text):
    flags.DEFINE_integer(name, default(name), text)

  def choice(name, choices, text):
    flags.DEFINE_enum(name, default(name), choices, text)

  with help_text.section('Data'):
    flags.DEFINE_string(
      'output_directory',
      config.temporary_folder(''),
      'Folder for the shards; it is made if it does not exist.',
    )
    integer(
      'max_side',
      'Upper limit of width and height in pixels, to which larger images are '
      'shrunk. Not given, every image keeps its size.',
    )
    flags.DEFINE_string(
      'bounding_box_file',
      defaults.get('bounding_box_file', ''),
      'CSV file of bounding boxes: file name, xmin, ymin, xmax, ymax in '
      "fractions of the image's width and height. Training distorts images "
      'around them.',
    )
  with help_text.section('Images that repeat or cannot be used'):
    choice(
      'on_duplicate',
      config.ON_DUPLICATE,
      'Treatment of copies of a picture, exact or nearly so: keep puts them '
      'all into one subset; drop leaves out all but the largest. No file is '
      'deleted.',
    )
    choice(
      'on_conflict',
      config.ON_CONFLICT,
      'Treatment of a picture that is in two classes: keep both, drop both, or '
      'fail.',
    )
    choice(
      'on_bad_image',
      config.ON_BAD_IMAGE,
      'Treatment of a file that is not a usable image: skip it, or fail after '
      'all files have been checked.',
    )
    integer(
      'near_duplicate_distance',
      'Number of differing bits, of 256, up to which two pictures count as '
      'nearly the same; 0 finds byte-identical copies only.',
    )
  with help_text.section('Speed and memory'):
    integer(
      'num_threads', 'Number of images that are read and checked at a time.'
    )


def records_config(**overrides) -> config.RecordsConfig:
  """Returns the flags' values as a RecordsConfig.

  Args:
    **overrides: fields that are not these flags.

  Raises:
    UserError: a value is refused.
  """
  values = {name: FLAGS[name].value for name in _FIELDS}
  return common_flags.build(
    config.RecordsConfig,
    output_directory=command.resolve_path(FLAGS.output_directory),
    **(values | overrides),
  )


def check_output(folder: str, image_directory: str, flag: str) -> None:
  """Refuses an output folder within the folder of images.

  Raises:
    UserError: it would be taken for a class there, the next time.
  """
  output = pathlib.Path(folder).resolve()
  images = pathlib.Path(image_directory).resolve()
  if output == images or images in output.parents:
    raise errors.UserError(
      f'--output_directory: {folder!r} is within --{flag}: choose a folder '
      'outside, for one inside would be taken for a class'
    )


def class_names(
  directory: str, *, flag: str, labels_file: str
) -> tuple[str, ...]:
  """Returns the classes that --labels_file names, or else the folders.

  Args:
    directory: folder of the class folders.
    flag: the flag that names it.
    labels_file: path of the file; '' takes the folders.

  Raises:
    UserError: they cannot be used as classes.
  """
  if labels_file:
    with command.naming('labels_file'):
      return labels_file_lib.read(labels_file)
  with command.naming(flag):
    return image_files.folder_names(directory)


def read_boxes():
  """Returns --bounding_box_file's boxes (bounding_boxes.Boxes), or None.

  Raises:
    UserError: the file cannot be used.
  """
  flag = FLAGS['bounding_box_file']
  path = command.resolve_path(flag.value)
  if not path:
    return None
  if not pathlib.Path(path).exists():
    if not flag.present:
      return None
    raise errors.UserError(
      f'--bounding_box_file: there is no {path!r}: give a CSV file'
    )
  from inception.data.annotations import bounding_boxes

  with command.naming(flag.name), output_folder.guard(path):
    boxes = bounding_boxes.read(path)
  if boxes.num_left_out:
    print(f'Boxes of {path} without an area, left out: {boxes.num_left_out}.')
  return boxes


def run(
  find_source, settings: config.RecordsConfig, *, name: str, texts=None
) -> None:
  """Prepares the images into the output folder, which is made if need be.

  Args:
    find_source: called with the folder locked; returns (data_preparation's
      Source, the class names).
    settings: of the records.
    name: what the data is called; '' takes the folder's name.
    texts: records_plan.Description.texts.

  Raises:
    UserError: something cannot be used; the text names it.
  """
  from inception.data import data_preparation
  from inception.data import records_plan

  # Pillow warns of oddities in metadata that do not matter here.
  warnings.filterwarnings('ignore', module='PIL')
  boxes = read_boxes()
  output = settings.output_directory
  try:
    output_folder.create(output)
    with output_folder.guard(output), output_folder.exclusive(output):
      print(f'Saving results to {output}')
      source, class_names = find_source()
      _tell_of_boxes(boxes, source)
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
  # A folder's name need not be Unicode, and what is written to be read is.
  name = pathlib.Path(folder).resolve().name
  return name.encode(errors='replace').decode() or 'images'


def _tell_of_boxes(boxes, source) -> None:
  if boxes is None:
    return
  unused = boxes.unused(
    image.relative
    for listing in source.listings.values()
    for image in listing.images
  )
  if len(unused) == boxes.num_images:
    raise errors.UserError(
      '--bounding_box_file names no file that is there, but such as '
      f'{name_lists.listed(unused)}: name the images by their paths below the '
      'folder of images, such as class/name.jpg'
    )
  if unused:
    print(
      'WARNING: --bounding_box_file names files that are not there: '
      f'{name_lists.numbered(unused)}.'
    )
