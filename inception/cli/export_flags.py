"""The flags of export.

define        defines the flags
format_names  returns the formats that --format lists
"""

from absl import flags

from inception.cli import help_text
from inception.cli import model_flags
from inception.exporting import export_files
from inception.exporting import export_model
from inception.exporting import formats
from inception.jobs import errors

FLAGS = flags.FLAGS

# --help of a command lists the flags that are defined for it here.
flags.disclaim_key_flags()


def define() -> None:
  """Defines the flags of export."""
  with help_text.section('Model'):
    model_flags.define_checkpoint()
    model_flags.define_labels()
  with help_text.section('Files'):
    _define_file_flags()
  with help_text.section('Checks'):
    _define_check_flags()


def _define_file_flags() -> None:
  flags.DEFINE_string(
    'output',
    '',
    'Folder for the files. An existing export is never changed: another one '
    'gets the next number.',
  )
  flags.DEFINE_list(
    'format',
    [export_files.SAVED_MODEL],
    f'Formats, separated by commas: {", ".join(formats.FORMATS)}.',
  )
  flags.DEFINE_enum(
    'precision',
    'float32',
    export_model.PRECISIONS,
    "Number format of the network's arithmetic in the files; bfloat16 halves "
    'their size, and is slow on processors without it.',
  )


def _define_check_flags() -> None:
  flags.DEFINE_string(
    'data_dir',
    '',
    'Folder of the records that check the files, and that the model card '
    'describes. Without it, the check uses generated pictures.',
  )
  flags.DEFINE_string(
    'subset',
    'validation',
    'Subset of the records with which the files are checked.',
  )
  flags.DEFINE_integer(
    'num_check_examples',
    500,
    'Maximum number of pictures for the check.',
    lower_bound=1,
  )
  flags.DEFINE_string(
    'eval_dir',
    '',
    'Folder of an evaluation of the checkpoint, for the figures in the model '
    'card.',
  )


def format_names() -> list[str]:
  """Returns the formats that --format lists, without repetition.

  Raises:
    errors.UserError: a format does not exist or is not installed, or needs
      records that are not given.
  """
  names = list(dict.fromkeys(name.strip() for name in FLAGS.format))
  if not any(names):
    raise errors.UserError(
      f'--format is empty: give one or more of {", ".join(formats.FORMATS)}'
    )
  for name in names:
    if name not in formats.FORMATS:
      raise errors.UserError(
        f'--format: there is no format {name!r}: give one or more of '
        f'{", ".join(formats.FORMATS)}'
      )
    form = formats.FORMATS[name]
    if not form.is_installed:
      raise errors.UserError(
        f'--format: {name} needs the package {form.package}, which is not '
        f'installed: install it (pip install {form.package}), or leave {name} '
        'out'
      )
    if FLAGS.precision not in form.bound:
      raise errors.UserError(
        f'--precision: {name} does not support {FLAGS.precision}: leave the '
        f'flag out, or export {name} separately'
      )
    if form.needs_data and not FLAGS.data_dir:
      raise errors.UserError(
        f'--format: {name} is calibrated on training records: give --data_dir'
      )
  return names
