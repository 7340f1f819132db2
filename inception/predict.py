"""Classifies photographs with a trained model.

  bazel build //inception:predict
  bazel-bin/inception/predict --checkpoint_dir=TRAIN photo.jpg folder "*.png"

Arguments are files, folders (searched to any depth), patterns, and - for a list
on standard input. A broken file is reported in its row, the other files are
classified, and the exit code is 1. With --output, the same command given again
resumes an interrupted run:

  predict --checkpoint_dir=TRAIN --output=answers.csv photos

The probabilities are softmax(logits), as in predictions.csv of an evaluation.
The answer is "none of these" where the threshold that evaluation found for the
checkpoint (threshold.json) rejects it: the largest of softmax(logits /
temperature) is less, or is the background class's. With --min_probability, the
answer is "none of these" where the printed probability is less. --model=EXPORT
takes an export, with its own threshold, in place of the checkpoint.
"""

import functools
import pathlib
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from absl import flags

from inception.cli import command
from inception.cli import model_flags
from inception.cli import predict_flags
from inception.cli import predict_inputs
from inception.jobs import errors
from inception.jobs import output_folder
from inception.prediction import answer_file
from inception.prediction import answer_formats
from inception.prediction import file_list
from inception.prediction import prediction_settings

FLAGS = flags.FLAGS

# With fewer files, a network that starts faster and is slower finishes first.
_FEW_FILES = 64


predict_flags.define()


def main(argv: Sequence[str]) -> int:
  """Classifies the files; returns the exit code."""
  # Pillow warns of oddities in metadata that do not matter here.
  warnings.filterwarnings('ignore', module='PIL')
  if FLAGS.shard_index >= FLAGS.num_shards:
    raise errors.UserError(
      f'--shard_index={FLAGS.shard_index} with --num_shards='
      f'{FLAGS.num_shards}: give 0 to {FLAGS.num_shards - 1}'
    )
  model = model_flags.choose()
  files = predict_inputs.files(argv[1:])
  settings = model_flags.settings()
  output = command.resolve_path(FLAGS.output)
  engine = model_flags.engine()
  facts = predict_inputs.facts(model, files, settings, engine)
  if output:
    with command.naming('output'):
      note = answer_file.check(output, facts)
    if note.get('complete'):
      sys.stderr.write(f'{output} is complete: there is nothing to do.\n')
      return _exit_code(note['counts'], note['rows'])
    if note.get('rows'):
      sys.stderr.write(f'{output} has {note["rows"]:,} answers: resuming.\n')
  predict_inputs.make_folders(argv[1:])
  command.load_tensorflow()
  return _run(model, files, settings, output, facts, engine)


def _run(
  model: model_flags.Model,
  files: file_list.FileList,
  settings: prediction_settings.Settings,
  output: str,
  facts: Mapping[str, Any],
  engine: str,
) -> int:
  """Loads the network, classifies and writes; returns the exit code."""
  from inception.cli import model_loading
  from inception.prediction import prediction_job

  classifier, rule = model_loading.load(
    model, starts_fast=len(files.names) <= _FEW_FILES, engine=engine
  )
  settings = model_flags.of_model(settings, views=classifier.views, rule=rule)
  job = prediction_job.Job(
    classifier=classifier,
    settings=settings,
    all_names=files.names,
    files=files.shard(FLAGS.shard_index, FLAGS.num_shards),
    explain=command.resolve_path(FLAGS.explain),
    sort_into=command.resolve_path(FLAGS.sort_into),
    log=_log,
  )
  form = answer_formats.make(
    predict_inputs.format_name(),
    top_k=min(settings.top_k, len(classifier.class_names)),
    names=job.files.names,
    class_names=classifier.class_texts or classifier.class_names,
  )
  run = functools.partial(job.run, form)
  if output:
    return _write(output, facts, run, num_files=len(job.files.names))
  stream = answer_file.StreamWriter(sys.stdout)
  run(stream, shows_bar=not sys.stdout.isatty())
  return _exit_code(stream.counts, stream.num_rows)


def _write(
  output: str,
  facts: Mapping[str, Any],
  run: Callable[..., None],
  *,
  num_files: int,
) -> int:
  """Writes the answers into a file; returns the exit code."""
  with output_folder.guard(str(pathlib.Path(output).parent)):
    with answer_file.opened(output, facts) as writer:
      try:
        run(writer, shows_bar=True)
        return _exit_code(writer.counts, writer.num_rows)
      except KeyboardInterrupt:
        sys.stderr.write(
          f'predict: interrupted; {output} has {writer.num_rows:,} of '
          f'{num_files:,} answers: give the same command again to resume\n'
        )
        return 130


def _log(line: str) -> None:
  sys.stderr.write(f'{line}\n')


def _exit_code(counts: Mapping[str, int], num_rows: int) -> int:
  """Returns 1 if a file was broken, and reports it."""
  broken = counts.get('broken', 0)
  if broken:
    sys.stderr.write(
      f'predict: {broken:,} of {num_rows:,} files could not be used; their '
      'rows say why\n'
    )
  return 1 if broken else 0


if __name__ == '__main__':
  command.run(main)
