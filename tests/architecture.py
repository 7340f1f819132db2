"""The house rules, as checks that return a list of violations.

ROOMS lists the rooms in the order in which imports may run. Each check takes a
tree (see source_tree) and returns one sentence per violation. The rules for
BUILD files are in build_files.
"""

import ast
import importlib.metadata
import posixpath
import sys
from collections.abc import Callable, Iterator, Mapping

from tests import source_tree

# The room of the modules directly in inception/ that ROOMS does not name.
COMMANDS = 'commands'
# From the top down. A room is a folder of inception/, or a group of modules
# directly in inception/. A module imports only from its own room and from the
# rooms below it.
ROOMS = (
  COMMANDS,
  'inspection',
  'data',
  'data/flowers',
  'data/curation',
  'data/annotations',
  'cli',
  'serving',
  'reports',
  'inception_train inception_eval',
  'exporting',
  'prediction',
  'training',
  'evaluation',
  'input',
  'optimization',
  'inference',
  'flowers_data imagenet_data dataset image_processing inception_model',
  'images',
  'hardware',
  'downloads',
  'records',
  'checkpoints',
  'monitoring',
  'settings',
  'jobs',
  'augmentation',
  'slim',
)

# Rooms of restricted access: room -> the only modules that may import from it.
DOORS = {'slim': ('inception.inception_model',)}

_EXITS = ('sys.exit', 'os._exit', 'exit', 'quit')

Tree = source_tree.Tree


def is_testing(name: str) -> bool:
  """Returns whether a module is for tests only."""
  return name.startswith('inception.testing.')


def production(tree: Tree) -> dict[str, str]:
  """Returns {module name: path} of inception/, without modules for tests."""
  return {
    name: path
    for name, path in source_tree.modules(tree, 'inception/').items()
    if not is_testing(name)
  }


def room_of(path: str) -> str:
  """Returns the room of a file of inception/.

  A file in a folder is in the room of that name, if ROOMS has it or not.
  """
  folder, _, name = path.removeprefix('inception/').rpartition('/')
  if folder:
    return folder
  stem = name.removesuffix('.py')
  return next((room for room in ROOMS if stem in room.split()), COMMANDS)


def is_command(tree: Tree, path: str) -> bool:
  """Returns whether a file is a program: `if __name__ == '__main__':`."""
  return path.startswith('inception/') and any(
    isinstance(node, ast.If)
    and ast.unparse(node.test) == "__name__ == '__main__'"
    for node in source_tree.parse(tree, path).body
  )


def commands(tree: Tree) -> set[str]:
  """Returns the names of the modules that are commands."""
  return {
    name for name, path in production(tree).items() if is_command(tree, path)
  }


def _project_imports(tree: Tree) -> Iterator[tuple[str, str, str, str]]:
  """Yields (name, path, description, imported module) of each project import.

  The description gives the file, the line and the import, for a message.
  """
  for name, path in production(tree).items():
    for what in source_tree.imports(tree, path):
      if what.name.startswith('inception.') and what.name != name:
        yield name, path, f'{path}:{what.line}: imports {what.name}', what.name


def check_rooms(tree: Tree) -> list[str]:
  """Checks that every module has a room, and that imports only run down."""
  known = production(tree)
  order = {room: index for index, room in enumerate(ROOMS)}
  violations = [
    f'{path}: its room is not in ROOMS of tests/architecture.py'
    for path in known.values()
    if room_of(path) not in order
  ]
  for name, path, where, other in _project_imports(tree):
    if is_testing(other):
      violations.append(f'{where}, which is for tests only')
      continue
    if other not in known:
      violations.append(f'{where}, which is not a module')
      continue
    room, room_below = room_of(path), room_of(known[other])
    if room == room_below or not {room, room_below} <= order.keys():
      continue
    if order[room_below] < order[room]:
      violations.append(f'{where}, which is in a room above')
    elif name not in DOORS.get(room_below, (name,)):
      violations.append(f'{where}, which only {DOORS[room_below][0]} may')
  return violations


def _cycle(graph: Mapping[str, set[str]]) -> list[str]:
  """Returns the names along one cycle of a graph; [] if it has none."""
  done: set[str] = set()

  def visit(name: str, above: list[str]) -> list[str]:
    if name in above:
      return [*above[above.index(name) :], name]
    if name not in done:
      for other in sorted(graph.get(name, ())):
        cycle = visit(other, [*above, name])
        if cycle:
          return cycle
      done.add(name)
    return []

  return next(filter(None, (visit(name, []) for name in sorted(graph))), [])


def check_no_cycles(tree: Tree) -> list[str]:
  """Checks that no module imports itself through others."""
  graph: dict[str, set[str]] = {}
  for name, _, _, other in _project_imports(tree):
    graph.setdefault(name, set()).add(other)
  cycle = _cycle(graph)
  return [f'modules import each other: {" -> ".join(cycle)}'] if cycle else []


def check_imports_are_modules(tree: Tree) -> list[str]:
  """Checks that imports name the project's modules, and by absolute names."""
  violations = []
  for path in source_tree.modules(tree).values():
    for what in source_tree.imports(tree, path):
      if what.name.startswith('.'):
        violations.append(f'{path}:{what.line}: relative import of {what.name}')
      elif not what.is_module:
        violations.append(
          f'{path}:{what.line}: imports a name out of {what.name}; '
          'import the module'
        )
  return violations


def _may_use_flags(tree: Tree, path: str) -> bool:
  return (
    room_of(path) in (COMMANDS, 'cli')
    or path.endswith('_flags.py')
    or is_command(tree, path)
  )


def check_flags_only_in_commands(tree: Tree) -> list[str]:
  """Checks that only commands, cli/ and *_flags modules import absl's flags."""
  return [
    f'{path}:{what.line}: imports {what.name}, which only commands may'
    for path in production(tree).values()
    if not _may_use_flags(tree, path)
    for what in source_tree.imports(tree, path)
    if what.name in ('absl.flags', 'absl.app')
  ]


def _exit_in(node: ast.AST) -> str | None:
  match node:
    case ast.Raise(
      exc=ast.Name(id='SystemExit') | ast.Call(func=ast.Name(id='SystemExit'))
    ):
      return 'raise SystemExit'
    case ast.Call(func=ast.Name() | ast.Attribute() as function):
      if ast.unparse(function) in _EXITS:
        return f'{ast.unparse(function)}()'
  return None


def check_libraries_never_exit(tree: Tree) -> list[str]:
  """Checks that libraries never exit.

  Ruff checks for assert, print and except Exception.
  """
  violations = []
  for path in production(tree).values():
    if _may_use_flags(tree, path):
      continue
    for node in ast.walk(source_tree.parse(tree, path)):
      exit_call = _exit_in(node)
      if exit_call:
        violations.append(f'{path}:{node.lineno}: {exit_call} in a library')
  return violations


def _test_of(path: str) -> str:
  return (
    'tests/' + path.removeprefix('inception/').removesuffix('.py') + '_test.py'
  )


def check_every_module_has_a_test(tree: Tree) -> list[str]:
  """Checks that inception/slim/ops.py has tests/slim/ops_test.py, and so on.

  Modules in inception/testing/ need no test of their own, since tests use them.
  """
  return [
    f'{path}: has no {_test_of(path)}'
    for path in production(tree).values()
    if _test_of(path) not in tree
  ]


def _installed() -> set[str]:
  return set(importlib.metadata.packages_distributions())


def check_names(tree: Tree) -> list[str]:
  """Checks that no name hides a standard module, a package or a command.

  Python searches the program's own folder first.
  """
  taken = set(sys.stdlib_module_names) | _installed()
  violations = []
  folders = set()
  for path in source_tree.modules(tree).values():
    folder, name = posixpath.split(path)
    folders.add(folder)
    if name == '__init__.py':
      violations.append(f'{path}: packages must not have an __init__.py')
    elif name.removesuffix('.py') in taken:
      violations.append(f'{path}: named as a module of Python or of a package')
  names = {name.rpartition('.')[2] for name in commands(tree)}
  for folder in sorted(folders):
    if folder.startswith('inception/') and posixpath.basename(folder) in taken:
      violations.append(
        f'{folder}/: named as a module of Python or of a package'
      )
    if posixpath.basename(folder) in names:
      violations.append(f'{folder}/: named as a command')
    if folder == 'tests/inception':
      violations.append(f'{folder}/: hides the package inception')
  return violations


CHECKS: tuple[Callable[[Tree], list[str]], ...] = (
  check_rooms,
  check_no_cycles,
  check_imports_are_modules,
  check_flags_only_in_commands,
  check_libraries_never_exit,
  check_every_module_has_a_test,
  check_names,
)
