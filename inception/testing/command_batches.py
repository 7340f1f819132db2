"""Runs a command many times in one process, for tests that need no new process.

Starting Python and importing takes half a second, so a table of forty mistakes
would take twenty seconds.

  run_all   the results of all runs, each as commands.run returns it
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
import types
from collections.abc import Sequence

from absl.testing import flagsaver

from inception.cli import command
from inception.testing import commands


def run_all(
  name: str, cases: Sequence[Sequence[str]]
) -> list[subprocess.CompletedProcess]:
  """Runs inception.<name> with each case's arguments, one after the other.

  The results are those that the user sees: an uncaught error appears as a
  traceback in stderr.
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
  """Replaces the cases in a file by the [exit code, stdout, stderr] of each."""
  cases = json.loads(pathlib.Path(path).read_text(encoding='utf-8'))
  module = importlib.import_module(f'inception.{name}')
  pathlib.Path(path).write_text(
    json.dumps([_run(module, case) for case in cases]), encoding='utf-8'
  )


def _run(
  module: types.ModuleType, arguments: Sequence[str]
) -> tuple[object, str, str]:
  """Returns (exit code, stdout, stderr) of one run."""
  buffers = [io.BytesIO() for _ in range(2)]
  streams = [
    io.TextIOWrapper(buffer, encoding='utf-8', newline='') for buffer in buffers
  ]
  code: object
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
    except Exception:  # noqa: BLE001 (as Python does at the end of a program)
      traceback.print_exc()
      code = 1
  for stream in streams:
    stream.flush()
  out, err = (buffer.getvalue().decode() for buffer in buffers)
  return code, out, err
