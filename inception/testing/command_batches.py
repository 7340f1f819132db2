"""Runs a command many times in one process, where a process is not the point.

Starting Python and importing takes half a second: a table of forty mistakes
would take twenty.

  run_all   the ends of all runs, as commands.run returns one
"""

import contextlib
import importlib
import io
import json
import pathlib
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Sequence

from absl.testing import flagsaver

from inception.cli import command
from inception.testing import commands


def run_all(
  name: str, cases: Sequence[Sequence[str]]
) -> list[subprocess.CompletedProcess]:
  """Runs inception.<name> with each case's arguments, one after the other.

  What the command ends with is what its user sees; an error that nobody has
  caught is a traceback in stderr.
  """
  cases = [[str(argument) for argument in case] for case in cases]
  with tempfile.TemporaryDirectory() as folder:
    path = pathlib.Path(folder, 'cases.json')
    path.write_text(json.dumps(cases), encoding='utf-8')
    done = commands.python(
      'from inception.testing import command_batches\n'
      f'command_batches.answer({name!r}, {str(path)!r})',
      {},
    )
    if done.returncode:
      raise RuntimeError(done.stderr)
    answers = json.loads(path.read_text(encoding='utf-8'))
  return [
    subprocess.CompletedProcess(case, *answer)
    for case, answer in zip(cases, answers, strict=True)
  ]


def answer(name: str, path: str) -> None:
  """Replaces the cases in a file by [exit code, stdout, stderr] of each."""
  cases = json.loads(pathlib.Path(path).read_text(encoding='utf-8'))
  module = importlib.import_module(f'inception.{name}')
  pathlib.Path(path).write_text(
    json.dumps([_run(module, case) for case in cases]), encoding='utf-8'
  )


def _run(module, arguments) -> tuple[int, str, str]:
  streams = [
    io.TextIOWrapper(io.BytesIO(), encoding='utf-8', newline='')
    for _ in range(2)
  ]
  sys.argv = [module.__name__.rpartition('.')[2], *arguments]
  with (
    flagsaver.flagsaver(),
    contextlib.redirect_stdout(streams[0]),
    contextlib.redirect_stderr(streams[1]),
  ):
    try:
      command.run(module.main)
    except SystemExit as end:
      code = end.code or 0
    except Exception:  # noqa: BLE001 (as Python ends a program)
      traceback.print_exc()
      code = 1
  for stream in streams:
    stream.flush()
  return code, *(stream.buffer.getvalue().decode() for stream in streams)
