"""Flags of the commands that classify photographs, and the model they name.

define              defines the flags
define_checkpoint   defines --checkpoint_dir alone
define_labels       defines --labels_file alone
read_labels         returns the class names of --labels_file
choose              returns the model with its labels and its threshold
engine              returns the program that runs the network
settings            returns the settings of the classification
of_model            returns them with what the loaded model determines
num_views           returns the number of views of each picture
Model               result of choose
"""

import dataclasses
import os
from collections.abc import Mapping
from typing import Any

from absl import flags

from inception.checkpoints import threshold
from inception.cli import command
from inception.cli import common_flags
from inception.cli import help_text
from inception.exporting import export_files
from inception.exporting import export_reader
from inception.jobs import errors
from inception.prediction import checkpoint_choice
from inception.prediction import engines
from inception.prediction import prediction_settings
from inception.settings import config
from inception.settings import parsing
from inception.settings import training_config

FLAGS = flags.FLAGS

# --help of a command lists the flags that are defined for it here.
flags.disclaim_key_flags()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Model:
  """A checkpoint or an export, with its labels and its threshold.

  Attributes:
    prefix: result of checkpoint_choice.locate(), or the export's graph file.
    labels: class names of --labels_file; may be empty.
    stored: content of threshold.json; None where it is not used.
    description: description in the export; None for a checkpoint.
  """

  prefix: str
  labels: tuple[str, ...]
  stored: threshold.Threshold | None
  description: Mapping[str, Any] | None = None


def define() -> None:
  """Defines the flags."""
  with help_text.section('Model'):
    _define_model_flags()
  with help_text.section('Answers'):
    _define_answer_flags()
  with help_text.section('Speed and memory'):
    _define_speed_flags()


def define_checkpoint() -> None:
  """Defines --checkpoint_dir."""
  flags.DEFINE_string(
    'checkpoint_dir',
    config.temporary_folder('imagenet_train'),
    "Folder of the checkpoints, a training's --train_dir, or one checkpoint.",
  )


def define_labels() -> None:
  """Defines --labels_file."""
  flags.DEFINE_string(
    'labels_file',
    '',
    'File with one class name per line, in the order of their labels: needed '
    'for checkpoints of 2016, which have no class names.',
  )


def read_labels() -> tuple[str, ...]:
  """Returns the class names of --labels_file; empty if it is not given.

  Raises:
    UserError: the file cannot be used.
  """
  if not FLAGS.labels_file:
    return ()
  with command.naming('labels_file'):
    return checkpoint_choice.read_labels(
      command.resolve_path(FLAGS.labels_file)
    )


def choose() -> Model:
  """Returns the model that the flags name, with its labels and its threshold.

  Raises:
    UserError: there is no such model, its labels or threshold are unusable, or
      flags contradict each other.
  """
  labels = read_labels()
  if FLAGS.model:
    return _export(labels)
  with command.naming('checkpoint_dir'):
    prefix = checkpoint_choice.locate(
      command.resolve_path(FLAGS.checkpoint_dir)
    )
    stored = None
    if FLAGS.min_probability is None:
      stored = checkpoint_choice.stored_threshold(prefix)
  return Model(prefix=prefix, labels=labels, stored=stored)


def _export(labels: tuple[str, ...]) -> Model:
  """Returns the export of --model."""
  if FLAGS['checkpoint_dir'].present:
    raise errors.UserError(
      '--model and --checkpoint_dir are both given: leave one out'
    )
  if FLAGS.precision:
    raise errors.UserError(
      '--precision is that of the export for --model: leave it out, or export '
      f'again with --precision={FLAGS.precision}'
    )
  if FLAGS.engine == engines.OPENVINO:
    raise errors.UserError(
      '--engine=openvino runs a checkpoint: give --checkpoint_dir in place of '
      '--model, or leave --engine out'
    )
  with command.naming('model'):
    folder = export_reader.locate(command.resolve_path(FLAGS.model))
    description = export_reader.read_description(folder)
  if FLAGS.min_probability is not None:
    description['none_of_these'] = None
  return Model(
    prefix=str(folder / export_files.NETWORK),
    labels=labels,
    stored=None,
    description=description,
  )


def engine() -> str:
  """Returns the program that runs the network, one of engines.ENGINES.

  Raises:
    engines.EngineError: it is not installed.
  """
  return engines.TENSORFLOW if FLAGS.model else engines.choose(FLAGS.engine)


def settings() -> prediction_settings.Settings:
  """Returns the settings of the classification, without a rule.

  Raises:
    UserError: a value is refused.
  """
  return common_flags.build(
    prediction_settings.Settings,
    batch_size=FLAGS.batch_size,
    top_k=FLAGS.top_k,
    views=num_views(1),
    num_threads=FLAGS.num_threads,
    min_probability=FLAGS.min_probability or 0.0,
  )


def of_model(
  settings: prediction_settings.Settings,
  *,
  views: int,
  rule: threshold.Rule | None,
) -> prediction_settings.Settings:
  """Returns the settings with what a loaded model determines.

  Args:
    settings: result of settings().
    views: the model's number of views, for --views not given.
    rule: the model's rule for 'none of these'.
  """
  return dataclasses.replace(settings, views=num_views(views), rule=rule)


def num_views(recorded: int) -> int:
  """Returns the number of views of each picture.

  Args:
    recorded: the model's number of views, for --views not given; a later
      version may have recorded one that is unknown here.
  """
  if FLAGS.views is not None:
    return int(FLAGS.views)
  return recorded if recorded in parsing.VIEWS else 1


def _default(name: str) -> Any:
  return common_flags.default(prediction_settings.Settings, name)


def _define_model_flags() -> None:
  define_checkpoint()
  flags.DEFINE_string(
    'model',
    '',
    'Folder of an export with a SavedModel, in place of --checkpoint_dir.',
  )
  define_labels()
  flags.DEFINE_enum(
    'precision',
    None,
    training_config.PRECISIONS,
    "Precision of the network's arithmetic; that of the training unless given.",
  )
  flags.DEFINE_enum(
    'views',
    None,
    [str(number) for number in parsing.VIEWS],
    'Number of views of each picture that are averaged: 2 adds its mirror '
    'image, 10 also the crops at its corners and their mirror images. Unless '
    'given, the number is that of the training.',
  )


def _define_answer_flags() -> None:
  flags.DEFINE_integer(
    'top_k',
    _default('top_k'),
    'Number of classes in each answer.',
    lower_bound=1,
  )
  flags.DEFINE_float(
    'min_probability',
    None,
    'Least probability of an answer; below it, the answer is "none of these". '
    'If not given, threshold.json beside the checkpoint decides: evaluation '
    'with --target_precision writes it, for probabilities softmax(logits / '
    'temperature), while those printed are softmax(logits).',
    lower_bound=0.0,
    upper_bound=1.0,
  )


def _define_speed_flags() -> None:
  flags.DEFINE_enum(
    'engine',
    engines.TENSORFLOW,
    engines.ENGINES,
    'Program that runs the network: openvino needs the package of that name '
    'and uses the CPU; auto chooses it where it is installed. The '
    'probabilities differ by rounding.',
  )
  flags.DEFINE_integer(
    'batch_size',
    _default('batch_size'),
    'Number of views per call of the network.',
    lower_bound=1,
  )
  flags.DEFINE_integer(
    'num_threads',
    os.cpu_count() or 1,
    'Number of files that are read and decoded at a time.',
    lower_bound=1,
  )
