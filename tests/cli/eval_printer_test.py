"""Tests of what an evaluation prints for each event."""

import pathlib
import re
import types

import pytest

from inception.cli import eval_printer
from inception.evaluation import eval_events
from inception.evaluation import evaluator
from inception.settings import config

_TIME = re.compile(r'(?m)^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+: ')


@pytest.fixture(name='printed')
def _printed(capsys):
  """Returns a function from an event to (stdout, stderr), without times."""
  show = eval_printer.EvalPrinter(
    config.EvalConfig(
      checkpoint_dir='run', eval_dir='eval', eval_interval_secs=9
    ),
    config.InputConfig(data_dir='data', image_size=299, subset='test'),
  )

  def printed(event):
    show(event)
    output = capsys.readouterr()
    return _TIME.sub('TIME: ', output.out), _TIME.sub('TIME: ', output.err)

  return printed


@pytest.mark.parametrize(
  ('event', 'lines'),
  [
    (
      eval_events.Waiting('run'),
      'TIME: no checkpoint in run yet; looking again in 9 seconds.\n',
    ),
    (
      eval_events.Idle(12.5),
      'TIME: no new checkpoint for 12.5 seconds: finished.\n',
    ),
    (
      eval_events.Loaded('run/model.ckpt-7', 7, 299),
      'Successfully loaded model from run/model.ckpt-7 at step=7.\n'
      'TIME: starting evaluation on (test).\n',
    ),
    (
      eval_events.Loaded('model.ckpt-7', 7, 75, 'bfloat16', views=2),
      'TIME: the images are of 75 pixels, the size that the checkpoint '
      'records.\n'
      'TIME: the network computes in bfloat16.\n'
      'TIME: 2 views of each image are averaged.\n'
      'Successfully loaded model from model.ckpt-7 at step=7.\n'
      'TIME: starting evaluation on (test).\n',
    ),
    (
      evaluator.Progress(20, 40, 12.34, 1.5),
      'TIME: [20 batches out of 40] (12.3 examples/sec; 1.500sec/batch)\n',
    ),
  ],
)
def test_event_is_printed(printed, event, lines):
  assert printed(event) == (lines, '')


def test_counts_are_printed(printed):
  result = evaluator.Result(num_examples=4, num_correct=2, num_in_top_k=3, k=5)
  lines, errors = printed(eval_events.CheckpointEvaluated(7, result))
  assert lines.startswith(
    'TIME: precision @ 1 = 0.5000 recall @ 5 = 0.7500 [4 examples]\n'
  )
  assert not errors


def test_features_are_reported_now_and_then(printed, monkeypatch):
  monkeypatch.setattr(eval_printer.feature_lines, '_SECONDS_PER_LINE', 1e6)
  assert printed(eval_events.ComputingFeatures(0, 100)) == (
    'TIME: Computing features: 0 of 100 images\n',
    '',
  )
  assert printed(eval_events.ComputingFeatures(1, 100)) == ('', '')


@pytest.mark.parametrize(
  ('event', 'warning'),
  [
    (
      eval_events.Damaged('it is cut off'),
      'TIME: WARNING: it is cut off; waiting for the next checkpoint.\n',
    ),
    (
      eval_events.EventsNotWritten('a full disk'),
      'TIME: WARNING: a full disk.\n',
    ),
    (eval_events.NotAnalysed('no figures'), 'TIME: WARNING: no figures.\n'),
  ],
)
def test_warning_goes_to_standard_error(printed, event, warning):
  assert printed(event) == ('', warning)


def test_report_is_written_beside_the_other_files(
  printed, monkeypatch, tmp_path
):
  written = []
  monkeypatch.setattr(
    eval_printer.eval_text, 'conclusions', lambda analysis: ['loss = 1']
  )
  monkeypatch.setattr(
    eval_printer.embedding_projector,
    'write',
    lambda predictions, folder: written.append((predictions, folder)),
  )

  def write_page(analysis, folder):
    written.append((analysis, folder))
    return pathlib.Path(folder, 'report.html')

  monkeypatch.setattr(eval_printer.evaluation_page, 'write', write_page)
  analysis = types.SimpleNamespace(
    predictions='predictions', paths=[tmp_path / 'metrics.json']
  )
  assert printed(eval_events.Analysed(analysis)) == (
    f'TIME: loss = 1\nTIME: report: {(tmp_path / "report.html").as_uri()}\n',
    '',
  )
  assert written == [('predictions', tmp_path), (analysis, tmp_path)]
