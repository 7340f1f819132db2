"""Says what is on photographs, by a trained model.

  bazel build //inception:predict
  bazel-bin/inception/predict --checkpoint_dir=TRAIN photo.jpg folder "*.png"

Files, folders (searched to any depth), patterns, and - for a list on standard
input. A broken file is reported in its row, and the others are classified; the
exit code is 1 then. With --output, the same command given again resumes a run
that was interrupted:

  predict --checkpoint_dir=TRAIN --output=answers.csv photos
"""

import os
import pathlib
import sys
import warnings
from collections.abc import Sequence

from absl import flags

from inception.cli import command
from inception.cli import common_flags
from inception.jobs import checksums
from inception.jobs import errors
from inception.jobs import output_folder
from inception.prediction import answer_file
from inception.prediction import answer_formats
from inception.prediction import checkpoint_choice
from inception.prediction import file_list
from inception.prediction import prediction_settings
from inception.settings import config
from inception.settings import training_config

FLAGS = flags.FLAGS

_SETTINGS = ('batch_size', 'top_k', 'views', 'num_threads')
# A checkpoint is told by its content, so that a copy elsewhere resumes too.
_FACTS = ('top_k', 'views', 'num_shards', 'shard_index', 'explain', 'sort_into')


# So few are classified before a network that is faster has begun.
_FEW_FILES = 64


def _define_flags() -> None:
  def default(name):
    return common_flags.default(prediction_settings.Settings, name)

  flags.DEFINE_string(
    'checkpoint_dir',
    config.temporary_folder('imagenet_train'),
    "Folder of the checkpoints, a training's --train_dir, or one checkpoint.",
  )
  flags.DEFINE_string(
    'labels_file',
    '',
    'File that names one class a line, in the order of their labels: needed '
    'for checkpoints of 2016, which do not name them.',
  )
  flags.DEFINE_enum(
    'precision',
    None,
    training_config.PRECISIONS,
    "Of the network's arithmetic; that of the training unless given.",
  )
  flags.DEFINE_float(
    'min_probability',
    None,
    'Below this probability the answer is "none of these"; unless given, what '
    'threshold.json beside the checkpoint says, or else 0.',
    lower_bound=0.0,
    upper_bound=1.0,
  )
  flags.DEFINE_integer(
    'top_k', default('top_k'), 'Classes of each answer.', lower_bound=1
  )
  flags.DEFINE_enum(
    'views',
    str(default('views')),
    [str(number) for number in prediction_settings.VIEWS],
    'Views of each picture that are averaged: 2 adds its mirror image, 10 also '
    'the crops at its corners.',
  )
  flags.DEFINE_enum(
    'format',
    None,
    answer_formats.FORMATS,
    "Of the answers; unless given, that of --output's ending, or a table.",
  )
  flags.DEFINE_string(
    'output', '', 'File for the answers, in place of standard output.'
  )
  flags.DEFINE_string(
    'explain',
    '',
    'Folder for copies of the pictures with what speaks for the answer in '
    'colour.',
  )
  flags.DEFINE_string(
    'sort_into',
    '',
    'Folder for copies of the files, in one folder for each class and one '
    'called unsure. No file is moved, overwritten or deleted.',
  )
  flags.DEFINE_integer(
    'num_shards',
    1,
    'Tasks that share the files, as those of a job array do.',
    lower_bound=1,
  )
  flags.DEFINE_integer(
    'shard_index', 0, "This task's number, counted from 0.", lower_bound=0
  )
  flags.DEFINE_integer(
    'batch_size',
    default('batch_size'),
    'Views that the network gets at a time.',
    lower_bound=1,
  )
  flags.DEFINE_integer(
    'num_threads',
    os.cpu_count() or 1,
    'Files that are read and decoded at a time.',
    lower_bound=1,
  )


_define_flags()


def main(argv: Sequence[str]) -> int:
  """Classifies; returns the exit code."""
  # Pillow warns of oddities in metadata that do not matter here.
  warnings.filterwarnings('ignore', module='PIL')
  if FLAGS.shard_index >= FLAGS.num_shards:
    raise errors.UserError(
      f'--shard_index={FLAGS.shard_index} with --num_shards='
      f'{FLAGS.num_shards}: give 0 to {FLAGS.num_shards - 1}'
    )
  with command.naming('checkpoint_dir'):
    prefix = checkpoint_choice.locate(
      command.resolve_path(FLAGS.checkpoint_dir)
    )
    settings = common_flags.build(
      prediction_settings.Settings,
      batch_size=FLAGS.batch_size,
      top_k=FLAGS.top_k,
      views=int(FLAGS.views),
      num_threads=FLAGS.num_threads,
      min_probability=checkpoint_choice.min_probability(
        prefix, FLAGS.min_probability
      ),
    )
  labels = ()
  if FLAGS.labels_file:
    with command.naming('labels_file'):
      labels = checkpoint_choice.read_labels(
        command.resolve_path(FLAGS.labels_file)
      )
  files = file_list.expand(
    argv[1:],
    base=command.resolve_path('.'),
    read_stdin=lambda: sys.stdin.buffer.read(),
  )
  if files.num_left_out:
    sys.stderr.write(
      f'Left out of the folders, no images by name or beginning: '
      f'{files.num_left_out:,}.\n'
    )
  output = command.resolve_path(FLAGS.output)
  facts = _facts(prefix, labels, files, settings)
  if output:
    with command.naming('output'):
      note = answer_file.check(output, facts)
    if note.get('complete'):
      sys.stderr.write(f'{output} is complete: there is nothing to do.\n')
      return _exit_code(note['counts'], note['rows'])
    if note.get('rows'):
      sys.stderr.write(f'{output} has {note["rows"]:,} answers: resuming.\n')
  _check_folders(argv[1:])
  command.load_tensorflow()
  return _run(prefix, labels, files, settings, output, facts)


def _facts(prefix, labels, files, settings) -> dict:
  """Returns what makes a run another than others."""
  return {
    'checkpoint': checkpoint_choice.fingerprint(prefix),
    'files': checksums.fingerprint({'names': list(files.names)}),
    'labels': list(labels),
    'format': _format_name(),
    'min_probability': settings.min_probability,
    'precision': FLAGS.precision,
    **{name: FLAGS[name].value for name in _FACTS},
  }


def _format_name() -> str:
  return FLAGS.format or answer_formats.of_file(FLAGS.output) or 'table'


def _check_folders(arguments) -> None:
  """Makes the output folders, none of which may be among the input."""
  for flag in ('explain', 'sort_into'):
    folder = command.resolve_path(FLAGS[flag].value)
    if not folder:
      continue
    real = pathlib.Path(folder).resolve()
    for argument in arguments:
      given = pathlib.Path(command.resolve_path(argument))
      if given.is_dir() and real.is_relative_to(given.resolve()):
        raise errors.UserError(
          f'--{flag}: {folder!r} is in {argument!r}, so that the next run '
          'would classify what this one writes: give a folder elsewhere'
        )
    command.make_folder(folder, flag)


def _run(prefix, labels, files, settings, output, facts) -> int:
  from inception.prediction import classifier as classifier_lib
  from inception.prediction import prediction_job

  with command.naming('checkpoint_dir'):
    classifier = classifier_lib.load(
      prefix,
      labels=labels,
      precision=FLAGS.precision,
      starts_fast=len(files.names) <= _FEW_FILES,
    )
  job = prediction_job.Job(
    classifier=classifier,
    settings=settings,
    all_names=files.names,
    files=files.shard(FLAGS.shard_index, FLAGS.num_shards),
    explain=command.resolve_path(FLAGS.explain),
    sort_into=command.resolve_path(FLAGS.sort_into),
    log=lambda line: sys.stderr.write(f'{line}\n'),
  )
  form = answer_formats.make(
    _format_name(),
    top_k=min(settings.top_k, len(classifier.class_names)),
    names=job.files.names,
    class_names=classifier.class_texts or classifier.class_names,
  )
  if not output:
    writer = answer_file.StreamWriter(sys.stdout)
    return _finish(job, form, writer, shows_bar=not sys.stdout.isatty())
  with output_folder.guard(str(pathlib.Path(output).parent)):
    with answer_file.opened(output, facts) as writer:
      try:
        return _finish(job, form, writer, shows_bar=True)
      except KeyboardInterrupt:
        sys.stderr.write(
          f'predict: interrupted; {output} has {writer.num_rows:,} of '
          f'{len(job.files.names):,} answers: give the same command again to '
          'resume\n'
        )
        return 130


def _finish(job, form, writer, *, shows_bar: bool) -> int:
  job.run(form, writer, shows_bar=shows_bar)
  return _exit_code(writer.counts, writer.num_rows)


def _exit_code(counts, num_rows: int) -> int:
  """Returns 1 where a file was broken, and says so."""
  broken = counts.get('broken', 0)
  if broken:
    sys.stderr.write(
      f'predict: {broken:,} of {num_rows:,} files could not be used; their '
      'rows say why\n'
    )
  return 1 if broken else 0


if __name__ == '__main__':
  command.run(main)
