"""Reads and writes the calls of BUILD files, in buildifier's layout.

parse         text -> the calls in it
call          a rule and its attributes -> text
load          a load() statement
exports       an exports_files() statement
label_key     the sort key of a label
with_sources  the root's BUILD file with a new list of packages
differences   the lines that differ between two texts
"""

import ast
import dataclasses
import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence

# Buildifier's order. All other attributes are between these, sorted by name.
_FIRST = ('name', 'size', 'timeout', 'testonly', 'srcs')
_LAST = ('deps',)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Call:
  """One call of a BUILD file.

  Attributes:
    rule: Name of the function, such as 'py_library'.
    attributes: {name: value} of the keyword arguments; None for a value that is
      not a literal.
    text: Source text of the call, with the comment above it.
  """

  rule: str
  attributes: Mapping[str, object]
  text: str

  @property
  def name(self) -> str:
    return str(self.attributes.get('name', ''))


def _literal(node: ast.expr) -> object:
  try:
    return ast.literal_eval(node)
  except ValueError:
    return None  # For example glob().


def _comment_start(lines: Sequence[str], first: int) -> int:
  while first > 0 and lines[first - 1].startswith('#'):
    first -= 1
  return first


def parse(text: str) -> list[Call]:
  """Returns the calls of a BUILD file, which has the syntax of Python."""
  lines = text.splitlines(keepends=True)
  calls = []
  for statement in ast.parse(text).body:
    match statement:
      case ast.Expr(value=ast.Call(func=ast.Name(id=rule), keywords=keywords)):
        first = _comment_start(lines, statement.lineno - 1)
        calls.append(
          Call(
            rule=rule,
            attributes={
              str(keyword.arg): _literal(keyword.value) for keyword in keywords
            },
            text=''.join(lines[first : statement.end_lineno]),
          )
        )
  return calls


def _value(value: object) -> str:
  match value:
    case bool():
      return str(value)
    case str():
      return f'"{value}"'
    case [one]:
      return f'[{_value(one)}]'
    case list() | tuple():
      items = ''.join(f'        {_value(item)},\n' for item in value)
      return f'[\n{items}    ]'
  return str(value)


def _sort_key(name: str) -> tuple[int, str]:
  if name in _FIRST:
    return _FIRST.index(name), ''
  return (len(_FIRST) + (name in _LAST), name)


def call(rule: str, attributes: Mapping[str, object]) -> str:
  """Returns the text of a call without attributes that are empty lists."""
  lines = [
    f'    {name} = {_value(attributes[name])},\n'
    for name in sorted(attributes, key=_sort_key)
    if attributes[name] != []
  ]
  return f'{rule}(\n{"".join(lines)})\n' if lines else f'{rule}()\n'


def load(file: str, names: Iterable[str]) -> str:
  """Returns the text of a load statement."""
  return f'load({", ".join(_value(name) for name in (file, *names))})\n'


def exports(files: Sequence[str], visibility: Sequence[str]) -> str:
  """Returns the text of an exports_files statement."""
  return (
    f'exports_files(\n    {_value(list(files))},\n'
    f'    visibility = {_value(list(visibility))},\n)\n'
  )


def with_sources(text: str, labels: Iterable[str]) -> str:
  """Returns the root's BUILD file with these packages in //:sources.

  Args:
    text: Text of the file.
    labels: Labels of the packages in inception/ and tests/. Labels of other
      packages in the file are kept.
  """
  for old in parse(text):
    if old.name == 'sources':
      kept = [
        label
        for label in _strings(old.attributes['srcs'])
        if not label.startswith(('//inception', '//tests'))
      ]
      comment = ''.join(
        line
        for line in old.text.splitlines(keepends=True)
        if line.startswith('#')
      )
      files = [label for label in kept if not label.startswith('//')]
      packages = [label for label in kept if label.startswith('//')]
      srcs = [*files, *sorted([*packages, *labels], key=label_key)]
      return text.replace(
        old.text, comment + call(old.rule, {**old.attributes, 'srcs': srcs})
      )
  return text


def _strings(value: object) -> list[str]:
  return list(value) if isinstance(value, list) else []


def label_key(label: str) -> list[str]:
  """Returns the key by which buildifier sorts labels."""
  return label.replace(':', '/!').split('/')


def differences(old: str, new: str) -> Iterator[str]:
  """Yields the lines that `old` lacks or should not have, call by call."""
  if old == new:
    return
  texts = [
    {f'{call.rule} {call.name}'.strip(): call.text for call in parse(text)}
    for text in (old, new)
  ]
  have_lines_differed = False
  for key in sorted(texts[0].keys() | texts[1].keys()):
    pair = [each.get(key, '').splitlines() for each in texts]
    for line in difflib.ndiff(*pair):
      if line[0] in '+-':
        have_lines_differed = True
        yield (
          f'{key}: {"lacks" if line[0] == "+" else "should not have"} '
          f'{line[2:].strip()}'
        )
  if not have_lines_differed:
    yield 'the order of its calls, its comments or its layout differ'
