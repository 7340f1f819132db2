"""Finds the records that show the same picture.

  find   a table's records -> repeats.Found

The module `repeats` defines copies, near copies, conflicts, leaks and scenes.
They are the same for records as for the files that the records were made of.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np

from inception.data.curation import near_duplicates
from inception.data.curation import repeats
from inception.inspection import record_table


def find(
  table: record_table.RecordTable,
  *,
  max_distance: int = near_duplicates.DEFAULT_DISTANCE,
) -> repeats.Found:
  """Returns the pictures that occur more than once, by their first record.

  Images that cannot be decoded are left out. The result has the indices of the
  records in the table.

  Args:
    table: The table of the records.
    max_distance: Largest number of differing bits of near copies; 0 finds only
      copies.
  """
  readable = np.flatnonzero(
    table.column('image_format') != record_table.UNREADABLE
  )
  digests = table.digests()
  labels, subsets = table.column('label'), table.column('subset')
  repeated = repeats.find(
    [digests[index].tobytes() for index in readable],
    [
      None if label == record_table.NO_LABEL else label
      for label in labels[readable].tolist()
    ],
    table.signatures()[readable],
    max_distance=max_distance,
  ).in_subsets([table.subsets[number] for number in subsets[readable]])

  def rows(members: Sequence[int]) -> tuple[int, ...]:
    return tuple(int(readable[index]) for index in members)

  return repeats.Found(
    groups=tuple(
      dataclasses.replace(
        group,
        members=rows(group.members),
        copies=tuple(rows(copies) for copies in group.copies),
      )
      for group in repeated.groups
    ),
    scenes=tuple(rows(scene) for scene in repeated.scenes),
  )
