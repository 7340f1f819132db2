"""The repository's own files, for the tests that read them.

  read           every source file, as {path: text}
  modules        the Python modules among them
  imports        what a module imports, as project modules and top-level names
  targets        the targets that BUILD files declare
  local_name     the way a file is called in imports

A tree is a plain dict, so that a test can make a small bad one by hand. Paths
are relative to the repository and have forward slashes.
"""

import ast
import dataclasses
import pathlib
import posixpath
from collections.abc import Iterator, Mapping

# Not resolved: in Bazel's runfiles every file is a symbolic link, and what lies
# beyond them has not been declared.
ROOT = pathlib.Path(__file__).absolute().parent.parent

_FOLDERS = ('inception', 'tests', 'third_party')
_SUFFIXES = ('.py', '.bzl')
_NAMES = ('BUILD', 'WORKSPACE', 'MODULE.bazel', 'WORKSPACE.bzlmod')
# Not sources but data, as it was handed down.
_TESTDATA = 'tests/testdata/'
_PYTHON_RULES = ('py_library', 'py_binary', 'py_test', 'pytest_test')

Tree = Mapping[str, str]


def _is_source(path: pathlib.Path) -> bool:
  if path.suffix not in _SUFFIXES and path.name not in _NAMES:
    return False
  # Bazel puts empty ones into the runfiles.
  return path.name != '__init__.py' or path.stat().st_size > 0


def read(root: pathlib.Path = ROOT) -> dict[str, str]:
  """Returns {path: text} of every Python and Bazel source file."""
  paths = [p for p in root.iterdir() if p.is_file()]
  for folder in _FOLDERS:
    paths += (root / folder).rglob('*')
  names = {path.relative_to(root).as_posix(): path for path in paths
           if path.is_file() and _is_source(path)}
  return {name: names[name].read_text(encoding='utf-8')
          for name in sorted(names)
          if not name.startswith(_TESTDATA)}


def local_name(path: str) -> str:
  """Returns how a file is imported: 'inception.slim.ops'."""
  return path.removesuffix('.py').replace('/', '.')


def modules(tree: Tree, folder: str = '') -> dict[str, str]:
  """Returns {module name: path} of the .py files below `folder`."""
  return {local_name(path): path for path in tree
          if path.endswith('.py') and path.startswith(folder)}


def parse(tree: Tree, path: str) -> ast.Module:
  """Returns the syntax tree of a file."""
  return ast.parse(tree[path], filename=path)


@dataclasses.dataclass(frozen=True)
class Import:
  """One imported thing.

  Attributes:
    line: where.
    name: 'inception.slim.ops', 'absl.flags', 'os.path', 'numpy'.
    is_module: of a project's module: the module itself was imported, not a name
      out of it.
  """
  line: int
  name: str
  is_module: bool


def imports(tree: Tree, path: str) -> Iterator[Import]:
  """Yields every import of a file, those inside functions too."""
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


@dataclasses.dataclass(frozen=True)
class Target:
  """A target of a BUILD file, its labels written in full."""
  package: str
  rule: str
  name: str
  srcs: tuple[str, ...]
  deps: tuple[str, ...]
  visibility: tuple[str, ...]
  testonly: bool

  @property
  def label(self) -> str:
    return f'//{self.package}:{self.name}'


def _full_label(package: str, label: str) -> str:
  if label.startswith('//'):
    if ':' in label:
      return label
    return f'{label}:{posixpath.basename(label)}'
  return f'//{package}:{label.removeprefix(":")}'


def _label_to_path(label: str) -> str:
  package, name = label.removeprefix('//').split(':')
  return posixpath.join(package, name)


def _strings(node: ast.expr | None, where: str) -> list[str]:
  """Returns the strings of a literal; of none at all, []."""
  if node is None:
    return []
  try:
    value = ast.literal_eval(node)
  except ValueError:
    raise ValueError(f'{where} must be a plain string or list of strings, for '
                     'the architecture test to read it') from None
  return [value] if isinstance(value, str) else list(value)


def _calls(tree: Tree, path: str) -> Iterator[tuple[str, dict[str, ast.expr]]]:
  """Yields (name, arguments) of a BUILD file's calls: it parses as Python."""
  for statement in parse(tree, path).body:
    match statement:
      case ast.Expr(value=ast.Call(func=ast.Name(id=name), keywords=keywords)):
        yield name, {keyword.arg: keyword.value for keyword in keywords}


def _package_targets(tree: Tree, path: str) -> Iterator[Target]:
  package = posixpath.dirname(path)
  visibility: list[str] = []
  testonly = False
  for rule, arguments in _calls(tree, path):
    def strings(name, arguments=arguments, where=f'{path}: {rule}'):
      return _strings(arguments.get(name), f'{where}: {name}')

    def labels(name, strings=strings):
      return tuple(_full_label(package, label) for label in strings(name))

    if rule == 'package':
      visibility = strings('default_visibility')
      testonly = 'default_testonly' in arguments
    elif rule in _PYTHON_RULES:
      yield Target(
          package=package,
          rule=rule,
          name=strings('name')[0],
          srcs=tuple(_label_to_path(label) for label in labels('srcs')),
          deps=labels('deps'),
          visibility=tuple(strings('visibility') or visibility),
          testonly=testonly or 'testonly' in arguments)


def targets(tree: Tree) -> Iterator[Target]:
  """Yields the Python targets of every BUILD file.

  Raises:
    ValueError: an attribute that is read here is computed.
  """
  for path in tree:
    if posixpath.basename(path) == 'BUILD':
      yield from _package_targets(tree, path)
