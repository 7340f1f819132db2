"""Keeps the locked packages in force, whatever the environment says.

python_env.bzl puts this module into the virtual environment, with a .pth file
that calls enforce() while Python starts, before any other module is imported.

A shell may set PYTHONPATH for another Python: ROS, the modules of a cluster and
many a .bashrc do. Those folders come before site-packages, so that their NumPy
would run in place of the locked one. Folders of this project stay, since that
is how Bazel's start-up script and the tests name them.

  enforce   drops foreign folders from sys.path, and variables for children
"""

import os
import re
import sys
from collections.abc import Iterable, MutableMapping

# Where the program that started first has its runfiles: its children, whose own
# script may lie nowhere, take their PYTHONPATH's folders from there, too.
RUNFILES = 'INCEPTION_RUNFILES'

# A checkout of the project has this file, and is named as a whole.
_MARK = os.path.join('third_party', 'python', 'locked_environment.py')
# X.runfiles beside a binary; ...\runfiles where Windows has unpacked a zip.
_TREE = re.compile(r'(.*[\\/](?:[^\\/]+\.)?runfiles)[\\/]', re.DOTALL)

# What else decides where modules come from, in this process's children.
_VARIABLES = (
  'PYTHONEXECUTABLE',
  'PYTHONHOME',
  'PYTHONPLATLIBDIR',
  'PYTHONSTARTUP',
  'PYTHONUSERBASE',
  '__PYVENV_LAUNCHER__',
)


def enforce(
  path: list[str] | None = None,
  environ: MutableMapping[str, str] | None = None,
  script: str | None = None,
) -> None:
  """Drops what PYTHONPATH has added, except for folders of this project.

  Args:
    path: the folders to import from; sys.path.
    environ: the environment variables; os.environ.
    script: the program's main file, or '-c' or '-m'; sys.argv[0].
  """
  path = sys.path if path is None else path
  environ = os.environ if environ is None else environ
  if script is None:
    script = sys.argv[0] if getattr(sys, 'argv', None) else ''

  tree = _TREE.match(script)
  if tree:
    environ[RUNFILES] = tree[1]
  # Excludes the user's own site-packages, whose .pth files run code.
  environ['PYTHONNOUSERSITE'] = '1'
  for name in _VARIABLES:
    environ.pop(name, None)

  entries = environ.pop('PYTHONPATH', '').split(os.pathsep)
  kept = [e for e in entries if e and _is_ours(e, environ.get(RUNFILES))]
  if kept:
    environ['PYTHONPATH'] = os.pathsep.join(kept)
  foreign = _keys(entries) - _keys(kept) - _keys(_standard())
  path[:] = [folder for folder in path if _key(folder) not in foreign]


def _is_ours(folder: str, runfiles: str | None) -> bool:
  if runfiles and (_key(folder) + os.sep).startswith(_key(runfiles) + os.sep):
    return True
  return os.path.isfile(os.path.join(folder, _MARK))


def _standard() -> list[str]:
  """Returns folders of this Python, which PYTHONPATH may name as well."""
  library = os.path.dirname(os.__file__)
  archive = 'python{}{}.zip'.format(*sys.version_info)
  return [
    library,
    os.path.join(library, 'lib-dynload'),
    os.path.join(os.path.dirname(library), archive),
    # On Windows.
    sys.base_prefix,
    os.path.join(sys.base_prefix, 'DLLs'),
    os.path.join(sys.base_prefix, archive),
    # site-packages, where this module lies.
    os.path.dirname(__file__),
  ]


def _keys(folders: Iterable[str]) -> set[str]:
  return {_key(folder) for folder in folders}


def _key(folder: str) -> str:
  """Returns the same text for the same folder, as site compares them."""
  if folder.startswith('\\\\?\\'):  # As Bazel names folders on Windows.
    folder = folder[4:]
  return os.path.normcase(os.path.abspath(folder))
