"""Keeps TensorFlow's own log lines from the user's screen.

It does not import TensorFlow.

set_levels          sets the levels below which TensorFlow logs nothing
without_greetings   drops the messages of TensorFlow's start
"""

import contextlib
import faulthandler
import logging
import os
import sys
import tempfile
from collections.abc import Iterator

_GREETINGS = (
  'All log messages before absl::InitializeLog()',
  'oneDNN custom operations are on',
)


def set_levels(*, several_hosts: bool, verbose: bool = False) -> None:
  """Sets the levels of TensorFlow's two logs, before it is imported.

  A user's own TF_CPP_MIN_LOG_LEVEL is kept.

  Args:
    several_hosts: whether to drop errors of the C++ log as well: when a host is
      lost, every other logs it in several lines, besides raising an exception.
    verbose: whether to show every message.
  """
  level = '3' if several_hosts else '2'
  os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '0' if verbose else level)
  if not verbose:
    # abseil's handler would show what tf.distribute reports of each program.
    logging.getLogger('tensorflow').setLevel(logging.WARNING)


@contextlib.contextmanager
def without_greetings() -> Iterator[None]:
  """Drops the messages of TensorFlow's start within the block.

  Its C++ log writes them to the file descriptor, whatever the log level, before
  Python can filter them. Every other line is passed on at the block's end. If
  the block crashes the process, faulthandler reports that on the real stderr.
  """
  sys.stderr.flush()
  stderr = os.dup(2)
  was_enabled = faulthandler.is_enabled()
  faulthandler.enable(stderr)
  with tempfile.TemporaryFile() as log:
    os.dup2(log.fileno(), 2)
    try:
      yield
    finally:
      os.dup2(stderr, 2)
      if was_enabled:
        faulthandler.enable(2)
      else:
        faulthandler.disable()
      os.close(stderr)
      log.seek(0)
      for line in log.read().decode('utf-8', 'replace').splitlines():
        if line.strip() and not any(text in line for text in _GREETINGS):
          sys.stderr.write(f'{line}\n')
