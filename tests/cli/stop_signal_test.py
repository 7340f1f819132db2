"""Tests of the signals that stop a program."""

import io
import os
import signal
import subprocess
import sys
from concurrent import futures

import pytest

from inception.cli import stop_signal

_NAMES = [
  'SIGINT',
  'SIGTERM',
  pytest.param(
    'SIGHUP',
    marks=pytest.mark.skipif(
      sys.platform == 'win32', reason='Windows has no SIGHUP'
    ),
  ),
  pytest.param(
    'SIGBREAK',
    marks=pytest.mark.skipif(
      sys.platform != 'win32', reason='only Windows has SIGBREAK'
    ),
  ),
]

# Prints 'ready', waits for a signal, and prints after it.
_PROGRAM = """
import os, sys, time
from inception.cli import stop_signal
if sys.stdin.isatty():  # Makes it the terminal of this session.
  os.open(os.ttyname(0), os.O_RDWR)
stop = stop_signal.StopSignal()
print('ready', flush=True)
for _ in range(1000):
  if stop.requested():
    break
  time.sleep(0.01)
for _ in range(3):
  print('after', flush=True)
  print('after', file=sys.stderr, flush=True)
sys.exit(128 + stop.number)
"""


@pytest.fixture(autouse=True)
def _restore_handlers_and_streams(monkeypatch):
  monkeypatch.setattr(sys, 'stdout', sys.stdout)
  monkeypatch.setattr(sys, 'stderr', sys.stderr)
  names = ('SIGINT', 'SIGTERM', 'SIGHUP', 'SIGBREAK')
  numbers = [getattr(signal, n) for n in names if hasattr(signal, n)]
  before = {number: signal.getsignal(number) for number in numbers}
  yield
  for number, handler in before.items():
    signal.signal(number, handler)


class _Raising(io.StringIO):
  """A stream that is in the middle of a write."""

  def write(self, text):
    raise RuntimeError('reentrant call')


@pytest.mark.parametrize('name', _NAMES)
def test_signal_during_a_print_is_remembered(name, monkeypatch, capfd):
  stop = stop_signal.StopSignal()
  monkeypatch.setattr('sys.stdout', _Raising())
  assert not stop.requested()
  signal.raise_signal(getattr(signal, name))
  assert stop.requested() and stop.number == getattr(signal, name)
  assert f'{name}: saving after this step' in capfd.readouterr().err


@pytest.mark.parametrize('name', ['SIGINT', 'SIGTERM'])
def test_second_signal_of_the_same_kind_ends_at_once(name):
  stop_signal.StopSignal()
  signal.raise_signal(getattr(signal, name))
  assert signal.getsignal(getattr(signal, name)) == signal.SIG_DFL


@pytest.mark.skipif(sys.platform == 'win32', reason='Windows has no SIGHUP')
def test_further_hangups_do_nothing_and_the_first_signal_counts(capfd):
  stop = stop_signal.StopSignal()
  signal.raise_signal(signal.SIGHUP)
  signal.raise_signal(signal.SIGHUP)
  signal.raise_signal(signal.SIGTERM)
  assert stop.number == signal.SIGHUP
  assert capfd.readouterr().err.count('SIGHUP: saving after this step') == 1


@pytest.mark.skipif(sys.platform == 'win32', reason='Windows has no SIGHUP')
def test_hangup_ignored_from_the_start_stays_ignored():
  signal.signal(signal.SIGHUP, signal.SIG_IGN)  # As nohup does.
  stop = stop_signal.StopSignal()
  signal.raise_signal(signal.SIGHUP)
  assert not stop.requested()


@pytest.mark.skipif(sys.platform == 'win32', reason='Windows has no SIGHUP')
def test_program_ends_in_order_after_its_terminal_is_closed():
  ours, terminal = os.openpty()
  process = subprocess.Popen(
    [sys.executable, '-c', _PROGRAM],
    env={**os.environ, 'PYTHONPATH': os.pathsep.join(sys.path)},
    stdin=terminal,
    stdout=terminal,
    stderr=terminal,
    start_new_session=True,
  )
  os.close(terminal)
  try:
    text = b''
    while b'ready' not in text:
      text += os.read(ours, 100)
    os.close(ours)
    assert process.wait(timeout=60) == 128 + signal.SIGHUP
  finally:
    process.kill()
    process.wait()


@pytest.mark.skipif(sys.platform == 'win32', reason='Windows has no SIGHUP')
def test_program_ends_in_order_after_its_reader():
  process = subprocess.Popen(
    [sys.executable, '-c', _PROGRAM],
    env={**os.environ, 'PYTHONPATH': os.pathsep.join(sys.path)},
    stdin=subprocess.DEVNULL,
    stdout=subprocess.PIPE,
    stderr=subprocess.PIPE,
  )
  try:
    assert process.stdout.readline() == b'ready\n'
    process.stdout.close()
    process.stderr.close()
    process.send_signal(signal.SIGHUP)
    assert process.wait(timeout=60) == 128 + signal.SIGHUP
  finally:
    process.kill()
    process.wait()


@pytest.mark.parametrize(
  'event,is_end', [(0, False), (1, False), (2, True), (5, True), (6, True)]
)
def test_closing_the_console_on_windows_requests_a_stop(
  event, is_end, monkeypatch
):
  monkeypatch.setattr(signal, 'SIGBREAK', 21, raising=False)
  monkeypatch.setattr(stop_signal, '_LONGEST_WAIT_S', 0)
  # On Linux, SIGBREAK's number belongs to another signal.
  monkeypatch.setattr(signal, 'signal', lambda *_: None)
  stop = stop_signal.StopSignal()
  with futures.ThreadPoolExecutor(1) as pool:  # Windows calls it in a thread.
    assert pool.submit(stop._console_event, event).result() == is_end
  assert stop.requested() == is_end
  assert stop.number == (21 if is_end else None)
