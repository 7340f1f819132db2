"""What BUILD files must say of the sources, as checks like architecture's."""

import ast
import posixpath
import sys
from collections.abc import Iterable, Iterator

from tests import architecture
from tests import source_tree

# What a package is imported as -> its target in //third_party/python.
PACKAGES = {
    'absl': 'absl',
    'filelock': 'filelock',
    'google': 'protobuf',
    'google_crc32c': 'google_crc32c',
    'h5py': 'h5py',
    'numpy': 'numpy',
    'PIL': 'pillow',
    'psutil': 'psutil',
    'pytest': 'pytest',
    'requests': 'requests',
    'ruff': 'ruff',
    'tensorboard': 'tensorboard',
    'tensorflow': 'tensorflow',
    'tqdm': 'tqdm',
}

_LIBRARY_VISIBILITY = ('//inception:__subpackages__',
                       '//tests:__subpackages__')
Tree = source_tree.Tree


def _indirect(tree: Tree, path: str) -> Iterator[source_tree.Import]:
  """Yields what a file has imported without an import of its own."""
  starts_commands = {'inception.testing.commands', 'subprocess'} & {
      what.name for what in source_tree.imports(tree, path)}
  programs = architecture.commands() | set(
      source_tree.modules(tree, 'tests/benchmarks/'))
  for node in ast.walk(source_tree.parse(tree, path)):
    match node:
      case ast.Attribute(value=ast.Name(id='tf'), attr='summary'):
        yield source_tree.Import(node.lineno, 'tensorboard', True)
      case ast.Constant(value=str(text)):
        # The name or file of a program that is to be started.
        text = text.removesuffix('.py').replace('/', '.')
        for name in (f'inception.{text}', f'tests.benchmarks.{text}'):
          if starts_commands and name in programs:
            yield source_tree.Import(node.lineno, name, True)


def _needed_deps(
    tree: Tree, paths: Iterable[str], owners: dict[str, str],
) -> tuple[set[str], list[str]]:
  """Returns the labels that the files import, and the imports of no target."""
  labels, unknown = set(), []
  known = source_tree.modules(tree)
  for path in paths:
    for what in (*source_tree.imports(tree, path), *_indirect(tree, path)):
      top = what.name.partition('.')[0]
      if what.name in known:
        owner = owners.get(known[what.name])
        if owner:
          labels.add(owner)
        else:
          unknown.append(f'{path}:{what.line}: no target has {what.name}')
      elif top in PACKAGES:
        labels.add(f'//third_party/python:{PACKAGES[top]}')
      elif top not in sys.stdlib_module_names:
        unknown.append(f'{path}:{what.line}: imports {what.name}, which is no '
                       'module here and has no target in //third_party/python')
  return labels, unknown


def check_deps(tree: Tree) -> list[str]:
  """The deps of a target are what its sources import, no more and no less."""
  targets = list(source_tree.targets(tree))
  owners = {src: target.label for target in targets for src in target.srcs
            if target.rule != 'pytest_test'}
  found = []
  for target in targets:
    missing = [src for src in target.srcs if src not in tree]
    if missing:
      found += [f'{target.label}: there is no {src}' for src in missing]
      continue
    needed, unknown = _needed_deps(tree, target.srcs, owners)
    found += unknown
    needed.discard(target.label)
    if target.rule == 'pytest_test':
      needed.discard('//third_party/python:pytest')
    if target.package == 'third_party/python':
      continue
    deps = set(target.deps)
    found += [f'{target.label}: lacks the dep {d}' for d in needed - deps]
    found += [f'{target.label}: imports nothing of the dep {d}'
              for d in deps - needed]
    if len(deps) < len(target.deps):
      found.append(f'{target.label}: names a dep twice')
  return sorted(found)


def _rule(name: str) -> str:
  if name.endswith('_test'):
    return 'pytest_test'
  if name.startswith('tests.benchmarks.') or (
      name in architecture.commands() and not name.endswith('_flags')):
    return 'py_binary'
  return 'py_library'


def check_targets(tree: Tree) -> list[str]:
  """One module, one target: of its name, of the right rule and visibility."""
  found = []
  owners: dict[str, list[source_tree.Target]] = {}
  for target in source_tree.targets(tree):
    for src in target.srcs:
      owners.setdefault(src, []).append(target)
  for name, path in source_tree.modules(tree).items():
    if path.startswith('third_party/'):
      continue
    if len(owners.get(path, ())) != 1:
      found.append(f'{path}: is in {len(owners.get(path, ()))} targets, not 1')
      continue
    target = owners[path][0]
    stem = posixpath.basename(path).removesuffix('.py')
    rule = _rule(name)
    if (target.rule, target.name) != (rule, stem):
      found.append(f'{path}: its target is {target.rule} {target.label}, not '
                   f'{rule} {stem}')
      continue
    if (rule == 'py_binary' and name in architecture.commands()
        and target.visibility != ('//visibility:public',)):
      found.append(f'{target.label}: a command is public')
    if (rule == 'py_library' and path.startswith('inception/')
        and target.visibility != _LIBRARY_VISIBILITY):
      found.append(f'{target.label}: a library is visible to //inception and '
                   '//tests')
    if architecture.is_testing(name) and not target.testonly:
      found.append(f'{target.label}: is not testonly')
  return found


CHECKS = (check_deps, check_targets)
