"""Runs a command as its user does, without Bazel's wrapper.

run      runs a command to its end: exit code, stdout, stderr
start    starts a command
python   runs a program given as text
imported returns the modules that a command has imported when it ends
"""

import os
import pathlib
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import IO

# The repository, or its runfiles.
_ROOT = pathlib.Path(__file__).absolute().parents[2]


def _environment() -> dict[str, str]:
  return {**os.environ, 'PYTHONPATH': str(_ROOT), 'PYTHONUTF8': '1'}


def start(
  command: str,
  arguments: Sequence[str],
  *,
  cwd: str | os.PathLike | None = None,
  stdin: int | IO = subprocess.DEVNULL,
  stderr: int | IO = subprocess.PIPE,
) -> subprocess.Popen:
  """Starts inception.<command> with its output piped as text."""
  return subprocess.Popen(
    [sys.executable, '-m', f'inception.{command}', *map(str, arguments)],
    cwd=cwd,
    env=_environment(),
    stdin=stdin,
    stdout=subprocess.PIPE,
    stderr=stderr,
    encoding='utf-8',
  )


def run(
  command: str,
  arguments: Sequence[str] = (),
  *,
  cwd: str | os.PathLike | None = None,
  timeout: float = 600,
  stdin: int | IO = subprocess.DEVNULL,
) -> subprocess.CompletedProcess:
  """Runs inception.<command> to its end."""
  process = start(command, arguments, cwd=cwd, stdin=stdin)
  try:
    out, err = process.communicate(timeout=timeout)
  finally:
    process.kill()
  return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def python(
  program: str,
  environment: Mapping[str, str] | None = None,
  *,
  arguments: Sequence[str | os.PathLike] = (),
) -> subprocess.CompletedProcess:
  """Runs a program given as text, with further environment variables."""
  return subprocess.run(
    [sys.executable, '-c', program, *map(str, arguments)],
    env=_environment() | dict(environment or {}),
    capture_output=True,
    encoding='utf-8',
    check=False,
    timeout=600,
  )


def imported(command: str, arguments: Sequence[str]) -> set[str]:
  """Returns the names of the modules that a command's run has imported."""
  code = (
    'import atexit, runpy, sys\n'
    'atexit.register(lambda: print("MODULES", *sys.modules))\n'
    f'sys.argv = {["command", *map(str, arguments)]!r}\n'
    f'runpy.run_module("inception.{command}", run_name="__main__")\n'
  )
  done = python(code, {})
  line = next(
    line
    for line in reversed(done.stdout.splitlines())
    if line.startswith('MODULES ')
  )
  return set(line.split()[1:])
