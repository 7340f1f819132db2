"""Describes repeated pictures in lines of text, for audits and inspections.

  lines     one heading for each kind, with examples below it

No line grows with the data set.
"""

from collections.abc import Iterator, Mapping, Sequence

from inception.data.curation import repeats
from inception.jobs import name_lists

_TEXTS = {
  repeats.LEAKS: 'in more than one subset',
  repeats.CONFLICTS: 'in more than one class',
  repeats.COPIES: 'there as byte-identical copies',
  repeats.NEAR_COPIES: 'there as near copies',
}

_GROUPS_SHOWN = 3
_MEMBERS_SHOWN = 4


def lines(groups: Mapping[str, Sequence[Sequence[str]]]) -> Iterator[str]:
  """Yields a heading and some examples for each kind with pictures.

  Args:
    groups: {kind of repeats.by_kind: names of the images of each picture}. The
      names are read for only the first few pictures.
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
  shown = ' = '.join(
    name_lists.short(name) for name in members[:_MEMBERS_SHOWN]
  )
  more = len(members) - _MEMBERS_SHOWN
  return f'{shown} = {more:,} more' if more > 0 else shown
