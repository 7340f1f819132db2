"""What the commands share: flags, paths, and how a mistake is answered.

run             the entry point of every command
UserError       a mistake to be told in one sentence
resolve_path    a path flag's value, as the user's shell understands it
define_input_flags, define_precision_flag
                flags that more than one command has
input_config    their values as an InputConfig
load_data       the Dataset that they name
check_subset    whether it has a subset
load_tensorflow quietly
check_exists, check_folder, make_folder  paths, before TensorFlow is imported
build           makes a config; names the flag where a value is refused
"""

import dataclasses
import faulthandler
import os
import pathlib
import sys
import tempfile
import warnings
from collections.abc import Callable, Sequence

from absl import app
from absl import flags

from inception import dataset
from inception.jobs import errors
from inception.settings import config
from inception.settings import training_config

FLAGS = flags.FLAGS

# --help of a command lists the flags that are defined for it here.
flags.disclaim_key_flags()

_INPUT_FLAGS = (
  'batch_size',
  'image_size',
  'num_preprocess_threads',
  'num_readers',
  'input_queue_memory_factor',
)


# What --batch_size may be besides a number, where a command allows it.
AUTO = 'auto'

_GREETINGS = (
  'All log messages before absl::InitializeLog()',
  'oneDNN custom operations are on',
)


class UserError(Exception):
  """A mistake of the user's: the text is one sentence with the remedy."""


def default(config_class: type, name: str):
  """Returns the default of a config's field, which is its flag's default."""
  return next(
    field.default
    for field in dataclasses.fields(config_class)
    if field.name == name
  )


def resolve_path(path: str) -> str:
  """Returns `path` as the user's shell understands it.

  `bazel run` starts a program in a folder of its own and passes the user's in
  BUILD_WORKING_DIRECTORY; bazelw, called from outside the repository, in
  BAZELW_WORKING_DIRECTORY. A leading ~ is the home folder: shells leave it as
  it is in --flag=~/folder.
  """
  if not path:
    return path
  folder = os.environ.get('BAZELW_WORKING_DIRECTORY') or os.environ.get(
    'BUILD_WORKING_DIRECTORY', ''
  )
  return str(pathlib.Path(folder, pathlib.Path(path).expanduser()))


class _BatchSizeParser(flags.ArgumentParser):
  """Parses a number, or 'auto'."""

  syntactic_help = 'a number or auto'

  def parse(self, argument):
    """Returns an int, or AUTO."""
    if argument == AUTO:
      return AUTO
    try:
      return int(argument)
    except ValueError as error:
      raise ValueError('give a number, or auto') from error

  def flag_type(self):
    """Returns what --help calls it."""
    return 'int or auto'


def define_input_flags(*, auto_batch_size: bool = False) -> None:
  """Defines the flags that say how records become batches.

  Args:
    auto_batch_size: whether --batch_size may be auto.
  """

  def integer(name, text):
    flags.DEFINE_integer(name, default(config.InputConfig, name), text)

  flags.DEFINE_string(
    'data_dir',
    config.temporary_folder('mydata'),
    'Folder of the TFRecord shards that build_image_data wrote.',
  )
  if auto_batch_size:
    flags.DEFINE(
      _BatchSizeParser(),
      'batch_size',
      default(config.InputConfig, 'batch_size'),
      'Examples a batch, over all devices; auto takes the largest '
      'that fits into memory and scales the learning rate with it.',
      serializer=flags.ArgumentSerializer(),
    )
  else:
    integer('batch_size', 'Examples a batch, over all devices.')
  integer('image_size', 'Height and width of the images given to the model.')
  integer('num_preprocess_threads', 'Threads that decode and distort images.')
  integer('num_readers', 'Shards read side by side in training.')
  integer(
    'input_queue_memory_factor',
    'The shuffle buffer holds 1024 times this many encoded images: about '
    '0.1 GB for each unit with photographs of 100 kB.',
  )


def define_precision_flag() -> None:
  """Defines --precision."""
  flags.DEFINE_enum(
    'precision',
    default(training_config.TrainConfig, 'precision'),
    training_config.PRECISIONS,
    "Of the network's arithmetic; variables are float32 always. auto is "
    'bfloat16 on a processor or GPU that computes in it, float32 elsewhere.',
  )


def input_config(**overrides) -> config.InputConfig:
  """Returns the input flags' values as an InputConfig.

  Args:
    **overrides: the fields that are not flags of every command.

  Raises:
    UserError: a value is refused.
  """
  values = {
    name: FLAGS[name].value
    for name in _INPUT_FLAGS
    # Found out later: until then the default stands for it.
    if FLAGS[name].value != AUTO
  }
  return build(
    config.InputConfig,
    data_dir=resolve_path(FLAGS.data_dir),
    **(values | overrides),
  )


def load_data(
  settings: config.InputConfig, *, load: Callable[[str], dataset.Dataset]
) -> dataset.Dataset:
  """Returns what settings.data_dir holds.

  Args:
    settings: names the folder and the subset.
    load: data_dir -> Dataset, such as flowers_data.load.

  Raises:
    UserError: it cannot be used, or has no settings.subset.
  """
  try:
    data = load(settings.data_dir)
  except dataset.DatasetError as error:
    raise UserError(f'--data_dir: {error}') from error
  check_subset(data, settings.subset, 'data_dir')
  return data


def check_subset(data: dataset.Dataset, subset: str, flag: str) -> None:
  """Requires that the data has records of a subset.

  Raises:
    UserError: it has none.
  """
  try:
    data.num_examples(subset)
    data.shard_files(subset)
  except dataset.DatasetError as error:
    raise UserError(f'--{flag}: {error}') from error


def build(config_class: type, **values):
  """Returns config_class(**values).

  Raises:
    UserError: a value is refused. Each check's message begins with the field's
      name, which is the flag's name.
  """
  try:
    return config_class(**values)
  except ValueError as error:
    raise UserError(f'--{error}') from error


def check_no_arguments(argv: Sequence[str]) -> None:
  """Refuses what is on the command line besides flags.

  Raises:
    UserError: there is something; a forgotten -- or = is the usual cause.
  """
  if len(argv) > 1:
    raise UserError(
      f'unexpected argument {argv[1]!r}: flags are given as --name=value'
    )


def check_exists(path: str, flag: str) -> None:
  """Refuses the path of a checkpoint that is not there.

  A checkpoint is named by its prefix, so that no file need have the very name.

  Raises:
    UserError: neither the path nor a file that begins with it exists.
  """
  place = pathlib.Path(path)
  if not path or place.exists():
    return
  try:
    names = [found.name for found in place.parent.iterdir()]
  except OSError:
    names = []
  if not any(name.startswith(place.name + '.') for name in names):
    raise UserError(
      f'--{flag}: there is no checkpoint {path!r}: give the '
      'prefix, the .index file or the folder of one'
    )


def check_folder(path: str, flag: str) -> None:
  """Refuses an input folder that is not there.

  Raises:
    UserError: there is no such folder.
  """
  if not pathlib.Path(path).is_dir():
    raise UserError(
      f'--{flag}: {path!r} is not a folder: give one that is there'
    )


def make_folder(path: str, flag: str) -> None:
  """Makes a folder for output, where it is not there, and tries to write.

  Raises:
    UserError: it cannot be made, or nothing can be written into it.
  """
  try:
    pathlib.Path(path).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=path):
      pass
  except OSError as error:
    raise UserError(
      f'--{flag}: cannot write into {path!r} ({error.strerror}): give a '
      'folder that you may write to'
    ) from error


def load_tensorflow(*, verbose: bool = False) -> None:
  """Imports TensorFlow without the lines that it greets everybody with.

  Its C++ log writes them to the file descriptor, whatever the log level, before
  Python can say anything. What else it says is passed on. Should the import end
  the process, faulthandler tells on the real stderr.

  Args:
    verbose: show everything.
  """
  os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '0' if verbose else '2')
  # Several hosts must find each other before the first operation runs.
  if verbose or os.environ.get('TF_CONFIG'):
    return
  sys.stderr.flush()
  stderr = os.dup(2)
  faulthandler.enable(stderr)
  with tempfile.TemporaryFile() as log:
    os.dup2(log.fileno(), 2)
    try:
      import tensorflow as tf

      tf.zeros([])  # The last of the greetings comes with the first operation.
    finally:
      os.dup2(stderr, 2)
      faulthandler.enable(2)
      os.close(stderr)
      log.seek(0)
      for line in log.read().decode('utf-8', 'replace').splitlines():
        if line.strip() and not any(text in line for text in _GREETINGS):
          sys.stderr.write(f'{line}\n')


def _name() -> str:
  """Returns the command's name, for the beginning of a line."""
  return pathlib.Path(sys.argv[0]).stem or 'inception'


def _fail(message: str, exit_code: int) -> None:
  sys.stderr.write(f'{_name()}: {message}\n')
  sys.exit(exit_code)


def _parse(argv: Sequence[str]) -> list[str]:
  try:
    return FLAGS(list(argv))
  except flags.Error as error:
    text = ' '.join(str(error).split())
    _fail(f'{text} (--help lists the flags)', 2)
  except SystemExit:  # --help and its kin, after they have printed.
    sys.exit(0)


def _print_notices() -> None:
  """Prints each UserNotice as one line, and other warnings as Python does."""
  python_way = warnings.showwarning

  def show(message, category, *where, **options):
    if issubclass(category, errors.UserNotice):
      sys.stderr.write(f'{_name()}: WARNING: {message}.\n')
    else:
      python_way(message, category, *where, **options)

  warnings.showwarning = show


def run(main: Callable[[Sequence[str]], int | None]) -> None:
  """Runs a command: parses its flags, calls main(argv), and exits.

  A wrong flag ends with exit code 2, a UserError with 1, both after one
  sentence on stderr; Ctrl-C with 130. What main returns is the exit code.
  """
  for stream in (sys.stdout, sys.stderr):
    # A Windows console may lack the letters of a file's name; and a line in a
    # log should be there when it is printed.
    stream.reconfigure(errors='backslashreplace', line_buffering=True)
  _print_notices()

  def guarded(argv):
    try:
      return main(argv)
    except UserError as error:
      _fail(str(error), 1)
    except BrokenPipeError:
      # Whoever read the output has gone, as `| head` does: nothing to tell, and
      # nobody to tell it to.
      os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
      sys.exit(1)
    except KeyboardInterrupt:
      _fail('interrupted', 130)

  app.run(guarded, flags_parser=_parse)
