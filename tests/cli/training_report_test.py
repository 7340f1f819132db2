"""Tests of inception.cli.training_report, in a log and on a terminal."""

import dataclasses
import datetime
import errno
import io
import os
import sys

import pytest

from inception.checkpoints import checkpoint
from inception.cli import feature_lines
from inception.cli import training_report
from inception.hardware import process_memory
from inception.settings import config
from inception.settings import training_config
from inception.testing import started_runs
from inception.training import train_events

NOON = datetime.datetime(2026, 1, 31, 12, 0, 0, 5)
STAMP = '2026-01-31 12:00:00.000005: '


@pytest.fixture(name='clock')
def _clock(monkeypatch):
  """A list whose last element is the time in seconds."""
  times = [100.0]
  monkeypatch.setattr(feature_lines.time, 'monotonic', lambda: times[-1])
  return times


@pytest.fixture(name='terminal')
def _terminal(monkeypatch, capsys):
  """Makes stdout a terminal, and the process take 2.5 GB."""
  # The class is patched, because pytest replaces the object for each test.
  monkeypatch.setattr(
    type(sys.stdout), 'isatty', lambda self: True, raising=False
  )
  monkeypatch.setattr(process_memory, 'resident_bytes', lambda: 5 * 2**29)
  return capsys


def report(**settings):
  return training_report.TrainingReport(
    training_config.TrainConfig(train_dir='TRAIN', **settings),
    config.InputConfig(data_dir='DATA'),
    now=lambda: NOON,
  )


def shown(capsys, *events, **settings):
  """Returns the text that the events print into a log."""
  with report(**settings) as it:
    for event in events:
      it.show(event)
  out, err = capsys.readouterr()
  assert err == ''
  return out


def test_log_has_the_originals_step_lines_and_no_bar(capsys):
  assert shown(
    capsys,
    train_events.Stepped(10, 2.3456),
    train_events.StepDone(10, 2.3456, 12.345, 2.59212),
  ) == (f'{STAMP}step 10, loss = 2.35 (12.3 examples/sec; 2.592 sec/batch)\n')


def test_plan_is_printed(capsys):
  assert (
    shown(capsys, train_events.Planned(412, 0.514))
    == f'{STAMP}Planned: 412 steps of 0.51 seconds.\n'
  )


@pytest.mark.parametrize(
  ('from_scratch', 'text'), [(False, ''), (True, ', from random weights')]
)
def test_start_is_a_sentence_and_a_summary(capsys, from_scratch, text):
  first, *lines = shown(
    capsys, started_runs.replaced(from_scratch=from_scratch)
  ).splitlines()
  assert first == (
    f'{STAMP}Training on 850 images of 3 classes in bfloat16'
    f'{text}; checkpoints go to TRAIN.'
  )
  # The values of the summary begin in the same column.
  column = len('  learning rate: ')
  assert len(lines) == 12 + from_scratch
  assert all(line[column - 1] == ' ' != line[column] for line in lines)


def test_restoring_prints_the_reports_lines(capsys):
  event = train_events.Restored(
    checkpoint.Report(
      path='m.ckpt-7',
      source='research/inception V1',
      matched=('a', 'b'),
      excluded=('logits',),
      missing=(),
      skipped=(),
    )
  )
  text = shown(capsys, event, started_runs.STARTED)
  assert text.startswith(
    f'{STAMP}Restored 2 of 3 variables from m.ckpt-7 (research/inception '
    f'V1).\n{STAMP}Left out as requested, so they start from scratch: logits.\n'
  )
  assert ' restored from m.ckpt-7 (research/inception V1)\n' in text


def test_resuming_prints_changed_settings(capsys):
  event = train_events.Resumed(
    'T/model.ckpt-9', 10, ('batch_size was 32, is 16', 'seed was 1, is 2')
  )
  text = shown(capsys, event, started_runs.STARTED)
  assert text.startswith(
    f'{STAMP}Resuming from T/model.ckpt-9 after 10 steps.\n'
    f'{STAMP}Changed: batch_size was 32, is 16.\n'
    f'{STAMP}Changed: seed was 1, is 2.\n'
  )
  assert ' resumed after 10 steps from T/model.ckpt-9\n' in text
  assert ' 425 (16.0 epochs), 10 of them done\n' in text


def test_unused_pretrained_model_is_reported(capsys):
  event = train_events.Resumed('T/model.ckpt-9', 10)
  text = shown(capsys, event, pretrained_model_checkpoint_path='M/model.ckpt')
  assert text == (
    f'{STAMP}Resuming from T/model.ckpt-9 after 10 steps.\n'
    f'{STAMP}--pretrained_model_checkpoint_path is not used, because train_dir '
    'has a checkpoint: give another --train_dir to start from the pretrained '
    'model.\n'
  )
  assert 'not used' not in shown(capsys, event)


def test_damaged_checkpoint_is_reported_on_stderr(capsys):
  report().show(train_events.DamagedCheckpoint('T/model.ckpt-9', 'cut short'))
  assert capsys.readouterr() == (
    '',
    (
      f'{STAMP}WARNING: cut short; trying the previous checkpoint. If that is '
      'readable, T/model.ckpt-9 is renamed to T/model.ckpt-9.damaged.\n'
    ),
  )


@pytest.mark.parametrize(
  ('error', 'reader_ended'),
  [
    (BrokenPipeError(errno.EPIPE, 'Broken pipe'), True),
    (OSError(errno.ENOSPC, 'No space left on device'), False),
  ],
)
def test_lines_that_cannot_be_written_do_not_end_the_training(
  monkeypatch, capsys, error, reader_ended
):
  def fail(*unused, **unused_too):
    raise error

  it = report()
  monkeypatch.setattr('builtins.print', fail)
  it.show(train_events.Saved('run/model.ckpt-9'))
  assert it.reader_ended == reader_ended
  monkeypatch.undo()
  it.show(train_events.Saved('run/model.ckpt-19'))
  assert 'Saved run/model.ckpt-19' in capsys.readouterr().out


def test_run_warning_is_printed_on_stderr(capsys):
  report().show(train_events.RunWarning('the disk is full'))
  assert capsys.readouterr() == ('', f'{STAMP}WARNING: the disk is full.\n')


@pytest.mark.parametrize(
  ('is_best', 'text'), [(False, ''), (True, ' (best so far)')]
)
def test_evaluation_is_printed(capsys, is_best, text):
  assert shown(
    capsys,
    train_events.TrainingEvaluated(
      49, 150, precision_at_1=0.85333, recall_at_k=1.0, k=5, is_best=is_best
    ),
  ) == (
    f'{STAMP}step 49: precision @ 1 = 0.8533 recall @ 5 = 1.0000 '
    f'[150 examples]{text}\n'
  )


def test_saving_is_printed(capsys):
  assert shown(
    capsys,
    train_events.Saved('T/model.ckpt-9'),
    train_events.Saved('T/best/model.ckpt-9', is_best=True),
  ) == (
    f'{STAMP}Saved T/model.ckpt-9.\n'
    f'{STAMP}Saved the best model as T/best/model.ckpt-9.\n'
  )


def test_features_have_a_line_every_10_seconds_and_at_the_end(capsys, clock):
  it = report()
  for time, done in ((100, 0), (105, 160), (111, 320), (115, 480), (116, 850)):
    clock.append(time)
    it.show(train_events.CachingFeatures(done, 850))
  assert capsys.readouterr().out.splitlines() == [
    f'{STAMP}Computing features: {done} of 850 images' for done in (0, 320, 850)
  ]


def test_existing_features_are_reported(capsys, clock):
  assert shown(capsys, train_events.CachingFeatures(850, 850)) == (
    f'{STAMP}The features of all 850 images exist already.\n'
  )


def test_terminal_shows_a_bar_for_the_features(terminal):
  it = report()
  for done in (0, 425, 850):
    it.show(train_events.CachingFeatures(done, 850))
  it.show(started_runs.STARTED)
  it.close()
  text = terminal.readouterr().out
  assert 'Computing features:   0%|' in text
  assert 'Computing features: 100%|' in text
  assert ' 850/850 [' in text
  assert f'{STAMP}Training on 850 images' in text


def test_terminal_shows_a_bar_instead_of_step_lines(terminal):
  with report() as it:
    it.show(train_events.Resumed('T/model.ckpt-99', 100))
    it.show(started_runs.STARTED)
    it.show(train_events.StepDone(100, 2.3456, 12.345, 2.59212))
    it.show(train_events.Stepped(100, 2.3456))
  text = terminal.readouterr().out
  assert 'step 100, loss' not in text
  assert '100/425 [' in text
  # The last state of the bar.
  last = text.rpartition('\r')[2]
  assert ' 24%|' in last
  assert ' 101/425 [' in last
  assert ', loss 2.346, 12.3 examples/sec, 2.5 GB]' in last


def test_bar_leaves_out_unknown_figures(terminal, monkeypatch):
  monkeypatch.setattr(process_memory, 'resident_bytes', lambda: None)
  with report() as it:
    it.show(started_runs.STARTED)
    it.show(train_events.Stepped(0, 2.0))
  last = terminal.readouterr().out.rpartition('\r')[2]
  assert ', loss 2.000]' in last


def test_lines_do_not_break_the_bar(terminal):
  with report() as it:
    it.show(started_runs.STARTED)
    it.show(train_events.Saved('T/model.ckpt-9'))
    it.show(train_events.DamagedCheckpoint('x', 'y'))
  out, err = terminal.readouterr()
  # The bar's line is cleared first.
  assert f'\r{STAMP}Saved T/model.ckpt-9.\n' in out
  assert 'WARNING: y; trying the previous checkpoint' in err


@pytest.mark.parametrize(
  ('size', 'width'), [((120, 30), 119), ((0, 0), 79), ((90, 0), 79)]
)
def test_bar_is_as_wide_as_the_terminal(terminal, monkeypatch, size, width):
  monkeypatch.setattr(type(sys.stdout), 'fileno', lambda self: 1)
  monkeypatch.setattr(
    training_report.os,
    'get_terminal_size',
    lambda *unused: os.terminal_size(size),
  )
  with report() as it:
    it.show(started_runs.STARTED)
  last = terminal.readouterr().out.rpartition('\r')[2].rstrip('\n')
  assert len(last) == width


@pytest.mark.parametrize('is_terminal', [False, True])
def test_narrow_encoding_is_enough(monkeypatch, is_terminal):
  raw = io.BytesIO()
  stream = io.TextIOWrapper(raw, encoding='ascii', errors='backslashreplace')
  monkeypatch.setattr(stream, 'isatty', lambda: is_terminal)
  monkeypatch.setattr(sys, 'stdout', stream)
  with report() as it:
    it.show(started_runs.replaced(class_names=('rosé', '玫瑰', '\udc80')))
    it.show(train_events.Stepped(0, 2.0))
    it.show(train_events.Saved('T/ros\u00e9'))
  stream.flush()
  assert rb'3: ros\xe9, \u73ab\u7470, \udc80' in raw.getvalue()
  assert rb'Saved T/ros\xe9.' in raw.getvalue()


def test_single_class_gives_a_warning(capsys):
  report().show(
    dataclasses.replace(started_runs.STARTED, class_names=('daisy',))
  )
  assert capsys.readouterr().err == (
    f'{STAMP}WARNING: there is only one class, daisy: the network will assign '
    'it to every image.\n'
  )
  report().show(started_runs.STARTED)
  assert capsys.readouterr().err == ''
