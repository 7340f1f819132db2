"""The common part of the evaluation commands.

run   runs a complete command: the body of main() of flowers_eval and others
"""

import datetime
import pathlib
import sys
from collections.abc import Callable, Sequence

from absl import flags

from inception import dataset
from inception.cli import command
from inception.cli import common_flags
from inception.cli import eval_flags
from inception.settings import config

FLAGS = flags.FLAGS


def run(argv: Sequence[str], *, load: Callable[[str], dataset.Dataset]) -> int:
  """Evaluates; returns the exit code.

  Args:
    argv: command line without its flags.
    load: function that returns the Dataset of a data_dir.

  Raises:
    errors.UserError: the flags, the data or the checkpoint cannot be used.
  """
  command.check_no_arguments(argv)
  eval_config = eval_flags.eval_config()
  input_config = common_flags.input_config(subset=FLAGS.subset)
  eval_flags.check_subset_for_fitting(eval_config, input_config)
  data = common_flags.load_data(input_config, load=load)
  for path in eval_config.checkpoint_paths:
    command.check_exists(path, 'checkpoint_path')
  if eval_config.run_once and not eval_config.checkpoint_paths:
    command.check_folder(eval_config.checkpoint_dir, 'checkpoint_dir')
  command.make_folder(eval_config.eval_dir, 'eval_dir')
  if eval_config.relabel_csv:
    folder = pathlib.Path(eval_config.relabel_csv).parent
    command.make_folder(str(folder), 'relabel_csv')
  command.load_tensorflow()
  return _run(data, eval_config, input_config)


def _run(
  data: dataset.Dataset,
  eval_config: config.EvalConfig,
  input_config: config.InputConfig,
) -> int:
  """Evaluates and prints what happens; returns the exit code."""
  from inception import inception_eval
  from inception.cli import eval_text
  from inception.cli import feature_lines
  from inception.evaluation import eval_events
  from inception.evaluation import evaluator
  from inception.hardware import replicas as replicas_lib
  from inception.reports import embedding_projector
  from inception.reports import evaluation_page

  lines = feature_lines.FeatureLines()

  def show(event: eval_events.Event) -> None:
    now = datetime.datetime.now()
    match event:
      case eval_events.Waiting(checkpoint_dir):
        print(
          f'{now}: no checkpoint in {checkpoint_dir} yet; looking again '
          f'in {eval_config.eval_interval_secs:g} seconds.'
        )
      case eval_events.Damaged(reason):
        sys.stderr.write(
          f'{now}: WARNING: {reason}; waiting for the next checkpoint.\n'
        )
      case eval_events.Idle(seconds):
        print(f'{now}: no new checkpoint for {seconds:g} seconds: finished.')
      # The original's lines from here on: users' scripts parse them.
      case eval_events.Loaded(prefix, step, image_size, compute_dtype):
        if image_size != input_config.image_size:
          print(
            f'{now}: the images are of {image_size} pixels, the size that the '
            'checkpoint records.'
          )
        if compute_dtype != 'float32':
          print(f'{now}: the network computes in {compute_dtype}.')
        print(f'Successfully loaded model from {prefix} at step={step}.')
        print(f'{now}: starting evaluation on ({input_config.subset}).')
      case evaluator.Progress():
        print(
          f'{now}: [{event.batches} batches out of {event.total_batches}] '
          f'({event.examples_per_sec:.1f} examples/sec; '
          f'{event.sec_per_batch:.3f}sec/batch)'
        )
      case eval_events.CheckpointEvaluated(_, result):
        for line in eval_text.counts(result):
          print(f'{now}: {line}')
      # Not in the original.
      case eval_events.ComputingFeatures(done, total):
        if progress_line := lines.line(done, total):
          print(f'{now}: {progress_line}')
      case eval_events.Analysed(analysis):
        for line in eval_text.conclusions(analysis):
          print(f'{now}: {line}')
        embedding_projector.write(
          analysis.predictions, analysis.paths[0].parent
        )
        page = evaluation_page.write(analysis, analysis.paths[0].parent)
        print(f'{now}: report: {page.absolute().as_uri()}')
      case eval_events.NotAnalysed(reason):
        sys.stderr.write(f'{now}: WARNING: {reason}.\n')

  # Checkpoints that are given are evaluated once: no new one will come.
  once = eval_config.run_once or eval_config.checkpoint_paths
  engine = inception_eval.evaluate if once else inception_eval.watch
  # Hosts of a distributed training evaluate on their own.
  replicas = replicas_lib.make(eval_config.num_gpus, environment={})
  engine(data, eval_config, input_config, on_event=show, replicas=replicas)
  return 0
