"""Finds pictures that occur more than once in a data set of files or records.

  find      images -> Found
  Found     the groups of repeated pictures, and the scenes
  Group     the images of one picture
  by_kind   the groups that are copies, near copies, conflicts, leaks
  by_worst_kind
            the same, with each group under its worst kind only

Copies are files of equal content. Near copies look the same (near_duplicates):
one picture at another size or quality, or the next frame of a burst. A conflict
is a picture in two classes, a leak is one in two subsets.

Near copies that fill most of a class are not one picture but one scene: images
of a fixed camera, of one kind of part, or drawings on white. Each image of a
scene counts as a separate picture. Otherwise a complete class would be in one
subset, and all classes of a production line would be one conflict. Files of
equal content are copies even within a scene.
"""

import collections
import dataclasses
from collections.abc import Hashable, Iterable, Mapping, Sequence

import numpy as np

from inception.data.curation import near_duplicates

# The kinds of repeated pictures, the worst first.
LEAKS = 'leaks'
CONFLICTS = 'conflicts'
COPIES = 'copies'
NEAR_COPIES = 'near copies'

# Near copies are a scene if they are more than this share of a class and at
# least this many different files. So a burst in a tiny class stays together.
SCENE_SHARE = 0.5
MIN_SCENE = 8


@dataclasses.dataclass(frozen=True, slots=True)
class Group:
  """The images of one picture.

  Attributes:
    members: Indices in the list of images, ascending; two or more.
    copies: Members that are byte-identical, grouped by content.
    is_conflict: True if the members are in more than one class.
    is_leak: True if the members are known to be in more than one subset.
  """

  members: tuple[int, ...]
  copies: tuple[tuple[int, ...], ...] = ()
  is_conflict: bool = False
  is_leak: bool = False

  @property
  def is_exact(self) -> bool:
    """True if all the files are byte-identical."""
    return self.copies == (self.members,)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Found:
  """The pictures that occur more than once in a data set.

  Attributes:
    groups: Groups in the order of their first members. No image is in two.
    scenes: Indices of the images of each scene, ascending.
  """

  groups: tuple[Group, ...] = ()
  scenes: tuple[tuple[int, ...], ...] = ()

  def in_subsets(self, subsets: Sequence) -> 'Found':
    """Returns the same with Group.is_leak set from the subsets.

    Args:
      subsets: Subset of each image. An image with '' has no subset, and makes
        no leak.
    """
    return dataclasses.replace(
      self,
      groups=tuple(
        dataclasses.replace(
          group,
          is_leak=len({subsets[index] for index in group.members} - {''}) > 1,
        )
        for group in self.groups
      ),
    )


def find(
  keys: Sequence[Hashable],
  classes: Sequence[Hashable],
  signatures: np.ndarray,
  *,
  max_distance: int = near_duplicates.DEFAULT_DISTANCE,
) -> Found:
  """Returns the pictures that occur more than once.

  Args:
    keys: Hash of each file's content.
    classes: Class of each image. An image with None has no class, and makes no
      conflict.
    signatures: uint8 [images, SIGNATURE_BYTES], from picture_signatures.
    max_distance: Argument of near_duplicates.find; 0 finds only copies.
  """
  joined = Joined(len(keys))
  copies = _copies(range(len(keys)), keys)
  for members in copies:
    joined.join(members)
  if max_distance:
    for members in near_duplicates.find(signatures, max_distance=max_distance):
      joined.join(members)
  sizes = collections.Counter(classes)
  groups, scenes = [], []
  for members in joined.groups():
    if _is_scene(members, keys, classes, sizes):
      scenes.append(members)
      groups += _copies(members, keys)
    else:
      groups.append(members)
  return Found(
    groups=tuple(_group(members, keys, classes) for members in sorted(groups)),
    scenes=tuple(scenes),
  )


def by_kind(groups: Iterable[Group]) -> dict[str, list[tuple[int, ...]]]:
  """Returns {kind: members of each group}: LEAKS, CONFLICTS, ...

  The copies in a group of near copies are also among the COPIES.
  """
  kinds: dict[str, list[tuple[int, ...]]] = {
    kind: [] for kind in (LEAKS, CONFLICTS, COPIES, NEAR_COPIES)
  }
  for group in groups:
    if group.is_leak:
      kinds[LEAKS].append(group.members)
    if group.is_conflict:
      kinds[CONFLICTS].append(group.members)
    kinds[COPIES] += group.copies
    if not group.is_exact:
      kinds[NEAR_COPIES].append(group.members)
  return kinds


def by_worst_kind(groups: Iterable[Group]) -> dict[str, list[Group]]:
  """Returns {kind: groups}, with each group under its worst kind only.

  The worst kind is LEAKS, else CONFLICTS, else COPIES or NEAR_COPIES.
  """
  kinds: dict[str, list[Group]] = {
    kind: [] for kind in (LEAKS, CONFLICTS, COPIES, NEAR_COPIES)
  }
  for group in groups:
    kinds[
      LEAKS
      if group.is_leak
      else CONFLICTS
      if group.is_conflict
      else COPIES
      if group.is_exact
      else NEAR_COPIES
    ].append(group)
  return kinds


def _copies(
  indices: Iterable[int], keys: Sequence[Hashable]
) -> list[tuple[int, ...]]:
  """Returns the groups of byte-identical images among the indices."""
  same = collections.defaultdict(list)
  for index in indices:
    same[keys[index]].append(index)
  return [tuple(members) for members in same.values() if len(members) > 1]


def _is_scene(
  members: Sequence[int],
  keys: Sequence[Hashable],
  classes: Sequence[Hashable],
  sizes: Mapping[Hashable, int],
) -> bool:
  if len({keys[index] for index in members}) < MIN_SCENE:
    return False
  return any(
    name is not None and number > SCENE_SHARE * sizes[name]
    for name, number in collections.Counter(
      classes[index] for index in members
    ).items()
  )


def _group(
  members: tuple[int, ...],
  keys: Sequence[Hashable],
  classes: Sequence[Hashable],
) -> Group:
  return Group(
    members=members,
    copies=tuple(_copies(members, keys)),
    is_conflict=len({classes[index] for index in members} - {None}) > 1,
  )


class Joined:
  """Numbers from 0 that can be joined into groups (union-find)."""

  def __init__(self, size: int):
    self._parent = list(range(size))

  def root(self, number: int) -> int:
    """Returns the smallest number of the group."""
    parent = self._parent
    while parent[number] != number:
      parent[number] = number = parent[parent[number]]
    return number

  def join(self, numbers: Sequence[int]) -> None:
    """Joins the groups of these numbers into one."""
    for number in numbers[1:]:
      roots = self.root(numbers[0]), self.root(number)
      self._parent[max(roots)] = min(roots)

  def groups(self) -> list[tuple[int, ...]]:
    """Returns the groups of two or more, in order of their smallest numbers."""
    members = collections.defaultdict(list)
    for number in range(len(self._parent)):
      members[self.root(number)].append(number)
    return [tuple(group) for group in members.values() if len(group) > 1]
