"""Checks every record of a folder, and reports the contents.

  bazel build //inception:inspect_records
  bazel-bin/inception/inspect_records DATA_DIR --html=page.html

DATA_DIR holds the shards that build_image_data or the 2016 scripts wrote. The
exit code is 0 if training can use all records, and 1 if there are problems.
Pictures that occur more than once are reported, but are not problems. Mirrored
and cropped copies are among them if training with --trainable_scopes=head has
cached the features of these records in DATA_DIR/features.
"""

import pathlib
import warnings
from collections.abc import Sequence

from absl import flags

from inception.cli import command
from inception.cli import common_flags
from inception.jobs import errors
from inception.jobs import output_folder
from inception.settings import config

FLAGS = flags.FLAGS


def _define_flags() -> None:
  flags.DEFINE_string(
    'subset', '', 'Subset to inspect, such as train; empty inspects all.'
  )
  flags.DEFINE_string(
    'html',
    '',
    'File for an HTML page with pictures of each class, problems, and '
    'repeated pictures; empty writes no page.',
  )
  flags.DEFINE_integer(
    'num_threads',
    common_flags.default(config.RecordsConfig, 'num_threads'),
    'Number of records to check at a time.',
    lower_bound=1,
  )
  flags.DEFINE_integer(
    'near_duplicate_distance',
    None,
    'Largest number of differing bits, of 256, at which two pictures count as '
    'near copies; 0 finds only byte-identical copies. The default is the value '
    'in the audit.json beside the records, if there is one.',
    lower_bound=0,
    upper_bound=config.MAX_NEAR_DUPLICATE_DISTANCE,
  )


_define_flags()


def main(argv: Sequence[str]) -> int:
  """Inspects the records; returns the exit code."""
  if len(argv) != 2:
    raise errors.UserError(
      'pass the folder of the records, and nothing else besides flags: '
      'inspect_records DATA_DIR'
    )
  data_dir = command.resolve_path(argv[1])
  if not pathlib.Path(data_dir).is_dir():
    raise errors.UserError(
      f'{data_dir!r} is not a folder: pass the one that holds the shards'
    )
  # Pillow warns about oddities in metadata that do not matter here.
  warnings.filterwarnings('ignore', module='PIL')
  from inception.inspection import inspection_page
  from inception.inspection import inspection_text
  from inception.inspection import record_inspection

  page = command.resolve_path(FLAGS.html)
  with output_folder.guard(data_dir):
    if page:
      with command.naming('html'):
        inspection_page.check(page)
    inspection = record_inspection.inspect(
      data_dir,
      subset=FLAGS.subset,
      num_threads=FLAGS.num_threads,
      near_duplicate_distance=FLAGS.near_duplicate_distance,
      log=print,
    )
    for line in inspection_text.lines(inspection):
      print(line)
    if page:
      with command.naming('html'):
        inspection_page.write(inspection, page)
      print(f'Open in a browser: {page}')
  print(inspection_text.verdict(inspection))
  return 1 if inspection.num_problems else 0


if __name__ == '__main__':
  command.run(main)
