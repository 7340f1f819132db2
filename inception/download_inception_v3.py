"""Downloads a pretrained Inception v3 for fine-tuning.

  bazel build //inception:download_inception_v3
  bazel-bin/inception/download_inception_v3 MODEL_DIR

The last line of the output is the path for flowers_train's
--pretrained_model_checkpoint_path. If the model is already there, the path is
printed at once; an interrupted download is resumed.
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
    'Origin of the weights: research is the release of 2016-03-01, slim the '
    'one of TF-Slim of 2016-08-28, keras the one of Keras Applications.',
  )
  flags.DEFINE_string(
    'archive',
    '',
    "Path or address (http, https, file) of another copy of the source's "
    'file; empty uses the published one.',
  )


_define_flags()


def main(argv: Sequence[str]) -> int:
  """Downloads the model, and returns the exit code."""
  if len(argv) != 2 or not argv[1]:
    raise errors.UserError(
      'give the folder for the model, and nothing else but flags: '
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
  """Returns the checkpoint's path, and its title."""
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
