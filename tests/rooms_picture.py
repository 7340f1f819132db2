"""Draws the rooms of inception/ from the imports, for CONTRIBUTING.md.

  python -m tests.rooms_picture         checks that the picture is up to date
  python -m tests.rooms_picture --fix   draws it again

The picture is a Mermaid flow chart, which GitHub shows. It has only the arrows
that no other path implies (the transitive reduction).
"""

import pathlib
import sys

from tests import architecture
from tests import source_tree

FILE = 'CONTRIBUTING.md'
_BEGIN = '<!-- Drawn by python -m tests.rooms_picture --fix -->\n'
_END = '<!-- End of the picture -->\n'

Graph = dict[str, set[str]]


def arrows(tree: source_tree.Tree) -> Graph:
  """Returns {room: the rooms that it imports}."""
  known = architecture.production(tree)
  graph: Graph = {}
  for path in known.values():
    room = architecture.room_of(path)
    graph.setdefault(room, set())
    for what in source_tree.imports(tree, path):
      if what.name in known:
        graph[room].add(architecture.room_of(known[what.name]))
  return {room: others - {room} for room, others in graph.items()}


def _reachable(graph: Graph, room: str) -> set[str]:
  """Returns all rooms that a room imports directly or indirectly."""
  reached: set[str] = set()
  open_rooms = [room]
  while open_rooms:
    for other in graph.get(open_rooms.pop(), ()):
      if other not in reached:
        reached.add(other)
        open_rooms.append(other)
  return reached


def reduced(graph: Graph) -> Graph:
  """Returns the graph without the arrows that longer paths imply."""
  return {
    room: {
      other
      for other in others
      if not any(
        other in _reachable(graph, between) for between in others - {other}
      )
    }
    for room, others in graph.items()
  }


def _label(room: str) -> str:
  if room == architecture.COMMANDS:
    return 'commands'
  return '<br>'.join(room.split()) if ' ' in room else f'{room}/'


def draw(tree: source_tree.Tree) -> str:
  """Returns the flow chart, with the rooms in the order of ROOMS."""
  graph = reduced(arrows(tree))
  rooms = [room for room in architecture.ROOMS if room in graph]
  names = {room: f'r{index}' for index, room in enumerate(rooms)}
  lines = [f'  {names[room]}["{_label(room)}"]' for room in rooms]
  lines += [
    f'  {names[room]} --> {names[other]}'
    for room in rooms
    for other in sorted(graph[room], key=rooms.index)
  ]
  return '\n'.join(['```mermaid', 'flowchart TD', *lines, '```', ''])


def with_picture(text: str, picture: str) -> str:
  """Returns the text with the picture between its two marker lines.

  Raises:
    ValueError: The text lacks the marker lines.
  """
  before, begin, rest = text.partition(_BEGIN)
  _, end, after = rest.partition(_END)
  if not begin or not end:
    raise ValueError(f'{FILE} needs the lines {_BEGIN!r} and {_END!r}')
  return before + begin + picture + end + after


def main(arguments: list[str]) -> int:
  """Checks or draws the picture; returns the exit code."""
  path = pathlib.Path(source_tree.ROOT, FILE)
  text = path.read_text(encoding='utf-8')
  new = with_picture(text, draw(source_tree.read()))
  if arguments == ['--fix']:
    path.write_text(new, encoding='utf-8', newline='\n')
  elif text != new:
    print(
      f'{FILE}: the picture differs from the imports: run '
      'python -m tests.rooms_picture --fix'
    )
    return 1
  return 0


if __name__ == '__main__':
  sys.exit(main(sys.argv[1:]))
