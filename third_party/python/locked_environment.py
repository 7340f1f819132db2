"""Enforces the locked packages, whatever the environment variables say.

python_env.bzl puts this module into the virtual environment, with a .pth file
that calls enforce() while Python starts, before any other module is imported.

A shell may set PYTHONPATH for another Python, as ROS, the modules of a cluster
and many a .bashrc do. Those folders come before site-packages, so that their
NumPy would be used instead of the locked one. Folders of this project are kept,
because Bazel's start-up script and the tests pass them in PYTHONPATH.

  enforce   drops foreign folders from sys.path, and variables for children
"""

import os
import re
import sys
from collections.abc import Iterable, MutableMapping

# The variable with the runfiles folder of the program that started first. Its
# children, which may have no script file, keep PYTHONPATH folders within it.
RUNFILES = 'INCEPTION_RUNFILES'

# A file by which a checkout of the project is recognised.
_MARK = os.path.join('third_party', 'python', 'locked_environment.py')
# X.runfiles beside a binary; ...\runfiles if Windows has unpacked a zip file.
_TREE = re.compile(r'(.*[\\/](?:[^\\/]+\.)?runfiles)[\\/]', re.DOTALL)

# Other variables that decide where this process's children find modules.
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
  """Drops the folders that PYTHONPATH added, except those of this project.

  Args:
    path: the folders to import from; None for sys.path.
    environ: the environment variables; None for os.environ.
    script: the program's main file, or '-c' or '-m'; None for sys.argv[0].
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
  """Returns folders of this Python, which PYTHONPATH may also name."""
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
    # site-packages, which contains this module.
    os.path.dirname(__file__),
  ]


def _keys(folders: Iterable[str]) -> set[str]:
  return {_key(folder) for folder in folders}


def _key(folder: str) -> str:
  """Returns equal texts for equal folders, as Python's site compares them."""
  if folder.startswith('\\\\?\\'):  # Bazel's form of paths on Windows.
    folder = folder[4:]
  return os.path.normcase(os.path.abspath(folder))
