"""A command's beginning and end: its paths are checked, its errors answered.

run                  the entry point of every command
resolve_path         a path flag's value, as the user's shell understands it
check_no_arguments, check_exists, check_folder, make_folder
                     checks that come before TensorFlow is imported
load_tensorflow      imports it quietly
naming               puts a flag's name before the errors of a block

What the user can mend (errors.UserError) ends a command with one line on stderr
and exit code 1; no command lists classes of errors.
"""

import contextlib
import faulthandler
import os
import pathlib
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence

from absl import app
from absl import flags

from inception.cli import help_text
from inception.jobs import errors
from inception.jobs import output_folder

FLAGS = flags.FLAGS

_GREETINGS = (
  'All log messages before absl::InitializeLog()',
  'oneDNN custom operations are on',
)


def resolve_path(path: str) -> str:
  """Returns `path` as the user's shell understands it.

  `bazel run` starts a program in a folder of its own and passes the user's in
  BUILD_WORKING_DIRECTORY; bazelw, called from outside the repository, in
  BAZELW_WORKING_DIRECTORY. A leading ~ is the home folder: shells leave it as
  it is in --flag=~/folder.
  """
  if not path:
    return path
  folder = os.environ.get('BAZELW_WORKING_DIRECTORY') or os.environ.get(
    'BUILD_WORKING_DIRECTORY', ''
  )
  return str(pathlib.Path(folder, pathlib.Path(path).expanduser()))


@contextlib.contextmanager
def naming(flag: str) -> Iterator[None]:
  """Puts the name of a flag before the UserErrors of the block.

  Raises:
    UserError: the block raised one.
  """
  try:
    yield
  except errors.UserError as error:
    raise errors.UserError(f'--{flag}: {error}') from error


def check_no_arguments(argv: Sequence[str]) -> None:
  """Refuses what is on the command line besides flags.

  Raises:
    UserError: there is something; a forgotten -- or = is the usual cause.
  """
  if len(argv) > 1:
    raise errors.UserError(
      f'unexpected argument {argv[1]!r}: flags are given as --name=value'
    )


def check_exists(path: str, flag: str) -> None:
  """Refuses the path of a checkpoint that is not there.

  A checkpoint is named by its prefix, so that no file need have the very name.

  Raises:
    UserError: neither the path nor a file that begins with it exists.
  """
  place = pathlib.Path(path)
  if not path or place.exists():
    return
  try:
    names = [found.name for found in place.parent.iterdir()]
  except OSError:
    names = []
  if not any(name.startswith(place.name + '.') for name in names):
    raise errors.UserError(
      f'--{flag}: there is no checkpoint {path!r}: give the '
      'prefix, the .index file or the folder of one'
    )


def check_folder(path: str, flag: str) -> None:
  """Refuses an input folder that is not there.

  Raises:
    UserError: there is no such folder.
  """
  if not pathlib.Path(path).is_dir():
    raise errors.UserError(
      f'--{flag}: {path!r} is not a folder: give one that is there'
    )


def make_folder(path: str, flag: str) -> None:
  """Makes a folder for output, where it is not there, and tries to write.

  Raises:
    UserError: it cannot be made, or nothing can be written into it.
  """
  try:
    pathlib.Path(path).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=path):
      pass
  except OSError as error:
    raise errors.UserError(
      f'--{flag}: cannot write into {path!r} ({error.strerror}): give a '
      'folder that you may write to'
    ) from error


def load_tensorflow(*, verbose: bool = False) -> None:
  """Imports TensorFlow without Keras, and without its start-up messages.

  TensorFlow's C++ log writes these messages to the file descriptor, whatever
  the log level, before Python can filter them. Every other line is passed on.
  If the import crashes the process, faulthandler reports that on the real
  stderr.

  Args:
    verbose: Whether to show every message.
  """
  os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '0' if verbose else '2')
  # Keras takes a third of the import's time, and nothing here uses it: asked
  # for the older one, which is another package, TensorFlow imports neither.
  os.environ.setdefault('TF_USE_LEGACY_KERAS', '1')
  # Several hosts must find each other before the first operation runs.
  if verbose or os.environ.get('TF_CONFIG'):
    return
  sys.stderr.flush()
  stderr = os.dup(2)
  faulthandler.enable(stderr)
  with tempfile.TemporaryFile() as log:
    os.dup2(log.fileno(), 2)
    try:
      import tensorflow as tf

      tf.zeros([])  # The last of the greetings comes with the first operation.
    finally:
      os.dup2(stderr, 2)
      faulthandler.enable(2)
      os.close(stderr)
      log.seek(0)
      for line in log.read().decode('utf-8', 'replace').splitlines():
        if line.strip() and not any(text in line for text in _GREETINGS):
          sys.stderr.write(f'{line}\n')


def _name() -> str:
  """Returns the command's name, for the beginning of a line."""
  return pathlib.Path(sys.argv[0]).stem or 'inception'


def _silence() -> None:
  """Drops all further output: whoever read it has gone, as `| head` does.

  Python would otherwise try again at the end, and say that it failed.
  """
  nowhere = os.open(os.devnull, os.O_WRONLY)
  for descriptor in (1, 2):
    os.dup2(nowhere, descriptor)
  os.close(nowhere)


def _fail(message: str, exit_code: int) -> None:
  try:
    sys.stderr.write(f'{_name()}: {message}\n')
  except BrokenPipeError:
    _silence()
  sys.exit(exit_code)


def _help(main: Callable, *, full: bool) -> None:
  """Prints the help and exits; who reads only its head has what they want."""
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
  except SystemExit:  # --helpxml and its kin, after they have printed.
    sys.exit(0)


def _print_notices() -> None:
  """Prints each UserNotice as one line, and other warnings as Python does."""
  python_way = warnings.showwarning

  def show(message, category, *where, **options):
    if issubclass(category, errors.UserNotice):
      sys.stderr.write(f'{_name()}: WARNING: {message}.\n')
    else:
      python_way(message, category, *where, **options)

  warnings.showwarning = show


def run(main: Callable[[Sequence[str]], int | None]) -> None:
  """Runs a command: parses its flags, calls main(argv), and exits.

  A wrong flag ends with exit code 2, a UserError or an error of the system's
  (a full disk, an unreadable file) with 1, both after one sentence on stderr;
  Ctrl-C with 130; --help with 0. What main returns is the exit code. Where
  nobody reads the output any more, a command ends quietly with exit code 1.

  Args:
    main: called with the command line without its flags. Its module's docstring
      is what --help begins with.
  """
  for stream in filter(None, (sys.stdout, sys.stderr)):
    # A Windows console may lack the letters of a file's name; and a line in a
    # log should be there when it is printed.
    stream.reconfigure(errors='backslashreplace', line_buffering=True)
  _print_notices()

  def parse(argv):
    asked = help_text.wanted(argv)
    if asked:
      _help(main, full=asked == 'full')
    return _parse(argv)

  def guarded(argv):
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

  try:
    app.run(guarded, flags_parser=parse)
  except BrokenPipeError:
    _silence()
    sys.exit(1)
