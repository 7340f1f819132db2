"""Tests that no variable or folder of the user's decides which modules run.

Each makes a virtual environment as third_party/python/python_env.bzl does, with
a module numpy that says where it is from, and starts its interpreter as Bazel's
binaries do.
"""

import ast
import os
import pathlib
import subprocess
import sys
import venv

import pytest

from tests import source_tree

_PYTHON = source_tree.ROOT / 'third_party' / 'python'
_MODULES = ('json', 'numpy', 'random', 'tokenize', 'typing', 'zipfile')
_REPORT = """
import json, random, tokenize, typing, zipfile
import numpy
print(numpy.WHENCE)
"""


def definitions(*names):
  """Returns these definitions of python_env.bzl, as Python."""
  text = (_PYTHON / 'python_env.bzl').read_text(encoding='utf-8')
  nodes = [
    node
    for node in ast.parse(text).body
    if getattr(node, 'name', '') in names
    or (isinstance(node, ast.Assign) and node.targets[0].id in names)
  ]
  values = {}
  exec(compile(ast.Module(nodes, []), 'python_env.bzl', 'exec'), values)
  return values


def shebang(is_ready=False):
  """Returns the first line of Bazel's start-up scripts."""
  return definitions('_UNSET', '_shebang')['_shebang'](is_ready)


def enforcing_line():
  """Returns what python_env.bzl writes into the .pth file."""
  text = (_PYTHON / 'python_env.bzl').read_text(encoding='utf-8')
  return next(
    node.value
    for node in ast.walk(ast.parse(text))
    if isinstance(node, ast.Constant)
    and str(node.value).startswith('import locked_environment')
  )


@pytest.fixture(name='python', scope='module')
def virtual_environment(tmp_path_factory):
  """Returns the interpreter of one that has a locked numpy."""
  folder = tmp_path_factory.mktemp('venv')
  venv.create(folder, symlinks=sys.platform != 'win32')
  python = folder / 'bin' / 'python'
  if sys.platform == 'win32':
    python = folder / 'Scripts' / 'python.exe'
  where = "import sysconfig; print(sysconfig.get_path('purelib'))"
  packages = pathlib.Path(
    subprocess.run(
      [str(python), '-I', '-c', where],
      stdout=subprocess.PIPE,
      encoding='utf-8',
      check=True,
    ).stdout.strip()
  )
  (packages / 'numpy.py').write_text("WHENCE = 'locked'", encoding='utf-8')
  module = (_PYTHON / 'locked_environment.py').read_text(encoding='utf-8')
  (packages / 'locked_environment.py').write_text(module, encoding='utf-8')
  (packages / '00_locked_environment.pth').write_text(
    enforcing_line(), encoding='utf-8'
  )
  return python


@pytest.fixture(name='other')
def folder_of_another_python(tmp_path):
  """Returns a folder of modules none of which may be imported."""
  folder = tmp_path / 'other'
  folder.mkdir()
  for name in _MODULES:
    (folder / f'{name}.py').write_text(
      f"raise ImportError('another {name}')", encoding='utf-8'
    )
  return folder


@pytest.fixture(name='runfiles')
def runfiles_of_a_binary(tmp_path):
  """Returns a tree as Bazel makes one, with a module of the project."""
  tree = tmp_path / 'binary.runfiles'
  package = tree / 'inception' / 'inception'
  package.mkdir(parents=True)
  (package / 'ours.py').write_text("WHENCE = 'runfiles'", encoding='utf-8')
  return tree


def run(python, arguments, *, cwd, **variables):
  """Runs the interpreter with nothing but these variables besides the usual."""
  environ = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith('PYTHON') and name != 'INCEPTION_RUNFILES'
  }
  done = subprocess.run(
    [str(python), *map(str, arguments)],
    cwd=cwd,
    env=environ | {name: str(value) for name, value in variables.items()},
    capture_output=True,
    encoding='utf-8',
    check=False,
  )
  assert done.returncode == 0, done.stderr
  return done.stdout.split()


def script(runfiles, text):
  """Writes the binary's main file."""
  path = runfiles / 'inception' / 'inception' / 'main.py'
  path.write_text(text, encoding='utf-8')
  return path


def stub_path(runfiles, *more):
  """Returns PYTHONPATH as Bazel's start-up script sets it."""
  return os.pathsep.join(map(str, [runfiles, runfiles / 'inception', *more]))


def test_foreign_packages_are_used_without_enforcement(
  python, other, tmp_path, runfiles
):
  program = script(
    runfiles, "import sys\nprint('locked_environment' in sys.modules)"
  )
  assert run(python, [program], cwd=tmp_path) == ['True']
  failed = subprocess.run(
    [sys.executable, '-S', '-c', 'import numpy'],
    env={**os.environ, 'PYTHONPATH': str(other)},
    capture_output=True,
    encoding='utf-8',
    check=False,
  )
  assert 'another numpy' in failed.stderr


@pytest.mark.parametrize('form', ['absolute', 'relative', 'empty', 'twice'])
def test_pythonpath_of_another_python_is_ignored(form, python, other, runfiles):
  value = {
    'absolute': other,
    'relative': '.',
    'empty': os.pathsep,
    'twice': f'{other}{os.pathsep}{other / ".." / other.name}',
  }[form]
  path = stub_path(runfiles, value)
  # In the working folder, too, lie modules with standard names.
  out = run(python, [script(runfiles, _REPORT)], cwd=other, PYTHONPATH=path)
  assert out == ['locked']


def test_pythonsafepath_changes_nothing(python, other, runfiles):
  path = stub_path(runfiles, other)
  program = script(runfiles, _REPORT + 'from inception import ours\n')
  out = run(python, [program], cwd=other, PYTHONPATH=path, PYTHONSAFEPATH='1')
  assert out == ['locked']


def test_user_site_packages_are_ignored(python, other, runfiles, tmp_path):
  text = _REPORT + 'import site\nprint(site.ENABLE_USER_SITE)\n'
  out = run(
    python,
    [script(runfiles, text)],
    cwd=tmp_path,
    PYTHONUSERBASE=other,
    PYTHONSTARTUP=other / 'numpy.py',
  )
  assert out == ['locked', 'False']


def test_folders_of_this_python_may_be_named(python, other, tmp_path):
  text = 'import os, sys; print(os.pathsep.join(sys.path[1:]))'
  standard = run(python, ['-c', text], cwd=tmp_path)[0]
  path = f'{other}{os.pathsep}{standard}'
  again = run(python, ['-c', text], cwd=tmp_path, PYTHONPATH=path)[0]
  assert set(again.split(os.pathsep)) == set(standard.split(os.pathsep))


_CHILDREN = """
import multiprocessing, os, subprocess, sys
from inception import ours

def work(_):
  import numpy, json
  from inception import ours
  return f'{numpy.WHENCE} {ours.WHENCE}'

if __name__ == '__main__':
  text = ('import numpy, json; from inception import ours;'
          'print(numpy.WHENCE, ours.WHENCE)')
  subprocess.run([sys.executable, '-P', '-c', text]
                 if sys.version_info >= (3, 11) else
                 [sys.executable, '-c', 'import sys; del sys.path[0];' + text],
                 check=True)
  # As the tests do it.
  os.environ['PYTHONPATH'] = os.pathsep.join(sys.path + [sys.argv[1]])
  with multiprocessing.get_context('spawn').Pool(1) as pool:
    print(*pool.map(work, [1]))
  names = ('PYTHONHOME', 'PYTHONUSERBASE', 'PYTHONSTARTUP')
  print(*[name for name in names if name in os.environ])
"""


def test_processes_that_a_program_starts_have_the_same_modules(
  python, other, runfiles
):
  out = run(
    python,
    [script(runfiles, _CHILDREN), other],
    cwd=other,
    PYTHONPATH=stub_path(runfiles, other),
    PYTHONUSERBASE=other,
    PYTHONSTARTUP=other / 'numpy.py',
  )
  assert out == ['locked', 'runfiles'] * 2


def test_a_checkout_may_be_named(python, other, tmp_path):
  path = f'{other}{os.pathsep}{source_tree.ROOT}'
  text = 'import sys; print(*sys.path, sep="|")'
  out = run(python, ['-c', text], cwd=tmp_path, PYTHONPATH=path)
  folders = ' '.join(out).split('|')
  assert str(source_tree.ROOT) in folders and str(other) not in folders


def test_runfiles_of_another_program_are_ignored(
  python, other, runfiles, tmp_path
):
  foreign = tmp_path / 'tool.runfiles' / 'pip_numpy'
  foreign.mkdir(parents=True)
  (foreign / 'numpy.py').write_text('raise ImportError', encoding='utf-8')
  out = run(
    python,
    [script(runfiles, _REPORT)],
    cwd=tmp_path,
    PYTHONPATH=stub_path(runfiles, foreign.parent, foreign),
    INCEPTION_RUNFILES=foreign.parent,
  )
  assert out == ['locked']


@pytest.mark.parametrize('is_ready', [False, True])
def test_first_line_is_within_the_length_limit(is_ready):
  line = shebang(is_ready)
  assert line.startswith('#!/usr/bin/env -S -uPYTHONHOME -uPYTHONPATH ')
  assert ('PYTHONNOUSERSITE=1' in line) == is_ready
  assert len(line) <= 127


@pytest.mark.skipif(
  sys.platform == 'win32', reason='Windows has no first lines'
)
def test_pythonhome_stops_neither_the_start_up_script_nor_the_program(
  python, other, runfiles, tmp_path
):
  # As Bazel's script: sets PYTHONPATH, and becomes the interpreter.
  stub = tmp_path / 'binary'
  program = script(runfiles, _REPORT)
  stub.write_text(
    f"""{shebang()}
import sys
del sys.path[0]
import os, json, zipfile
path = [{stub_path(runfiles)!r}, os.environ.get('PYTHONPATH')]
os.environ['PYTHONPATH'] = ':'.join(filter(None, path))
os.execv({str(python)!r}, [{str(python)!r}, {str(program)!r}])
""",
    encoding='utf-8',
  )
  stub.chmod(0o755)
  out = run(
    stub,
    [],
    cwd=other,
    PYTHONHOME=other,
    PYTHONPATH=other,
    PYTHONEXECUTABLE=other,
    PYTHONPLATLIBDIR='lib128',
    PYTHONUSERBASE=other,
    __PYVENV_LAUNCHER__=other,
  )
  assert out == ['locked']
