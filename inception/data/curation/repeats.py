"""Finds the pictures that a data set has more than once: files or records.

  find      images -> Found
  Found     the groups of repeated pictures, and the scenes
  Group     the images of one picture
  by_kind   the groups that are copies, near copies, conflicts, leaks
  by_worst_kind
            the same, each group once

Copies are files of equal content. Near copies look the same (near_duplicates):
one picture at another size or quality, or the next frame of a burst. A conflict
is a picture in two classes, a leak one in two subsets.

Where near copies fill most of a class, they are not one picture but one scene:
a fixed camera, one kind of part, drawings on white. Each image of a scene is a
picture of its own, or a whole class would be on one side of the split, and all
classes of a production line would be one conflict. Files of equal content are
copies in a scene, too.
"""

import collections
import dataclasses
from collections.abc import Hashable, Iterable, Sequence

import numpy as np

from inception.data.curation import near_duplicates

# The kinds of by_kind, the worst first.
LEAKS = 'leaks'
CONFLICTS = 'conflicts'
COPIES = 'copies'
NEAR_COPIES = 'near copies'

# Near copies are a scene if they are more than this share of a class, and are
# at least so many different files: a burst in a tiny class stays together.
SCENE_SHARE = 0.5
MIN_SCENE = 8


@dataclasses.dataclass(frozen=True, slots=True)
class Group:
  """The images of one picture.

  Attributes:
    members: their indices in the list of images, ascending; two or more.
    copies: of these, those that are byte for byte the same, by file.
    is_conflict: they are in more than one class.
    is_leak: they are in more than one subset, as far as these are known.
  """

  members: tuple[int, ...]
  copies: tuple[tuple[int, ...], ...] = ()
  is_conflict: bool = False
  is_leak: bool = False

  @property
  def is_exact(self) -> bool:
    """Whether all the files are byte for byte the same."""
    return self.copies == (self.members,)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Found:
  """The pictures that a data set has more than once.

  Attributes:
    groups: by their first members; no image is in two of them.
    scenes: indices of the images of each scene, ascending.
  """

  groups: tuple[Group, ...] = ()
  scenes: tuple[tuple[int, ...], ...] = ()

  def in_subsets(self, subsets: Sequence) -> 'Found':
    """Returns the same with Group.is_leak, once the subsets are known.

    Args:
      subsets: the subset of each image; '' has none, and so no leak.
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
  """Returns the pictures that are there more than once.

  Args:
    keys: a hash of each file's content.
    classes: the class of each image; None has none, and so no conflict.
    signatures: uint8 [images, SIGNATURE_BYTES], picture_signatures.signatures.
    max_distance: what near_duplicates.find is given; 0 finds copies only.
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
  """Returns the members of the groups of each kind: LEAKS, CONFLICTS, ...

  The copies in a group of near copies are among the COPIES, too.
  """
  kinds = {kind: [] for kind in (LEAKS, CONFLICTS, COPIES, NEAR_COPIES)}
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
  """Returns the groups of each kind, each under the worst that it is.

  That is LEAKS, else CONFLICTS, else COPIES or NEAR_COPIES.
  """
  kinds = {kind: [] for kind in (LEAKS, CONFLICTS, COPIES, NEAR_COPIES)}
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


def _copies(indices, keys) -> list[tuple[int, ...]]:
  """Returns which of these images are byte for byte the same."""
  same = collections.defaultdict(list)
  for index in indices:
    same[keys[index]].append(index)
  return [tuple(members) for members in same.values() if len(members) > 1]


def _is_scene(members, keys, classes, sizes) -> bool:
  if len({keys[index] for index in members}) < MIN_SCENE:
    return False
  return any(
    name is not None and number > SCENE_SHARE * sizes[name]
    for name, number in collections.Counter(
      classes[index] for index in members
    ).items()
  )


def _group(members, keys, classes) -> Group:
  return Group(
    members=members,
    copies=tuple(_copies(members, keys)),
    is_conflict=len({classes[index] for index in members} - {None}) > 1,
  )


class Joined:
  """Numbers that are joined to groups (union-find)."""

  def __init__(self, size: int):
    self._parent = list(range(size))

  def root(self, number: int) -> int:
    """Returns the smallest number of the group."""
    parent = self._parent
    while parent[number] != number:
      parent[number] = number = parent[parent[number]]
    return number

  def join(self, numbers: Sequence[int]) -> None:
    """Makes one group of these numbers and all they are joined to."""
    for number in numbers[1:]:
      roots = self.root(numbers[0]), self.root(number)
      self._parent[max(roots)] = min(roots)

  def groups(self) -> list[tuple[int, ...]]:
    """Returns the groups of two and more numbers, by their smallest."""
    members = collections.defaultdict(list)
    for number in range(len(self._parent)):
      members[self.root(number)].append(number)
    return [tuple(group) for group in members.values() if len(group) > 1]
