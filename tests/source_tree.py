"""Reads the repository's own files, for the tests that check them.

  read           every source file, as {path: text}
  modules        the Python modules among them
  parse          the syntax tree of a file
  imports        the imports of a module
  local_name     the module name of a file

A tree is a plain dict, so that a test can make a small bad one by hand. Paths
are relative to the repository and have forward slashes.
"""

import ast
import dataclasses
import functools
import pathlib
from collections.abc import Iterator, Mapping

# The path is not resolved: Bazel's runfiles are symbolic links, and the files
# around their targets are not declared as inputs.
ROOT = pathlib.Path(__file__).absolute().parent.parent

_FOLDERS = ('inception', 'tests', 'third_party')
_SUFFIXES = ('.py', '.bzl')
_NAMES = ('BUILD', 'WORKSPACE', 'MODULE.bazel', 'WORKSPACE.bzlmod')
# Data of the 2016 program, not sources.
_TESTDATA = 'tests/testdata/'

Tree = Mapping[str, str]


def _is_source(path: pathlib.Path) -> bool:
  if path.suffix not in _SUFFIXES and path.name not in _NAMES:
    return False
  # Bazel adds empty __init__.py files to the runfiles.
  return path.name != '__init__.py' or path.stat().st_size > 0


def read(root: pathlib.Path = ROOT) -> dict[str, str]:
  """Returns {path: text} of every Python and Bazel source file."""
  paths = [p for p in root.iterdir() if p.is_file()]
  for folder in _FOLDERS:
    paths += (root / folder).rglob('*')
  names = {
    path.relative_to(root).as_posix(): path
    for path in paths
    if path.is_file() and _is_source(path)
  }
  return {
    name: names[name].read_text(encoding='utf-8')
    for name in sorted(names)
    if not name.startswith(_TESTDATA)
  }


def local_name(path: str) -> str:
  """Returns the module name of a file, such as 'inception.slim.ops'."""
  return path.removesuffix('.py').replace('/', '.')


def modules(tree: Tree, folder: str = '') -> dict[str, str]:
  """Returns {module name: path} of the .py files below `folder`."""
  return {
    local_name(path): path
    for path in tree
    if path.endswith('.py') and path.startswith(folder)
  }


@functools.cache
def _parse(text: str, path: str) -> ast.Module:
  return ast.parse(text, filename=path)


def parse(tree: Tree, path: str) -> ast.Module:
  """Returns the syntax tree of a file. It is cached: do not change it."""
  return _parse(tree[path], path)


@dataclasses.dataclass(frozen=True)
class Import:
  """One imported name.

  Attributes:
    line: Line number of the import.
    name: Full name, such as 'inception.slim.ops', 'absl.flags' or 'numpy'.
    is_module: False if a name was imported out of a module of this project.
  """

  line: int
  name: str
  is_module: bool


def imports(tree: Tree, path: str) -> Iterator[Import]:
  """Yields every import of a file, including those inside functions."""
  known = modules(tree)
  for node in ast.walk(parse(tree, path)):
    if isinstance(node, ast.Import):
      for alias in node.names:
        yield Import(node.lineno, alias.name, True)
    elif isinstance(node, ast.ImportFrom):
      base = '.' * node.level + (node.module or '')
      for alias in node.names:
        # `from package import module` and `from module import name` look alike.
        if base in known:
          yield Import(node.lineno, base, False)
        else:
          yield Import(node.lineno, f'{base}.{alias.name}', True)
