"""Turns the signals that end a program into a request to stop.

  StopSignal   remembers the first SIGINT, SIGTERM, SIGHUP or SIGBREAK

A terminal that is closed sends SIGHUP, perhaps twice: the kernel does, and so
does the shell. From then on writing to it, or to a `| tee` that ended with it,
fails; that must not end a training before it has saved. Windows' counterparts
are Ctrl-Break and the console's close event, after which a process has about
five seconds.
"""

import contextlib
import os
import signal
import stat
import sys
import threading

# SetConsoleCtrlHandler's numbers: the window is closed, the user logs off, the
# computer is shut down. Ctrl-C and Ctrl-Break arrive as signals.
_CONSOLE_ENDS = (2, 5, 6)
# Windows ends the process sooner; without a limit it might wait for good.
_LONGEST_WAIT_S = 60


class StopSignal:
  """Remembers the first signal that asks for an end.

  A second SIGINT, SIGTERM or SIGBREAK of the same kind ends at once; further
  SIGHUPs do nothing. SIGHUP stays ignored where it is from the start (nohup).

  Attributes:
    number: the first signal's; None before it.
  """

  def __init__(self):
    """Installs the handlers, which stay."""
    self.number = None
    for name in ('SIGINT', 'SIGTERM', 'SIGBREAK', 'SIGHUP'):
      number = getattr(signal, name, None)
      if number is None or (
        name == 'SIGHUP' and signal.getsignal(number) == signal.SIG_IGN
      ):
        continue
      signal.signal(number, self._handle)
    if sys.platform == 'win32':
      self._watch_console()

  def requested(self) -> bool:
    """Whether there was one."""
    return self.number is not None

  def _handle(self, number, frame):
    del frame
    self.number = self.number or number
    name = signal.Signals(number).name
    if name == 'SIGHUP':
      signal.signal(number, signal.SIG_IGN)
      survive_output()
      again = ''
    else:
      signal.signal(number, signal.SIG_DFL)
      again = '; once more ends at once without saving'
    # Not print: a signal that comes while the loop prints would break that.
    with contextlib.suppress(OSError):
      os.write(2, f'{name}: saving after this step{again}.\n'.encode())

  def _watch_console(self) -> None:
    """Takes the console's end as SIGBREAK, and delays it."""
    import ctypes

    @ctypes.WINFUNCTYPE(ctypes.c_int, ctypes.c_uint)
    def handler(event):
      return self._console_event(event)

    self._console_handler = handler  # ctypes keeps no reference.
    ctypes.windll.kernel32.SetConsoleCtrlHandler(handler, True)

  def _console_event(self, event: int) -> bool:
    """Answers a console event, in a thread of Windows' own.

    Windows ends the process when this returns, so it waits for the process to
    end by itself.
    """
    if event not in _CONSOLE_ENDS:
      return False
    self.number = self.number or signal.SIGBREAK
    survive_output()
    threading.main_thread().join(_LONGEST_WAIT_S)
    return True


def survive_output() -> None:
  """Makes print and its kin succeed where nobody reads any longer."""
  for stream in (1, 2):
    with contextlib.suppress(OSError):
      is_device = stat.S_ISCHR(os.fstat(stream).st_mode)
      if is_device and not os.isatty(stream):  # A terminal that was closed.
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream)
        os.close(null)
  sys.stdout = _Surviving(sys.stdout)
  sys.stderr = _Surviving(sys.stderr)


class _Surviving:
  """A stream whose write and flush do nothing where they fail."""

  def __init__(self, stream):
    self._stream = stream

  def write(self, text: str) -> int:
    with contextlib.suppress(OSError):
      self._stream.write(text)
    return len(text)

  def flush(self) -> None:
    with contextlib.suppress(OSError):
      self._stream.flush()

  def __getattr__(self, name):
    return getattr(self._stream, name)
