"""Describes repeated pictures in lines of text, for audits and inspections.

  lines          one heading for each kind, with examples below it
  likely_lines   the same for likely copies

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

# The kinds of likely copies, the most serious first. Each picture is listed
# once.
_LIKELY_TEXTS = {
  repeats.LEAKS: ', in more than one subset',
  repeats.CONFLICTS: ', in more than one class',
  repeats.NEAR_COPIES: '',
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
    yield from _examples(pictures)


def likely_lines(
  groups: Mapping[str, Sequence[Sequence[str]]],
) -> Iterator[str]:
  """Yields a heading and examples for copies that the hash does not see.

  Args:
    groups: {LEAKS, CONFLICTS or NEAR_COPIES: names of the images of each
      picture}; a picture of two kinds is listed under the first only.
  """
  for kind, text in _LIKELY_TEXTS.items():
    pictures = groups.get(kind, ())
    if pictures:
      yield (
        f'likely copies that the hash does not see (mirrored, cropped){text}: '
        f'{len(pictures):,}'
      )
      yield from _examples(pictures)


def _examples(pictures: Sequence[Sequence[str]]) -> Iterator[str]:
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
