"""Downloads a pretrained Inception v3, to fine-tune.

  bazel build //inception:download_inception_v3
  bazel-bin/inception/download_inception_v3 MODEL_DIR

The last line of what it prints is the path for flowers_train's
--pretrained_model_checkpoint_path. A second run prints it at once; one after an
interruption goes on where that came.
"""

import os
import pathlib
from collections.abc import Sequence

from absl import flags

from inception.cli import command
from inception.jobs import errors

FLAGS = flags.FLAGS

_SOURCES = ('research', 'slim', 'keras')


def _define_flags() -> None:
  flags.DEFINE_enum(
    'source',
    'research',
    _SOURCES,
    'Origin of the weights: research is the release of 2016-03-01, slim that '
    'of TF-Slim of 2016-08-28, keras that of Keras Applications.',
  )
  flags.DEFINE_string(
    'archive',
    '',
    "Path or address (http, https, file) of another copy of that origin's "
    'file; empty takes the published one.',
  )


_define_flags()


def main(argv: Sequence[str]) -> int:
  """Gets the model; returns the exit code."""
  if len(argv) != 2 or not argv[1]:
    raise errors.UserError(
      'give the folder for the model, and nothing else besides flags: '
      'download_inception_v3 MODEL_DIR'
    )
  folder = os.path.abspath(command.resolve_path(argv[1]))
  archive = FLAGS.archive
  if archive and '://' not in archive:
    archive = command.resolve_path(archive)
    if not pathlib.Path(archive).is_file():
      raise errors.UserError(
        f'--archive: {archive!r} is not a file: give the path or the address '
        'of another copy'
      )
  checkpoint, title = _obtain(folder, archive)
  print(f'{title}. For --pretrained_model_checkpoint_path:')
  print(checkpoint)
  return 0


def _obtain(folder: str, archive: str) -> tuple[pathlib.Path, str]:
  """Returns the checkpoint's path, and what it is."""
  from inception.downloads import downloads
  from inception.downloads import pretrained_models
  from inception.jobs import output_folder

  source = pretrained_models.SOURCES[FLAGS.source]
  try:
    with output_folder.guard(folder):
      return pretrained_models.obtain(
        source, folder, archive=archive, log=print
      ), source.title
  except (downloads.DownloadError, pretrained_models.PretrainedError) as error:
    raise errors.UserError(
      f'{error} (--archive takes the path or address of another copy)'
    ) from error


if __name__ == '__main__':
  command.run(main)
