"""What the photos of a data set have to do with each other, and what follows.

  curate       photos -> Curation: copies, conflicts, leaks, what is left out
  Group        photos of one picture
  clusters     which photos must have the same subset

Copies are files of equal content; near copies look the same (near_duplicates):
the same picture at another size or quality, or the next frame of a burst. A
conflict is a picture in two classes, a leak one in two subsets.
"""

import collections
import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from inception.data.curation import content_split
from inception.data.curation import image_survey
from inception.data.curation import near_duplicates
from inception.settings import config

# Subsets whose copy of a picture is kept, the first of them first: a picture
# that was evaluated on must not be trained on.
_KEPT_FIRST = (content_split.TEST, content_split.VALIDATION)

DUPLICATE = 'duplicate'
CONFLICT = 'conflict'


@dataclasses.dataclass(frozen=True, slots=True)
class Group:
  """Photos of one picture.

  Attributes:
    photos: their places in the list of photos, in its order.
    is_exact: all the files are byte for byte the same.
    is_conflict: they are in more than one class.
  """

  photos: tuple[int, ...]
  is_exact: bool
  is_conflict: bool


@dataclasses.dataclass(frozen=True, kw_only=True)
class Curation:
  """What was found, and what follows.

  Attributes:
    groups: the pictures that are there more than once.
    left_out: {place in the list of photos: DUPLICATE or CONFLICT}.
  """

  groups: tuple[Group, ...]
  left_out: Mapping[int, str]

  @property
  def conflicts(self) -> tuple[Group, ...]:
    """The pictures that are in more than one class."""
    return tuple(group for group in self.groups if group.is_conflict)


def curate(
  photos: Sequence[image_survey.Photo],
  records_config: config.RecordsConfig,
  *,
  subsets: Sequence[str] | None = None,
) -> Curation:
  """Returns which photos show the same picture, and which are left out.

  Args:
    photos: of the whole data set.
    records_config: on_duplicate, on_conflict, near_duplicate_distance.
    subsets: of each photo, where the user has split them; of a picture in two
      of them, the one in training is left out.
  """
  groups = _groups(photos, records_config.near_duplicate_distance)
  left_out = {}
  for group in groups:
    if group.is_conflict and records_config.on_conflict == 'drop':
      left_out.update(dict.fromkeys(group.photos, CONFLICT))
    elif records_config.on_duplicate == 'drop':
      left_out.update(
        dict.fromkeys(_but_the_best(group, photos, subsets), DUPLICATE)
      )
  return Curation(groups=groups, left_out=left_out)


def clusters(
  photos: Sequence[image_survey.Photo],
  groups: Sequence[Group],
  series: Sequence[str | None],
) -> list[int]:
  """Returns a number for each photo: the same where they belong together.

  Args:
    photos: of the whole data set.
    groups: the pictures that are there more than once.
    series: what each photo belongs to; None is nothing but itself.
  """
  joined = _Joined(len(photos))
  for group in groups:
    joined.join(group.photos)
  members = collections.defaultdict(list)
  for place, name in enumerate(series):
    if name is not None:
      members[name].append(place)
  for places in members.values():
    joined.join(places)
  return [joined.root(place) for place in range(len(photos))]


def _groups(photos, max_distance) -> tuple[Group, ...]:
  """Returns the groups, by their first photos."""
  joined = _Joined(len(photos))
  same = collections.defaultdict(list)
  for place, photo in enumerate(photos):
    same[photo.key].append(place)
  for places in same.values():
    joined.join(places)
  if max_distance and photos:
    signatures = np.frombuffer(
      b''.join(photo.signature for photo in photos), np.uint8
    )
    for places in near_duplicates.find(
      signatures.reshape(len(photos), -1), max_distance=max_distance
    ):
      joined.join(places)
  return tuple(
    Group(
      photos=places,
      is_exact=len({photos[place].key for place in places}) == 1,
      is_conflict=len({photos[place].class_name for place in places}) > 1,
    )
    for places in joined.groups()
  )


def _but_the_best(group, photos, subsets) -> list[int]:
  """Returns all photos of a group but the best one of each class.

  Where subsets are given, only one of them keeps any: a picture that is
  evaluated is not trained on, under whatever class.
  """

  def rank(place):
    photo = photos[place]
    subset = subsets[place] if subsets else ''
    kept_first = (
      _KEPT_FIRST.index(subset) if subset in _KEPT_FIRST else len(_KEPT_FIRST)
    )
    # Of equal files, the first by name.
    return (
      kept_first,
      -photo.width * photo.height,
      -photo.num_bytes,
      photo.key,
      photo.relative,
    )

  ranked = sorted(group.photos, key=rank)
  best = {}
  for place in ranked:
    if not subsets or subsets[place] == subsets[ranked[0]]:
      best.setdefault(photos[place].class_name, place)
  return [place for place in group.photos if place not in best.values()]


class _Joined:
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
