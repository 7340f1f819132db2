"""The flags of predict.

define   defines the flags
"""

from absl import flags

from inception.cli import help_text
from inception.cli import model_flags
from inception.prediction import answer_formats

FLAGS = flags.FLAGS

# --help of a command lists the flags that are defined for it here.
flags.disclaim_key_flags()


def define() -> None:
  """Defines the flags of predict."""
  model_flags.define()
  with help_text.section('Answers'):
    _define_answer_flags()
  with help_text.section('Copies of the pictures'):
    _define_copy_flags()
  with help_text.section('Job arrays'):
    _define_shard_flags()


def _define_answer_flags() -> None:
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
