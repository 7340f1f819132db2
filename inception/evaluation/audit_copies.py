"""Copies of pictures that the audit of the data found.

of        returns the examples of records
read      reads the groups of copies from DATA_DIR/audit.json
indices   returns the groups among some examples
leaked    returns the examples with a copy in the training subset
Example   subset, class and file name of an example
"""

import os
import pathlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from inception.evaluation import audit_file
from inception.evaluation import record_sources
from inception.evaluation import training_features

# Keys of audit.json whose values are lists of groups.
_GROUPS = (
  'exact_duplicates',
  'near_duplicates',
  'conflicts',
  'leaks',
  'scenes',
)
_KEPT = 'kept'


class Example(NamedTuple):
  """Subset, class and file name of an example, which usually identify it."""

  subset: str
  class_name: str
  file: str


def of(
  sources: Sequence[record_sources.Source], class_names: Sequence[str]
) -> list[Example]:
  """Returns the examples of records with labels.

  Args:
    sources: records.
    class_names: class names without background, in the order of their labels.
  """
  return [
    Example(source.subset, class_names[(source.label or 1) - 1], source.file)
    for source in sources
  ]


def read(data_dir: str | os.PathLike) -> list[list[Example]]:
  """Returns groups of examples that are copies of a picture or of its scene.

  Args:
    data_dir: folder of the records.

  Returns:
    Groups of at least two examples; none if there is no audit.json, or another
    program wrote it.
  """
  audit = audit_file.read(data_dir)
  groups = []
  for key in _GROUPS:
    for entries in audit_file.groups(audit, key):
      group = [
        _example(entry) for entry in entries if entry.get('done') == _KEPT
      ]
      if len(group) > 1:
        groups.append(group)
  return groups


def _example(entry: Mapping[str, object]) -> Example:
  return Example(
    str(entry.get('subset')),
    str(entry.get('class')),
    pathlib.PurePosixPath(str(entry.get('path'))).name,
  )


def indices(
  groups: Sequence[Sequence[Example]], examples: Sequence[Example]
) -> list[list[int]]:
  """Returns the groups as disjoint lists of indices of examples.

  Groups that share an example become one.

  Args:
    groups: result of `read`.
    examples: all examples.
  """
  index_of = {example: i for i, example in enumerate(examples)}
  group_of: dict[int, list[int]] = {}
  for group in groups:
    members = [index_of[example] for example in group if example in index_of]
    merged = sorted({
      i for member in members for i in group_of.get(member, [member])
    })
    for member in merged:
      group_of[member] = merged
  return [
    members
    for first, members in sorted(group_of.items())
    if first == members[0] and len(members) > 1
  ]


def leaked(groups: Sequence[Sequence[Example]], subset: str) -> list[Example]:
  """Returns the examples of a subset with a copy in the training subset.

  Args:
    groups: result of `read`.
    subset: name of the evaluated subset.
  """
  if subset == training_features.SUBSET:
    return []
  return sorted({
    member
    for group in groups
    if any(other.subset == training_features.SUBSET for other in group)
    for member in group
    if member.subset == subset
  })
