"""Tests of data preparation's progress messages."""

import datetime
import io
import sys

import pytest

from inception.jobs import progress


def test_a_line_begins_with_the_time():
  before = datetime.datetime.now()
  stamp = datetime.datetime.fromisoformat(progress.timestamp())
  assert before <= stamp <= datetime.datetime.now()


def test_last_line_has_the_wording_of_2016():
  stamp, _, text = progress.finished(3170).partition(': ')
  datetime.datetime.fromisoformat(stamp)
  assert text == 'Finished writing all 3170 images in data set.'


def test_found_files_are_reported_in_the_wording_of_2016():
  assert progress.found('/a b', num_files=7, num_folders=2, num_classes=3) == (
    'Determining list of input files and labels from /a b.\n'
    'Finished finding files in 2 of 3 classes.\n'
    'Found 7 JPEG files across 3 labels inside /a b.'
  )


@pytest.fixture(name='clock')
def _clock(monkeypatch):
  """Returns a list whose last element is the current time."""
  times = [100.0]
  monkeypatch.setattr(progress.time, 'monotonic', lambda: times[-1])
  return times


@pytest.mark.parametrize(
  ('total', 'text'), [(40_000_000, 'x: 3.0 of 40.0 MB'), (None, 'x: 3.0 MB')]
)
def test_log_gets_a_line_every_ten_seconds(monkeypatch, clock, total, text):
  monkeypatch.setattr(sys, 'stderr', io.StringIO())
  lines = []
  with progress.show('x', total, log=lines.append) as advance:
    advance(1_000_000)
    clock.append(109.0)
    advance(1_000_000)
    assert not lines
    clock.append(111.0)
    advance(1_000_000)
    advance(1_000_000)
  assert lines == [text]


@pytest.mark.parametrize(
  ('total', 'text'),
  [(40_000, 'x: 1,234 of 40,000 images'), (None, 'x: 1,234 images')],
)
def test_items_other_than_bytes_are_counted(monkeypatch, clock, total, text):
  monkeypatch.setattr(sys, 'stderr', io.StringIO())
  lines = []
  with progress.show('x', total, log=lines.append, unit='images') as advance:
    clock.append(111.0)
    advance(1234)
  assert lines == [text]

  monkeypatch.setattr(sys.stderr, 'isatty', lambda: True)
  with progress.show('x', total, log=lines.append, unit='images') as advance:
    advance(1234)
  assert '1234' in sys.stderr.getvalue()
  assert 'images/s' in sys.stderr.getvalue()


def test_a_terminal_gets_a_bar(monkeypatch):
  class Terminal(io.StringIO):
    def isatty(self):
      return True

  terminal = Terminal()
  monkeypatch.setattr(sys, 'stderr', terminal)
  lines = []
  with progress.show('photos', 1000, log=lines.append) as advance:
    advance(1000)
  assert lines == []
  assert 'photos' in terminal.getvalue()
  assert '100%' in terminal.getvalue()


def test_progress_includes_work_of_an_earlier_run(monkeypatch, clock):
  monkeypatch.setattr(sys, 'stderr', io.StringIO())
  lines = []
  with progress.show(
    'x', 9_000_000, log=lines.append, done=5_000_000
  ) as advance:
    clock.append(111.0)
    advance(1_000_000)
  assert lines == ['x: 6.0 of 9.0 MB']

  monkeypatch.setattr(sys.stderr, 'isatty', lambda: True)
  with progress.show('x', 1000, log=lines.append, done=900) as advance:
    advance(100)
  assert '100%' in sys.stderr.getvalue()
  assert ' 90%' in sys.stderr.getvalue()
