"""Writes the BUILD files of inception/ and tests/ from the imports.

  python -m tests.build_files         reports the files that differ
  python -m tests.build_files --fix   writes them

Every module gets one target: a py_binary for a command or a benchmark, a
pytest_test for a *_test.py, a py_library for the rest. Its deps are its
imports. A package is visible to the packages that use it and to the tests.
The small tests of a package share one target, `small_tests`, because importing
TensorFlow takes longer than most of them.
Parts that cannot be derived from imports are kept from the existing file: the
attributes in _KEPT of a target, and calls that are not written here.
"""

import ast
import collections
import dataclasses
import pathlib
import posixpath
import sys
from collections.abc import Iterable, Iterator, Mapping

from tests import architecture
from tests import source_tree
from tests import starlark

# Import name of a package -> its target in //third_party/python.
PACKAGES = {
  'absl': 'absl',
  'filelock': 'filelock',
  'flatbuffers': 'flatbuffers',
  'google': 'protobuf',
  'google_crc32c': 'google_crc32c',
  'h5py': 'h5py',
  'jinja2': 'jinja2',
  'keras': 'keras',
  'mypy': 'mypy',
  'numpy': 'numpy',
  'pi_heif': 'pi_heif',
  'PIL': 'pillow',
  'psutil': 'psutil',
  'pytest': 'pytest',
  'requests': 'requests',
  'ruff': 'ruff',
  'sklearn': 'sklearn',
  'simplejpeg': 'simplejpeg',
  'starlette': 'starlette',
  'tensorboard': 'tensorboard',
  'tensorflow': 'tensorflow',
  'tqdm': 'tqdm',
  'uvicorn': 'uvicorn',
  'yaml': 'pyyaml',
}

_KEPT = ('args', 'data', 'flaky', 'shard_count', 'size', 'tags', 'timeout')
_PYTHON = '@rules_python//python:defs.bzl'
_PYTEST = '//third_party/python:pytest.bzl'
_TESTS = '//tests:__subpackages__'
_SMALL_TESTS = 'small_tests'
_RULES = ('py_binary', 'py_library', 'pytest_test')
_HEADER = (
  '# Written from the imports: python -m tests.build_files --fix\n'
  '# Sizes, data and the like are kept as they are here.\n'
)

Tree = source_tree.Tree


class UnknownImportError(ValueError):
  """A file imports modules without a target; the text lists them."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Target:
  """One target.

  Attributes:
    package: Folder of the BUILD file.
    rule: 'py_library', 'py_binary' or 'pytest_test'.
    path: Path of the target's only source file.
  """

  package: str
  rule: str
  path: str

  @property
  def name(self) -> str:
    return posixpath.basename(self.path).removesuffix('.py')

  @property
  def label(self) -> str:
    if posixpath.basename(self.package) == self.name:
      return f'//{self.package}'  # Buildifier's short form.
    return f'//{self.package}:{self.name}'


def targets(tree: Tree) -> dict[str, Target]:
  """Returns {path: target} of every module of inception/ and tests/."""
  by_path = {}
  for path in source_tree.modules(tree).values():
    folder = posixpath.dirname(path)
    if folder.partition('/')[0] not in ('inception', 'tests'):
      continue
    rule = 'py_library'
    if path.endswith('_test.py'):
      rule = 'pytest_test'
    elif path.endswith('_benchmark.py'):
      rule = 'py_binary'
    elif architecture.is_command(tree, path):
      # The program is bazel-bin/inception/NAME, whatever room it is in.
      rule, folder = 'py_binary', 'inception'
    by_path[path] = Target(package=folder, rule=rule, path=path)
  return by_path


def _indirect(tree: Tree, path: str) -> Iterator[source_tree.Import]:
  """Yields the dependencies that a file has without importing them."""
  starts_commands = {
    'inception.testing.command_batches',
    'inception.testing.commands',
    'subprocess',
    'tests.benchmarks.worker_process',
  } & {what.name for what in source_tree.imports(tree, path)}
  programs = architecture.commands(tree) | set(
    source_tree.modules(tree, 'tests/benchmarks/')
  )
  for node in ast.walk(source_tree.parse(tree, path)):
    match node:
      case ast.Attribute(value=ast.Name(id='tf'), attr='summary'):
        yield source_tree.Import(node.lineno, 'tensorboard', True)
      case ast.Constant(value=str(text)):
        # The name or the file of a program to start.
        text = text.removesuffix('.py').replace('/', '.')
        for name in (f'inception.{text}', f'tests.benchmarks.{text}'):
          if starts_commands and name in programs:
            yield source_tree.Import(node.lineno, name, True)


def _deps(
  tree: Tree, target: Target, owners: Mapping[str, Target]
) -> list[str]:
  """Returns the labels of the modules that a target's source imports.

  Raises:
    UnknownImportError: An imported module has no target.
  """
  labels, unknown = set(), []
  known = source_tree.modules(tree)
  path = target.path
  for what in (*source_tree.imports(tree, path), *_indirect(tree, path)):
    top = what.name.partition('.')[0]
    if what.name in known and known[what.name] in owners:
      labels.add(owners[known[what.name]].label)
    elif top in PACKAGES:
      labels.add(f'//third_party/python:{PACKAGES[top]}')
    elif top not in sys.stdlib_module_names:
      unknown.append(
        f'{path}:{what.line}: imports {what.name}, which is not a '
        'module here and has no target in //third_party/python'
      )
  if unknown:
    raise UnknownImportError('\n'.join(unknown))
  labels.discard(target.label)
  if target.rule == 'pytest_test':
    labels.discard('//third_party/python:pytest')
  return sorted(labels, key=starlark.label_key)


def _attributes(
  target: Target, deps: Iterable[str], kept: Mapping[str, object]
) -> dict[str, object]:
  """Returns the attributes to write for a target, including the kept ones."""
  prefix = f'//{target.package}:'
  folder, name = posixpath.split(target.path)
  source = name if folder == target.package else f'//{folder}:{name}'
  given: dict[str, object] = {'name': target.name, 'srcs': [source]}
  if target.rule == 'pytest_test':
    given['size'] = 'small'
  if source != name:
    given['main'] = source
  if target.rule == 'py_binary' and target.package == 'inception':
    given['visibility'] = ['//visibility:public']
  given |= {name: kept[name] for name in _KEPT if name in kept}
  near = [
    f':{dep.removeprefix(prefix)}' for dep in deps if dep.startswith(prefix)
  ]
  return given | {
    'deps': near + [dep for dep in deps if not dep.startswith(prefix)]
  }


def _package_call(folder: str, visibility: Iterable[str]) -> str:
  is_for_tests = folder.partition('/')[0] == 'tests' or folder.endswith(
    '/testing'
  )
  attributes: dict[str, object] = {
    'default_visibility': sorted(visibility, key=starlark.label_key)
  }
  if is_for_tests:
    attributes['default_testonly'] = True
  return starlark.call('package', attributes)


def _is_small_test(target: Target, attributes: Mapping[str, object]) -> bool:
  return (
    target.rule == 'pytest_test'
    and attributes.keys() <= {'name', 'size', 'srcs', 'deps'}
    and attributes['size'] == 'small'
  )


def _targets_text(
  mine: Iterable[Target],
  deps: Mapping[str, list[str]],
  kept: Mapping[str, Mapping[str, object]],
) -> list[str]:
  """Returns the texts of a package's targets, with its small tests in one."""
  texts: dict[str, str] = {}
  small: dict[str, object] = {
    'name': _SMALL_TESTS,
    'size': 'medium',
    'timeout': 'long',
  }
  srcs: list[object] = []
  all_deps: set[str] = set()
  for target in mine:
    attributes = _attributes(
      target, deps[target.path], kept.get(target.name, {})
    )
    if _is_small_test(target, attributes):
      srcs += attributes['srcs']
      all_deps.update(attributes['deps'])
    else:
      texts[target.name] = starlark.call(target.rule, attributes)
  if srcs:
    near = sorted(dep for dep in all_deps if dep.startswith(':'))
    far = sorted(all_deps - set(near), key=starlark.label_key)
    small |= {'srcs': srcs, 'deps': near + far}
    texts[_SMALL_TESTS] = starlark.call('pytest_test', small)
  return [texts[name] for name in sorted(texts)]


def _build_file(
  folder: str,
  tree: Tree,
  mine: Iterable[Target],
  deps: Mapping[str, list[str]],
  users: set[str],
) -> str:
  """Returns the text of a package's BUILD file."""
  old = starlark.parse(tree.get(f'{folder}/BUILD', ''))
  kept = {call.name: call.attributes for call in old if call.rule in _RULES}
  mine = sorted(mine, key=lambda target: target.name)
  rules = {target.rule for target in mine}
  parts = []
  python = sorted(rules & {'py_binary', 'py_library'})
  loads = [starlark.load(_PYTHON, python)] if python else []
  loads += (
    [starlark.load(_PYTEST, ['pytest_test'])] if 'pytest_test' in rules else []
  )
  parts.append(_HEADER + '\n' + ''.join(loads))
  parts.append(_package_call(folder, users))
  parts += _targets_text(mine, deps, kept)
  parts += [
    call.text
    for call in old
    if call.rule not in (*_RULES, 'load', 'package', 'exports_files')
    and call.name != 'sources'
  ]
  exported = sorted(
    posixpath.basename(path)
    for path in deps
    if posixpath.dirname(path) == folder
    and path not in {target.path for target in mine}
  )
  if exported:
    parts.append(starlark.exports(exported, ['//inception:__pkg__']))
  parts.append(
    'filegroup(\n    name = "sources",\n'
    '    srcs = glob(["*.py"]) + ["BUILD"],\n'
    '    visibility = ["//:__pkg__"],\n)\n'
  )
  return '\n'.join(parts)


def generate(tree: Tree) -> dict[str, str]:
  """Returns {path: text} of the BUILD files that match the sources.

  Raises:
    UnknownImportError: A module imports modules without a target.
  """
  owners = targets(tree)
  libraries = {
    path: target
    for path, target in owners.items()
    if target.rule != 'pytest_test'
  }
  deps = {
    path: _deps(tree, target, libraries) for path, target in owners.items()
  }
  users: dict[str, set[str]] = collections.defaultdict(lambda: {_TESTS})
  for path, target in owners.items():
    for dep in deps[path]:
      package = dep.removeprefix('//').partition(':')[0]
      if package != target.package and not target.package.startswith('tests'):
        users[package].add(f'//{target.package}:__pkg__')
  folders = sorted({posixpath.dirname(path) for path in owners})
  made = {
    f'{folder}/BUILD': _build_file(
      folder,
      tree,
      (target for target in owners.values() if target.package == folder),
      deps,
      users[folder],
    )
    for folder in folders
  }
  return made | {
    'BUILD': starlark.with_sources(
      tree.get('BUILD', ''), [f'//{folder}:sources' for folder in folders]
    )
  }


def check(tree: Tree) -> list[str]:
  """Returns one sentence per difference between BUILD files and imports."""
  try:
    made = generate(tree)
  except UnknownImportError as error:
    return str(error).split('\n')
  differences = []
  for path, text in made.items():
    differences += [
      f'{path}: {line}'
      for line in starlark.differences(tree.get(path, ''), text)
    ]
  return differences


def main(arguments: list[str]) -> int:
  """Reports or writes the BUILD files; returns the exit code."""
  tree = source_tree.read()
  if arguments == ['--fix']:
    for path, text in generate(tree).items():
      if tree.get(path) != text:
        pathlib.Path(source_tree.ROOT, path).write_text(text, encoding='utf-8')
        print('wrote', path)
    return 0
  differences = check(tree)
  print(*differences, sep='\n')
  return 1 if differences else 0


if __name__ == '__main__':
  sys.exit(main(sys.argv[1:]))
