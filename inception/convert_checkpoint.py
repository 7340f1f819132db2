"""Converts a checkpoint of Inception v3 for another program.

  bazel build //inception:convert_checkpoint
  bazel-bin/inception/convert_checkpoint --input=TRAIN --output=flowers.h5

The formats are those of research/inception (2016), this project's own; of
TF-Slim (inception_v3.ckpt of 2016-08-28); and of Keras' InceptionV3 (.h5).
TensorFlow's old V1 checkpoints are read, and V2 checkpoints written. The values
are copied bit by bit; values that the other program does not store are left
out and reported. An existing file is never overwritten.

  convert_checkpoint --input=inception-v3/model.ckpt-157585 --output=v2.ckpt
  convert_checkpoint --input=TRAIN --output=flowers.ckpt --to=slim
"""

import pathlib
from collections.abc import Sequence

from absl import flags

from inception.checkpoints import checkpoint_paths
from inception.checkpoints import conversion_target
from inception.cli import command
from inception.jobs import errors
from inception.jobs import output_folder

FLAGS = flags.FLAGS


def _define_flags() -> None:
  flags.DEFINE_string(
    'input',
    '',
    'Checkpoint or .h5 file to convert, or a folder, for its newest '
    'checkpoint.',
  )
  flags.DEFINE_string(
    'output', '', 'Path of the new .h5 file, or prefix of the new checkpoint.'
  )
  flags.DEFINE_enum(
    'to',
    None,
    conversion_target.FORMATS,
    'Format of the output: 2016 is the one of research/inception and this '
    'project, slim the one of TF-Slim, keras the one of Keras Applications. '
    'Without this flag it is keras for a name that ends in .h5, and else 2016.',
  )
  flags.DEFINE_boolean(
    'averaged',
    True,
    'Whether moving averages become the weights where the output cannot hold '
    'averages (slim, keras). Evaluation and prediction use the averages.',
  )
  flags.DEFINE_boolean(
    'include_top',
    True,
    "Whether an .h5 file has the classifier, as for Keras' include_top.",
  )


_define_flags()


def main(argv: Sequence[str]) -> int:
  """Converts the checkpoint, and returns the exit code."""
  command.check_no_arguments(argv)
  for name in ('input', 'output'):
    if not FLAGS[name].value:
      raise errors.UserError(
        f'--{name} is missing: give --input=CHECKPOINT --output=FILE'
      )
  with command.naming('input'):
    path, _ = checkpoint_paths.resolve(command.resolve_path(FLAGS.input))
  output = command.resolve_path(FLAGS.output)
  to = conversion_target.choose(output, FLAGS.to)
  if not FLAGS.include_top and to != conversion_target.KERAS:
    raise errors.UserError('--noinclude_top is only for --to=keras: omit it')
  with command.naming('output'):
    conversion_target.check(output, to)
  folder = str(pathlib.Path(output).parent)
  command.make_folder(folder, 'output')
  command.load_tensorflow()
  from inception.checkpoints import conversion

  with output_folder.guard(folder):
    report = conversion.convert(
      path,
      output,
      to=to,
      averaged=FLAGS.averaged,
      include_top=FLAGS.include_top,
    )
  print('\n'.join(report))
  return 0


if __name__ == '__main__':
  command.run(main)
