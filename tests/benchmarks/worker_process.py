"""A program in a process of its own, which makes a round for each line.

Worker   starts it, and asks it for rounds, so that several can take turns
"""

import subprocess
from collections.abc import Mapping, Sequence


class Worker:
  """A program that answers each line of its standard input with a line."""

  def __init__(self, command: Sequence[str], environment: Mapping[str, str]):
    """Starts the program.

    Args:
      command: The program and its arguments.
      environment: Its environment variables.
    """
    self._process = subprocess.Popen(
      command,
      env=environment,
      stdin=subprocess.PIPE,
      stdout=subprocess.PIPE,
      encoding='utf-8',
    )

  def line(self) -> str:
    """Returns the next line of its output.

    Raises:
      SystemExit: the program has ended.
    """
    text = self._process.stdout.readline()
    if not text:
      raise SystemExit(
        f'{" ".join(self._process.args)} ended with code {self._process.wait()}'
      )
    return text

  def ask(self, text: str) -> str:
    """Returns the answer to a line."""
    self._process.stdin.write(f'{text}\n')
    self._process.stdin.flush()
    return self.line()

  def close(self) -> None:
    """Ends its input, and waits until the program has ended."""
    self._process.stdin.close()
    self._process.wait()
