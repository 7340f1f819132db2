"""Start and end of a command: checks of its paths, reports of its errors.

  run                  runs a command; the entry point of all of them
  resolve_path         resolves a path flag as the user's shell would
  check_no_arguments, check_exists, check_folder, make_folder
                       check inputs before TensorFlow is imported
  load_tensorflow      imports TensorFlow quietly
  naming               prefixes the errors of a block with a flag's name

Errors that the user can fix (errors.UserError) end a command with one line on
stderr and exit code 1; no command lists classes of errors.
"""

import contextlib
import faulthandler
import os
import pathlib
import sys
import tempfile
import types
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import NoReturn, TextIO

from absl import app
from absl import flags

from inception.cli import help_text
from inception.hardware import cluster
from inception.hardware import tensorflow_log
from inception.jobs import errors
from inception.jobs import output_folder

FLAGS = flags.FLAGS


def resolve_path(path: str) -> str:
  """Resolves a path as the user's shell would.

  `bazel run` starts a program in another folder and passes the user's in
  BUILD_WORKING_DIRECTORY; bazelw, called from outside the repository, passes it
  in BAZELW_WORKING_DIRECTORY. A leading ~ is the home folder, because shells do
  not expand it in --flag=~/folder.
  """
  if not path:
    return path
  folder = os.environ.get('BAZELW_WORKING_DIRECTORY') or os.environ.get(
    'BUILD_WORKING_DIRECTORY', ''
  )
  return str(pathlib.Path(folder, pathlib.Path(path).expanduser()))


@contextlib.contextmanager
def naming(flag: str) -> Iterator[None]:
  """Prefixes the UserErrors of the block with the name of a flag.

  Raises:
    UserError: the block raised one.
  """
  try:
    yield
  except errors.UserError as error:
    raise errors.UserError(f'--{flag}: {error}') from error


def check_no_arguments(argv: Sequence[str]) -> None:
  """Refuses arguments other than flags.

  Raises:
    UserError: there is one; a forgotten -- or = is the usual cause.
  """
  if len(argv) > 1:
    raise errors.UserError(
      f'unexpected argument {argv[1]!r}: flags are given as --name=value'
    )


def check_exists(path: str, flag: str) -> None:
  """Refuses the path of a checkpoint that does not exist.

  A checkpoint is given by its prefix, so no file with exactly this name has to
  exist. An empty path is accepted.

  Raises:
    UserError: there is neither such a path nor a file named PATH.*.
  """
  prefix = pathlib.Path(path)
  if not path or prefix.exists():
    return
  try:
    names = [file.name for file in prefix.parent.iterdir()]
  except OSError:
    names = []
  if not any(name.startswith(prefix.name + '.') for name in names):
    raise errors.UserError(
      f'--{flag}: there is no checkpoint {path!r}: give the '
      'prefix, the .index file or the folder of one'
    )


def check_folder(path: str, flag: str) -> None:
  """Refuses an input folder that does not exist.

  Raises:
    UserError: there is no such folder.
  """
  if not pathlib.Path(path).is_dir():
    raise errors.UserError(
      f'--{flag}: {path!r} is not a folder: give an existing one'
    )


def make_folder(path: str, flag: str) -> None:
  """Creates a folder for output if it is missing, and tries to write into it.

  Raises:
    UserError: the folder cannot be created, or is not writable.
  """
  try:
    pathlib.Path(path).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=path):
      pass
  except OSError as error:
    raise errors.UserError(
      f'--{flag}: cannot write into {path!r} ({error.strerror}): give a '
      'writable folder'
    ) from error


def load_tensorflow(
  *, verbose: bool = False, distributed: bool = False
) -> None:
  """Imports TensorFlow without Keras, and without its start-up messages.

  Args:
    verbose: whether to show every message.
    distributed: whether the command joins the other hosts that the environment
      may name. They must find each other before the first operation.
  """
  several_hosts = distributed and cluster.is_named(os.environ)
  tensorflow_log.set_levels(several_hosts=several_hosts, verbose=verbose)
  # Keras takes a third of the import's time, and nothing here uses it. Asked
  # for the legacy one, which is a package of its own, TensorFlow imports none.
  os.environ.setdefault('TF_USE_LEGACY_KERAS', '1')
  if verbose:
    return
  with tensorflow_log.without_greetings():
    import tensorflow as tf

    # The first operation logs the last of these messages.
    if not several_hosts:
      tf.zeros([])
  faulthandler.enable(2)


def _name() -> str:
  """Returns the command's name, with which its messages begin."""
  return pathlib.Path(sys.argv[0]).stem or 'inception'


def _silence() -> None:
  """Drops all further output, because its reader (`| head`) has ended.

  Otherwise Python would try again to flush it at exit, and report a failure.
  """
  nowhere = os.open(os.devnull, os.O_WRONLY)
  for descriptor in (1, 2):
    os.dup2(nowhere, descriptor)
  os.close(nowhere)


def _print_traceback(
  kind: type[BaseException],
  error: BaseException,
  traceback: types.TracebackType | None,
) -> None:
  """Prints an error that nothing has caught, if anybody reads it."""
  try:
    sys.__excepthook__(kind, error, traceback)
    if sys.stderr:
      sys.stderr.flush()
  except BrokenPipeError:
    _silence()


def _fail(message: str, exit_code: int) -> NoReturn:
  try:
    sys.stderr.write(f'{_name()}: {message}\n')
  except BrokenPipeError:
    _silence()
  sys.exit(exit_code)


def _help(main: Callable[[Sequence[str]], int | None], *, full: bool) -> None:
  """Prints the help and exits; a reader that stops early is no error."""
  try:
    sys.stdout.write(help_text.text(main.__module__, full=full))
    sys.stdout.flush()
  except BrokenPipeError:
    _silence()
  sys.exit(0)


def _parse(argv: Sequence[str]) -> list[str]:
  try:
    return FLAGS(list(argv))
  except flags.Error as error:
    text = ' '.join(str(error).split())
    _fail(f'{text} (--help lists the flags)', 2)
  except SystemExit:  # --helpxml and similar flags, after printing.
    sys.exit(0)


def _print_notices() -> None:
  """Prints each UserNotice as one line, and other warnings as Python does."""
  default_show = warnings.showwarning

  def show(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
  ) -> None:
    if issubclass(category, errors.UserNotice):
      sys.stderr.write(f'{_name()}: WARNING: {message}.\n')
    else:
      default_show(message, category, filename, lineno, file, line)

  warnings.showwarning = show


def run(main: Callable[[Sequence[str]], int | None]) -> None:
  """Runs a command: parses its flags, calls main(argv), and exits.

  A wrong flag ends with exit code 2, a UserError or a system error (a full
  disk, an unreadable file) with 1, both after one sentence on stderr; Ctrl-C
  with 130; --help with 0. Otherwise the exit code is main's result. If the
  reader of the output has ended, the command ends quietly with exit code 1.

  Args:
    main: called with the command line without its flags. The docstring of its
      module is the beginning of --help.
  """
  for stream in filter(None, (sys.stdout, sys.stderr)):
    # A Windows console may be unable to print a file name; and lines must
    # appear in a log as soon as they are printed.
    stream.reconfigure(errors='backslashreplace', line_buffering=True)
  _print_notices()

  def parse(argv: Sequence[str]) -> list[str]:
    wanted = help_text.wanted(argv)
    if wanted:
      _help(main, full=wanted == 'full')
    return _parse(argv)

  def guarded(argv: Sequence[str]) -> int | None:
    try:
      return main(argv)
    except errors.UserError as error:
      _fail(str(error), 1)
    except BrokenPipeError:
      raise
    except OSError as error:
      _fail(output_folder.describe(error), 1)
    except KeyboardInterrupt:
      _fail('interrupted', 130)

  sys.excepthook = _print_traceback
  try:
    try:
      app.run(guarded, flags_parser=parse)
    finally:
      # Python would flush at exit too, but report a failure with code 120.
      if sys.stdout:
        sys.stdout.flush()
  except BrokenPipeError:
    _silence()
    sys.exit(1)
