"""Keeps the messages of C and C++ libraries off the user's screen.

silenced   a block in which nothing is written to standard error

Such libraries write to the process's standard error directly, so redirecting
sys.stderr does not help.
"""

import contextlib
import os
import threading
from collections.abc import Iterator

_STDERR = 2

_redirection = threading.Lock()


@contextlib.contextmanager
def silenced() -> Iterator[None]:
  """Drops everything that the process writes to standard error.

  Only one thread at a time is in such a block; what the others write meanwhile
  is lost too.
  """
  with _redirection:
    kept = os.dup(_STDERR)
    try:
      with open(os.devnull, 'wb') as nothing:
        os.dup2(nothing.fileno(), _STDERR)
      yield
    finally:
      os.dup2(kept, _STDERR)
      os.close(kept)
