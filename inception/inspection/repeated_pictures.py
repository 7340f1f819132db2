"""Which records show the same picture.

  find       the groups of a table's records that show one picture
  Pictures   the records of one picture
  count      how many groups are copies, near copies, conflicts and leaks

The words are those of build_image_data's audit: copies have byte-identical
image files, near copies look the same (near_duplicates); a conflict is a
picture in two classes, a leak one in two subsets.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np

from inception.data.curation import near_duplicates
from inception.inspection import record_table


@dataclasses.dataclass(frozen=True, slots=True)
class Pictures:
  """The records of one picture.

  Attributes:
    places: of the records in the table, two or more, ascending.
    is_exact: all the image files are byte for byte the same.
    is_conflict: they are in more than one class.
    is_leak: they are in more than one subset.
  """

  places: tuple[int, ...]
  is_exact: bool
  is_conflict: bool
  is_leak: bool


@dataclasses.dataclass(frozen=True, kw_only=True)
class Counts:
  """How many pictures are there more than once.

  Attributes:
    copies: as byte-identical files only.
    near_copies: in nearly the same form.
    conflicts: of these, in more than one class.
    leaks: of these, in more than one subset.
  """

  copies: int
  near_copies: int
  conflicts: int
  leaks: int


def find(table: record_table.RecordTable) -> tuple[Pictures, ...]:
  """Returns the pictures that are there more than once, by their first record.

  Images that cannot be decoded are left out.
  """
  readable = np.flatnonzero(
    table.column('image_format') != record_table.UNREADABLE
  )
  if not readable.size:
    return ()
  digests, labels = table.digests(), table.column('label')
  subsets = table.column('subset')
  found = []
  # Equal files have equal signatures: copies are among the near copies.
  for group in near_duplicates.find(table.signatures()[readable]):
    places = readable[list(group)]
    found.append(
      Pictures(
        places=tuple(int(place) for place in places),
        is_exact=bool((digests[places] == digests[places[0]]).all()),
        is_conflict=len(set(labels[places]) - {record_table.NO_LABEL}) > 1,
        is_leak=len(set(subsets[places])) > 1,
      )
    )
  return tuple(sorted(found, key=lambda pictures: pictures.places))


def count(groups: Sequence[Pictures]) -> Counts:
  """Returns how many of each kind there are."""
  copies = sum(group.is_exact for group in groups)
  return Counts(
    copies=copies,
    near_copies=len(groups) - copies,
    conflicts=sum(group.is_conflict for group in groups),
    leaks=sum(group.is_leak for group in groups),
  )
