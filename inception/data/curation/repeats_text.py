"""Describes repeated pictures in lines: of a folder's audit and of records.

  lines     one heading for each kind, with examples below it
  names     how many there are, with the first of them
  listed    the first of many names
  short     a name for one line

No line grows with the data set.
"""

from collections.abc import Iterator, Mapping, Sequence

from inception.data.curation import repeats
from inception.jobs import display_names

_TEXTS = {
  repeats.LEAKS: 'in more than one subset',
  repeats.CONFLICTS: 'in more than one class',
  repeats.COPIES: 'there as byte-identical copies',
  repeats.NEAR_COPIES: 'there in nearly the same form',
}

_GROUPS_SHOWN = 3
_MEMBERS_SHOWN = 4
_NAMES_SHOWN = 3
_NAME_WIDTH = 120


def lines(groups: Mapping[str, Sequence[Sequence[str]]]) -> Iterator[str]:
  """Yields a heading and some examples for each kind that there is.

  Args:
    groups: {kind of repeats.by_kind: names of the images of each picture}. Of
      the pictures after the first few the names are not looked at.
  """
  for kind, text in _TEXTS.items():
    pictures = groups.get(kind, ())
    if not pictures:
      continue
    verb = 'picture is' if len(pictures) == 1 else 'pictures are'
    yield f'{len(pictures):,} {verb} {text}:'
    for members in pictures[:_GROUPS_SHOWN]:
      yield f'  {_equal(members)}'
    if len(pictures) > _GROUPS_SHOWN:
      yield f'  ... and {len(pictures) - _GROUPS_SHOWN:,} more'


def _equal(members: Sequence[str]) -> str:
  shown = ' = '.join(short(name) for name in members[:_MEMBERS_SHOWN])
  more = len(members) - _MEMBERS_SHOWN
  return f'{shown} = {more:,} more' if more > 0 else shown


def names(all_names: Sequence[str]) -> str:
  """Returns how many names there are, and the first of them."""
  return f'{len(all_names):,} ({listed(all_names)})'


def listed(all_names: Sequence[str]) -> str:
  """Returns the first names, with commas between."""
  shown = [short(name) for name in all_names[:_NAMES_SHOWN]]
  more = ', ...' if len(all_names) > len(shown) else ''
  return f'{", ".join(shown)}{more}'


def short(name: str) -> str:
  """Returns a name for one line; of a long one the end, which differs most."""
  name = display_names.printable(name)
  return name if len(name) <= _NAME_WIDTH else f'...{name[3 - _NAME_WIDTH :]}'
