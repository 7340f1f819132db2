"""The rules of the house, as checks that return what breaks them.

ROOMS is the map: the order in which imports may run. Each check takes a tree
(see source_tree) and returns a list of sentences. What BUILD files must say is
in build_files.
"""

import ast
import importlib.metadata
import posixpath
import sys
from collections.abc import Callable, Iterator, Mapping

from tests import source_tree

# From the top down: a room is a folder of inception/, or modules of inception/
# itself. A module imports only from its own room and from those below it.
COMMANDS = 'commands'  # The modules of inception/ that are named nowhere here.
ROOMS = (
  COMMANDS,
  'inspection',
  'data',
  'data/flowers',
  'data/curation',
  'data/annotations',
  'cli',
  'reports',
  'inception_train inception_eval',
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

# Rooms with a door of their own: room -> the only modules that may enter.
DOORS = {'slim': ('inception.inception_model',)}

_EXITS = ('sys.exit', 'os._exit', 'exit', 'quit')

Tree = source_tree.Tree


def is_testing(name: str) -> bool:
  """Returns whether a module is for tests only."""
  return name.startswith('inception.testing.')


def production(tree: Tree) -> dict[str, str]:
  """Returns {module name: path} of inception/, without what is for tests."""
  return {
    name: path
    for name, path in source_tree.modules(tree, 'inception/').items()
    if not is_testing(name)
  }


def room_of(path: str) -> str:
  """Returns the room of a file of inception/; its folder where it has none."""
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
  """Yields (name, path, where, imported module) of production modules."""
  for name, path in production(tree).items():
    for what in source_tree.imports(tree, path):
      if what.name.startswith('inception.') and what.name != name:
        yield name, path, f'{path}:{what.line}: imports {what.name}', what.name


def check_rooms(tree: Tree) -> list[str]:
  """Every module has a room, and imports run down only."""
  known = production(tree)
  order = {room: index for index, room in enumerate(ROOMS)}
  found = [
    f'{path}: its room is not in ROOMS of tests/architecture.py'
    for path in known.values()
    if room_of(path) not in order
  ]
  for name, path, where, other in _project_imports(tree):
    if is_testing(other):
      found.append(f'{where}, which is for tests only')
      continue
    if other not in known:
      found.append(f'{where}, which is no module')
      continue
    room, room_below = room_of(path), room_of(known[other])
    if room == room_below or not {room, room_below} <= order.keys():
      continue
    if order[room_below] < order[room]:
      found.append(f'{where}, which is in a room above')
    elif name not in DOORS.get(room_below, (name,)):
      found.append(f'{where}, which only {DOORS[room_below][0]} may')
  return found


def _circle(graph: Mapping[str, set[str]]) -> list[str]:
  """Returns the names along one circle of a graph; [] where there is none."""
  done: set[str] = set()

  def visit(name, above):
    if name in above:
      return [*above[above.index(name) :], name]
    if name not in done:
      for other in sorted(graph.get(name, ())):
        circle = visit(other, [*above, name])
        if circle:
          return circle
      done.add(name)
    return []

  return next(filter(None, (visit(name, []) for name in sorted(graph))), [])


def check_no_circles(tree: Tree) -> list[str]:
  """No module imports itself through others."""
  graph: dict[str, set[str]] = {}
  for name, _, _, other in _project_imports(tree):
    graph.setdefault(name, set()).add(other)
  circle = _circle(graph)
  return [f'modules import each other: {" -> ".join(circle)}'] if circle else []


def check_imports_are_modules(tree: Tree) -> list[str]:
  """A project's module is imported whole, and absolutely."""
  found = []
  for path in source_tree.modules(tree).values():
    for what in source_tree.imports(tree, path):
      if what.name.startswith('.'):
        found.append(f'{path}:{what.line}: relative import of {what.name}')
      elif not what.is_module:
        found.append(
          f'{path}:{what.line}: imports a name out of {what.name}; '
          'import the module'
        )
  return found


def _may_use_flags(tree: Tree, path: str) -> bool:
  return (
    room_of(path) in (COMMANDS, 'cli')
    or path.endswith('_flags.py')
    or is_command(tree, path)
  )


def check_flags_only_in_commands(tree: Tree) -> list[str]:
  """Only commands, cli/ and modules called *_flags know absl's flags."""
  return [
    f'{path}:{what.line}: imports {what.name}, which only commands do'
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
  """Libraries never exit; ruff sees to assert, print and except Exception."""
  found = []
  for path in production(tree).values():
    if _may_use_flags(tree, path):
      continue
    for node in ast.walk(source_tree.parse(tree, path)):
      sin = _exit_in(node)
      if sin:
        found.append(f'{path}:{node.lineno}: {sin} in a library')
  return found


def _test_of(path: str) -> str:
  return (
    'tests/' + path.removeprefix('inception/').removesuffix('.py') + '_test.py'
  )


def check_every_module_has_a_test(tree: Tree) -> list[str]:
  """inception/slim/ops.py is tested by tests/slim/ops_test.py.

  What only tests use is tested by them.
  """
  return [
    f'{path}: has no {_test_of(path)}'
    for path in production(tree).values()
    if _test_of(path) not in tree
  ]


def _installed() -> set[str]:
  return set(importlib.metadata.packages_distributions())


def check_names(tree: Tree) -> list[str]:
  """No name that hides a module of Python's, a package or a command.

  The folder of a program is the first place where Python looks.
  """
  taken = set(sys.stdlib_module_names) | _installed()
  found = []
  folders = set()
  for path in source_tree.modules(tree).values():
    folder, name = posixpath.split(path)
    folders.add(folder)
    if name == '__init__.py':
      found.append(f'{path}: no package has an __init__.py')
    elif name.removesuffix('.py') in taken:
      found.append(f'{path}: named as a module of Python or of a package')
  names = {name.rpartition('.')[2] for name in commands(tree)}
  for folder in sorted(folders):
    if folder.startswith('inception/') and posixpath.basename(folder) in taken:
      found.append(f'{folder}/: named as a module of Python or of a package')
    if posixpath.basename(folder) in names:
      found.append(f'{folder}/: named as a command')
    if folder == 'tests/inception':
      found.append(f'{folder}/: hides the package inception')
  return found


CHECKS: tuple[Callable[[Tree], list[str]], ...] = (
  check_rooms,
  check_no_circles,
  check_imports_are_modules,
  check_flags_only_in_commands,
  check_libraries_never_exit,
  check_every_module_has_a_test,
  check_names,
)
