"""The flags of predict.

define        defines the flags
check_model   refuses flags that --model excludes
"""

import os
from typing import Any

from absl import flags

from inception.cli import common_flags
from inception.cli import help_text
from inception.jobs import errors
from inception.prediction import answer_formats
from inception.prediction import engines
from inception.prediction import prediction_settings
from inception.settings import config
from inception.settings import training_config

FLAGS = flags.FLAGS

# --help of a command lists the flags that are defined for it here.
flags.disclaim_key_flags()


def define() -> None:
  """Defines the flags of predict."""
  with help_text.section('Model'):
    _define_model_flags()
  with help_text.section('Answers'):
    _define_answer_flags()
  with help_text.section('Copies of the pictures'):
    _define_copy_flags()
  with help_text.section('Job arrays'):
    _define_shard_flags()
  with help_text.section('Speed and memory'):
    _define_speed_flags()


def check_model() -> None:
  """Refuses flags that --model excludes.

  Raises:
    errors.UserError: one of them is given.
  """
  if FLAGS['checkpoint_dir'].present:
    raise errors.UserError(
      '--model and --checkpoint_dir are both given: leave one out'
    )
  if FLAGS.precision:
    raise errors.UserError(
      '--precision is that of the export for --model: leave it out, or export '
      f'again with --precision={FLAGS.precision}'
    )


def _default(name: str) -> Any:
  return common_flags.default(prediction_settings.Settings, name)


def _define_model_flags() -> None:
  flags.DEFINE_string(
    'checkpoint_dir',
    config.temporary_folder('imagenet_train'),
    "Folder of the checkpoints, a training's --train_dir, or one checkpoint.",
  )
  flags.DEFINE_string(
    'model',
    '',
    'Folder of an export with a SavedModel, in place of --checkpoint_dir.',
  )
  flags.DEFINE_string(
    'labels_file',
    '',
    'File with one class name per line, in the order of their labels: needed '
    'for checkpoints of 2016, which have no class names.',
  )
  flags.DEFINE_enum(
    'precision',
    None,
    training_config.PRECISIONS,
    "Precision of the network's arithmetic; that of the training unless given.",
  )
  flags.DEFINE_enum(
    'views',
    str(_default('views')),
    [str(number) for number in prediction_settings.VIEWS],
    'Number of views of each picture that are averaged: 2 adds its mirror '
    'image, 10 also the crops at its corners and their mirror images.',
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
  flags.DEFINE_enum(
    'format',
    None,
    answer_formats.FORMATS,
    'Format of the answers; unless given, the one that the ending of --output '
    'implies, or else a table.',
  )
  flags.DEFINE_string(
    'output', '', 'File for the answers, instead of standard output.'
  )


def _define_copy_flags() -> None:
  flags.DEFINE_string(
    'explain',
    '',
    'Folder for copies of the pictures in which the evidence for the answer is '
    'coloured.',
  )
  flags.DEFINE_string(
    'sort_into',
    '',
    'Folder for copies of the files, in one folder per class and one called '
    'unsure. No file is moved, overwritten or deleted.',
  )


def _define_shard_flags() -> None:
  flags.DEFINE_integer(
    'num_shards',
    1,
    'Number of tasks that share the files, such as those of a job array.',
    lower_bound=1,
  )
  flags.DEFINE_integer(
    'shard_index', 0, "This task's number, counted from 0.", lower_bound=0
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
