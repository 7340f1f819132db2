"""Turns the signals that end a program into a request to stop.

  StopSignal   remembers the first SIGINT, SIGTERM, SIGHUP or SIGBREAK

Closing a terminal sends SIGHUP, possibly twice: from the kernel and from the
shell. From then on, writing to the terminal or to a `| tee` that ended with it
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
import types
from typing import Any, TextIO

# SetConsoleCtrlHandler's event numbers: the window is closed, the user logs
# off, the computer shuts down. Ctrl-C and Ctrl-Break arrive as signals.
_CONSOLE_ENDS = (2, 5, 6)
# Windows ends the process sooner; the limit only prevents waiting forever.
_LONGEST_WAIT_S = 60


class StopSignal:
  """Remembers the first signal that asks the program to stop.

  A second SIGINT, SIGTERM or SIGBREAK of the same kind ends the program at
  once; further SIGHUPs do nothing. SIGHUP stays ignored if it was ignored from
  the start (nohup).

  Attributes:
    number: the number of the first signal; None before it.
  """

  def __init__(
    self,
    *,
    action: str = 'saving after this step',
    second: str = 'ends at once without saving',
  ) -> None:
    """Installs the handlers permanently.

    Args:
      action: description of what follows the first signal.
      second: description of what a second one does.
    """
    self._action, self._second = action, second
    self.number: int | None = None
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
    """Returns whether a signal has arrived."""
    return self.number is not None

  def _handle(self, number: int, frame: types.FrameType | None) -> None:
    del frame
    self.number = self.number or number
    name = signal.Signals(number).name
    if name == 'SIGHUP':
      signal.signal(number, signal.SIG_IGN)
      survive_output()
      again = ''
    else:
      signal.signal(number, signal.SIG_DFL)
      again = f'; once more {self._second}'
    # Not print: it is not reentrant, and the signal may interrupt a print.
    with contextlib.suppress(OSError):
      os.write(2, f'{name}: {self._action}{again}.\n'.encode())

  def _watch_console(self) -> None:
    """Treats the closing of the console as SIGBREAK, and delays it."""
    import ctypes

    # mypy checks for Linux, where these parts of ctypes and signal are missing.
    @ctypes.WINFUNCTYPE(ctypes.c_int, ctypes.c_uint)  # type: ignore[attr-defined]
    def handler(event: int) -> bool:
      return self._console_event(event)

    self._console_handler = handler  # ctypes keeps no reference.
    kernel32 = ctypes.windll.kernel32  # type: ignore[attr-defined]
    kernel32.SetConsoleCtrlHandler(handler, True)

  def _console_event(self, event: int) -> bool:
    """Handles a console event, in a thread that Windows starts.

    Windows ends the process when this returns, so it waits for the process to
    end by itself.
    """
    if event not in _CONSOLE_ENDS:
      return False
    self.number = self.number or signal.SIGBREAK  # type: ignore[attr-defined]
    survive_output()
    threading.main_thread().join(_LONGEST_WAIT_S)
    return True


def survive_output() -> None:
  """Makes print and similar calls succeed after their reader has ended."""
  for stream in (1, 2):
    with contextlib.suppress(OSError):
      is_device = stat.S_ISCHR(os.fstat(stream).st_mode)
      if is_device and not os.isatty(stream):  # A closed terminal.
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream)
        os.close(null)
  sys.stdout = _Surviving(sys.stdout)
  sys.stderr = _Surviving(sys.stderr)


class _Surviving:
  """A stream whose write and flush ignore errors."""

  def __init__(self, stream: TextIO) -> None:
    self._stream = stream

  def write(self, text: str) -> int:
    with contextlib.suppress(OSError):
      self._stream.write(text)
    return len(text)

  def flush(self) -> None:
    with contextlib.suppress(OSError):
      self._stream.flush()

  def __getattr__(self, name: str) -> Any:
    return getattr(self._stream, name)
