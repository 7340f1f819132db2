"""Flags that several commands share, and their values as configs.

define_input_flags, define_precision_flag
               define the flags
input_config   returns their values as an InputConfig
load_data      loads the Dataset that they name
check_subset   requires that a Dataset has a subset
default        returns a flag's default, which is its config field's
build          builds a config; names the flag of a refused value
"""

import dataclasses
import pathlib
from collections.abc import Callable
from typing import Any, TypeVar

from absl import flags

from inception import dataset
from inception.cli import command
from inception.cli import help_text
from inception.jobs import errors
from inception.settings import config
from inception.settings import training_config

FLAGS = flags.FLAGS

_T = TypeVar('_T')

# Attributes flags defined here to the command that calls this module.
flags.disclaim_key_flags()

_INPUT_FLAGS = (
  'batch_size',
  'image_size',
  'num_preprocess_threads',
  'num_readers',
  'input_queue_memory_factor',
)


# Value of --batch_size besides numbers, in commands that support it.
AUTO = 'auto'


def default(config_class: type, name: str) -> Any:
  """Returns the default of a config's field, which is its flag's default."""
  return next(
    field.default
    for field in dataclasses.fields(config_class)
    if field.name == name
  )


class _BatchSizeParser(flags.ArgumentParser):
  """Parses a number, or 'auto'."""

  syntactic_help = 'a number or auto'

  def parse(self, argument: str | int) -> int | str:
    """Returns an int, or AUTO."""
    if argument == AUTO:
      return AUTO
    try:
      return int(argument)
    except ValueError as error:
      raise ValueError('give a number, or auto') from error

  def flag_type(self) -> str:
    """Returns the name of the type in --help."""
    return 'int or auto'


def define_input_flags(*, auto_batch_size: bool = False) -> None:
  """Defines the flags that control how records become batches.

  Args:
    auto_batch_size: whether --batch_size may be auto.
  """
  with help_text.section('Data'):
    flags.DEFINE_string(
      'data_dir',
      config.temporary_folder('mydata'),
      'Folder of the TFRecord shards that build_image_data wrote.',
    )
    _define_batch_size(auto=auto_batch_size)
    _integer(
      'image_size', "Height and width of the model's input images, in pixels."
    )
  with help_text.section('Speed and memory'):
    _integer(
      'num_preprocess_threads',
      'Number of threads that decode and distort images.',
    )
    _integer('num_readers', 'Number of shards that training reads in parallel.')
    _integer(
      'input_queue_memory_factor',
      'Size of the shuffle buffer in units of 1024 encoded images; each takes '
      'about 0.1 GB with photographs of 100 kB.',
    )


def _integer(name: str, text: str) -> None:
  flags.DEFINE_integer(name, default(config.InputConfig, name), text)


def _define_batch_size(*, auto: bool) -> None:
  if not auto:
    _integer('batch_size', 'Number of examples in a batch, over all devices.')
    return
  flags.DEFINE(
    _BatchSizeParser(),
    'batch_size',
    default(config.InputConfig, 'batch_size'),
    'Number of examples in a batch, over all devices; auto takes the largest '
    'that fits into memory and scales the learning rate with it.',
    serializer=flags.ArgumentSerializer(),
  )


def define_precision_flag() -> None:
  """Defines --precision."""
  with help_text.section('Speed and memory'):
    flags.DEFINE_enum(
      'precision',
      default(training_config.TrainConfig, 'precision'),
      training_config.PRECISIONS,
      "Number format of the network's arithmetic; variables are always "
      'float32. auto is bfloat16 on a processor or GPU that computes in it, '
      'and float32 elsewhere. Evaluation uses the precision of the training '
      'unless this flag is given.',
    )


def input_config(**overrides: Any) -> config.InputConfig:
  """Returns the input flags' values as an InputConfig.

  Args:
    **overrides: fields that are not flags of every command.

  Raises:
    UserError: a value is refused.
  """
  values = {
    name: FLAGS[name].value
    for name in _INPUT_FLAGS
    # AUTO is resolved later; until then the default stands for it.
    if FLAGS[name].value != AUTO
  }
  return build(
    config.InputConfig,
    data_dir=command.resolve_path(FLAGS.data_dir),
    **(values | overrides),
  )


def load_data(
  settings: config.InputConfig, *, load: Callable[[str], dataset.Dataset]
) -> dataset.Dataset:
  """Loads the dataset in settings.data_dir.

  Args:
    settings: the config with the folder and the subset.
    load: data_dir -> Dataset, such as flowers_data.load.

  Raises:
    UserError: the folder does not exist, is unusable, or lacks
      settings.subset.
  """
  # An existing folder may lack a description of its records: see flowers_data.
  if not pathlib.Path(settings.data_dir).exists():
    raise errors.UserError(
      f'--data_dir: there is no folder {settings.data_dir!r}: check the path, '
      'or make the records first (build_image_data)'
    )
  with command.naming('data_dir'):
    data = load(settings.data_dir)
  check_subset(data, settings.subset, 'data_dir')
  return data


def check_subset(data: dataset.Dataset, subset: str, flag: str) -> None:
  """Requires that the data has records of a subset.

  Args:
    data: the dataset.
    subset: the subset, such as 'train'.
    flag: name of the flag to blame in the error.

  Raises:
    UserError: the data has none.
  """
  with command.naming(flag):
    data.num_examples(subset)
    data.shard_files(subset)


def build(config_class: Callable[..., _T], **values: Any) -> _T:
  """Returns config_class(**values).

  Raises:
    UserError: a value is refused. The message begins with the name of the
      field, which is the flag's name.
  """
  try:
    return config_class(**values)
  except ValueError as error:
    raise errors.UserError(f'--{error}') from error
