"""Writes a trained model as files for other programs, and checks each of them.

  bazel build //inception:export
  bazel-bin/inception/export --checkpoint_dir=TRAIN --output=DIR \\
    --data_dir=DATA --eval_dir=EVAL

--format=saved_model, the default, is TensorFlow's: it takes photographs as
files and answers with class names, and DIR/saved_model is a model base path of
TensorFlow Serving. The others take pixels: --format=openvino, and for phones
--format=litert, litert_float16, litert_dynamic_int8 and litert_int8, with a
script and a note beside each file.

Each file is loaded again, run on the validation records of --data_dir and
compared with the checkpoint, before it gets its name. DIR/export.json has the
results and DIR/MODEL_CARD.md describes the model.
"""

import dataclasses
import sys
from collections.abc import Sequence

from absl import flags

from inception import dataset
from inception.checkpoints import threshold
from inception.cli import command
from inception.cli import common_flags
from inception.cli import described_data
from inception.cli import export_flags
from inception.cli import model_flags
from inception.exporting import export_facts
from inception.exporting import export_files
from inception.exporting import export_model
from inception.jobs import errors
from inception.jobs import output_folder
from inception.prediction import checkpoint_choice

FLAGS = flags.FLAGS


export_flags.define()


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Inputs:
  """Everything that is known before TensorFlow is imported.

  Attributes:
    names: names of the formats.
    output: folder for the files.
    prefix: result of checkpoint_choice.locate().
    stored: content of threshold.json; None if there is none.
    labels: class names of --labels_file; may be empty.
    data: records; None if there are none.
  """

  names: Sequence[str]
  output: str
  prefix: str
  stored: threshold.Threshold | None
  labels: tuple[str, ...]
  data: dataset.Dataset | None


def main(argv: Sequence[str]) -> int:
  """Exports; returns the exit code."""
  command.check_no_arguments(argv)
  names = export_flags.format_names()
  output = command.resolve_path(FLAGS.output)
  if not output:
    raise errors.UserError('give --output, the folder for the files')
  with command.naming('checkpoint_dir'):
    prefix = checkpoint_choice.locate(
      command.resolve_path(FLAGS.checkpoint_dir)
    )
    stored = checkpoint_choice.stored_threshold(prefix)
  inputs = _Inputs(
    names=names,
    output=output,
    prefix=prefix,
    stored=stored,
    labels=model_flags.read_labels(),
    data=_data(),
  )
  command.make_folder(output, 'output')
  with command.naming('output'):
    export_files.next_version(output)
  command.load_tensorflow()
  return _run(inputs)


def _data() -> dataset.Dataset | None:
  """Returns the records of --data_dir; None if it is not given."""
  if not FLAGS.data_dir:
    return None
  folder = command.resolve_path(FLAGS.data_dir)
  command.check_folder(folder, 'data_dir')
  with command.naming('data_dir'):
    data = described_data.load(folder, commands='no --data_dir')
  common_flags.check_subset(data, FLAGS.subset, 'data_dir')
  return data


def _run(inputs: _Inputs) -> int:
  """Reads the checkpoint, exports and reports; returns the exit code."""
  from inception.exporting import export_check
  from inception.exporting import export_job
  from inception.exporting import export_report
  from inception.exporting import export_text
  from inception.exporting import formats
  from inception.prediction import classifier

  model = _model(inputs)
  with command.naming('eval_dir'):
    evaluation = export_facts.of_evaluation(
      command.resolve_path(FLAGS.eval_dir),
      step=model.checkpoint['step'],
      # Those of the data; --labels_file may have given others.
      class_names=list(model.trained_class_names or model.info.class_names),
    )
  request = formats.Request(model=model, data=inputs.data)
  job = export_job.Job(
    output=inputs.output, names=inputs.names, request=request, log=_log
  )
  reference = export_check.Reference(
    classifier.Classifier(dict(model.values), model.info, precision='float32'),
    export_job.pictures(
      request, subset=FLAGS.subset, limit=FLAGS.num_check_examples
    ),
    image_size=model.info.image_size,
  )
  if inputs.data is None:
    _log('No --data_dir: the files are checked on generated pictures only.')
  with output_folder.guard(inputs.output):
    outcome = job.run(
      reference,
      lambda outcome: export_report.write(
        inputs.output, outcome, model=model, evaluation=evaluation
      ),
    )
  sys.stdout.write(export_text.table(outcome))
  if outcome.failed:
    raise errors.UserError(export_text.failure(outcome.failed))
  return 0


def _model(inputs: _Inputs) -> export_model.Model:
  """Reads the checkpoint; warns if its threshold is not used."""
  from inception.prediction import classifier

  with command.naming('checkpoint_dir'):
    return export_model.make(
      classifier.read(inputs.prefix, labels=inputs.labels),
      prefix=inputs.prefix,
      stored=inputs.stored,
      precision=FLAGS.precision,
      data=inputs.data,
      warn=lambda text: _log(f'WARNING: {text}.'),
    )


def _log(line: str) -> None:
  sys.stderr.write(f'{line}\n')


if __name__ == '__main__':
  command.run(main)
