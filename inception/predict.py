"""Says what is on photographs, by a trained model.

  bazel build //inception:predict
  bazel-bin/inception/predict --checkpoint_dir=TRAIN photo.jpg folder "*.png"

Files, folders (searched to any depth), patterns, and - for a list on standard
input. A broken file is reported in its row, and the others are classified; the
exit code is 1 then. With --output, the same command given again resumes a run
that was interrupted:

  predict --checkpoint_dir=TRAIN --output=answers.csv photos
"""

import pathlib
import sys
import warnings
from collections.abc import Sequence

from absl import flags

from inception.cli import command
from inception.cli import common_flags
from inception.cli import predict_flags
from inception.jobs import checksums
from inception.jobs import errors
from inception.jobs import output_folder
from inception.prediction import answer_file
from inception.prediction import answer_formats
from inception.prediction import checkpoint_choice
from inception.prediction import file_list
from inception.prediction import prediction_settings

FLAGS = flags.FLAGS

_SETTINGS = ('batch_size', 'top_k', 'views', 'num_threads')
# A checkpoint is told by its content, so that a copy elsewhere resumes too.
_FACTS = ('top_k', 'views', 'num_shards', 'shard_index', 'explain', 'sort_into')


# So few are classified before a network that is faster has begun.
_FEW_FILES = 64


predict_flags.define()


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
