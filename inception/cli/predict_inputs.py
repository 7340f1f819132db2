"""Files, folders and facts of a run of predict, from its flags.

files          returns the files that the arguments name
make_folders   makes the output folders
format_name    returns the format of the answers
facts          returns everything that distinguishes a run from other runs
"""

import pathlib
import sys
from collections.abc import Sequence
from typing import Any

from absl import flags

from inception.cli import command
from inception.cli import model_flags
from inception.jobs import checksums
from inception.jobs import errors
from inception.prediction import answer_formats
from inception.prediction import checkpoint_choice
from inception.prediction import engines
from inception.prediction import file_list
from inception.prediction import prediction_settings

FLAGS = flags.FLAGS

# The content of the checkpoint identifies it, so that a copy elsewhere resumes.
_FACTS = ('top_k', 'views', 'num_shards', 'shard_index', 'explain', 'sort_into')


def files(arguments: Sequence[str]) -> file_list.FileList:
  """Returns the files that the arguments name.

  Args:
    arguments: arguments of the command.

  Raises:
    file_list.InputError: an argument names no image.
  """
  named = file_list.expand(
    arguments,
    base=command.resolve_path('.'),
    read_stdin=lambda: sys.stdin.buffer.read(),
  )
  if named.num_left_out:
    sys.stderr.write(
      'Files in the folders that are left out, because neither their names nor '
      f'their contents are those of images: {named.num_left_out:,}.\n'
    )
  return named


def facts(
  model: model_flags.Model,
  chosen: file_list.FileList,
  settings: prediction_settings.Settings,
  engine: str,
) -> dict[str, Any]:
  """Returns everything that distinguishes a run from other runs.

  Args:
    model: model that classifies.
    chosen: files to classify.
    settings: settings of the classification.
    engine: program that computes the network, one of prediction.engines.
  """
  return {
    'checkpoint': checkpoint_choice.fingerprint(model.prefix),
    'files': checksums.fingerprint({'names': list(chosen.names)}),
    'labels': list(model.labels),
    'format': format_name(),
    'min_probability': settings.min_probability,
    'threshold': model.stored
    and checksums.fingerprint({
      'checkpoint': model.stored.checkpoint,
      'class_names': model.stored.class_names,
      'rejection': model.stored.rejection,
    }),
    'precision': FLAGS.precision,
    # Rounding differs, and with it the last digits of the probabilities.
    **({} if engine == engines.TENSORFLOW else {'engine': engine}),
    **{name: FLAGS[name].value for name in _FACTS},
  }


def format_name() -> str:
  """Returns the name of the format of the answers."""
  return FLAGS.format or answer_formats.of_file(FLAGS.output) or 'table'


def make_folders(arguments: Sequence[str]) -> None:
  """Makes the output folders, none of which may be in an input folder.

  Args:
    arguments: arguments of the command.

  Raises:
    errors.UserError: a folder is in an input folder, or cannot be made.
  """
  for flag in ('explain', 'sort_into'):
    folder = command.resolve_path(str(FLAGS[flag].value))
    if not folder:
      continue
    real = pathlib.Path(folder).resolve()
    for argument in arguments:
      given = pathlib.Path(command.resolve_path(argument))
      if given.is_dir() and real.is_relative_to(given.resolve()):
        raise errors.UserError(
          f'--{flag}: {folder!r} is in {argument!r}, so that the next run '
          'would classify the files that this one writes: give a folder '
          'elsewhere'
        )
    command.make_folder(folder, flag)
