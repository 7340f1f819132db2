"""Shortens names and lists of names, so that no line grows with the data.

numbered   the number of names, and the first of them
listed     the first of many names
short      a name for one line
"""

from collections.abc import Sequence

from inception.jobs import display_names

_NAMES_SHOWN = 3
_NAME_WIDTH = 120


def numbered(names: Sequence[str]) -> str:
  """Returns the number of names and the first of them: '9 (a, b, c, ...)'."""
  return f'{len(names):,} ({listed(names)})'


def listed(names: Sequence[str]) -> str:
  """Returns the first names, separated by commas: 'a, b, c, ...'."""
  shown = [short(name) for name in names[:_NAMES_SHOWN]]
  more = ', ...' if len(names) > len(shown) else ''
  return f'{", ".join(shown)}{more}'


def short(name: str) -> str:
  """Returns a name as one line; a long one is cut to its distinctive end."""
  name = display_names.printable(name)
  return name if len(name) <= _NAME_WIDTH else f'...{name[3 - _NAME_WIDTH :]}'
