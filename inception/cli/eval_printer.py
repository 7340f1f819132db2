"""Prints what an evaluation reports.

EvalPrinter   the handler of the events

It also writes the report of an analysis, whose address it prints.
"""

import datetime
import sys

from inception.cli import eval_text
from inception.cli import feature_lines
from inception.evaluation import analysis as analysis_lib
from inception.evaluation import eval_events
from inception.evaluation import evaluator
from inception.reports import embedding_projector
from inception.reports import evaluation_page
from inception.settings import config


class EvalPrinter:
  """Prints a line for each event; warnings go to standard error."""

  def __init__(
    self, eval_config: config.EvalConfig, input_config: config.InputConfig
  ):
    """Prepares the printing.

    Args:
      eval_config: settings of the evaluation.
      input_config: settings of reading, as the flags give them.
    """
    self._interval_secs = eval_config.eval_interval_secs
    self._input_config = input_config
    self._feature_lines = feature_lines.FeatureLines()

  def __call__(self, event: eval_events.Event) -> None:
    """Prints the lines of an event."""
    now = datetime.datetime.now()
    match event:
      case eval_events.Waiting(checkpoint_dir):
        print(
          f'{now}: no checkpoint in {checkpoint_dir} yet; looking again '
          f'in {self._interval_secs:g} seconds.'
        )
      case eval_events.Damaged(reason):
        sys.stderr.write(
          f'{now}: WARNING: {reason}; waiting for the next checkpoint.\n'
        )
      case eval_events.Idle(seconds):
        print(f'{now}: no new checkpoint for {seconds:g} seconds: finished.')
      case eval_events.Loaded():
        self._print_loaded(event, now)
      case evaluator.Progress():
        # The original's line: users' scripts parse it.
        print(
          f'{now}: [{event.batches} batches out of {event.total_batches}] '
          f'({event.examples_per_sec:.1f} examples/sec; '
          f'{event.sec_per_batch:.3f}sec/batch)'
        )
      case eval_events.CheckpointEvaluated(_, result):
        for line in eval_text.counts(result):
          print(f'{now}: {line}')
      case eval_events.ComputingFeatures(done, total):
        if progress_line := self._feature_lines.line(done, total):
          print(f'{now}: {progress_line}')
      case eval_events.Analysed(analysis):
        _print_analysis(analysis, now)
      case eval_events.NotAnalysed(reason) | eval_events.EventsNotWritten(
        reason
      ):
        sys.stderr.write(f'{now}: WARNING: {reason}.\n')

  def _print_loaded(
    self, event: eval_events.Loaded, now: datetime.datetime
  ) -> None:
    """Prints the start of an evaluation, and settings that differ."""
    if event.image_size != self._input_config.image_size:
      print(
        f'{now}: the images are of {event.image_size} pixels, the size that '
        'the checkpoint records.'
      )
    if event.compute_dtype != 'float32':
      print(f'{now}: the network computes in {event.compute_dtype}.')
    if event.views > 1:
      print(f'{now}: {event.views} views of each image are averaged.')
    # The original's lines: users' scripts parse them.
    print(
      f'Successfully loaded model from {event.prefix} at step={event.step}.'
    )
    print(f'{now}: starting evaluation on ({self._input_config.subset}).')


def _print_analysis(
  analysis: analysis_lib.Analysis, now: datetime.datetime
) -> None:
  """Prints the conclusions, and writes the report beside the other files."""
  for line in eval_text.conclusions(analysis):
    print(f'{now}: {line}')
  folder = analysis.paths[0].parent
  embedding_projector.write(analysis.predictions, folder)
  page = evaluation_page.write(analysis, folder)
  print(f'{now}: report: {page.absolute().as_uri()}')
