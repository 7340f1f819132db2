"""Groups the photos of one picture and decides which to leave out.

  curate       photos -> Curation: copies, conflicts, scenes, what is left out
  clusters     the photos that must have the same subset

repeats says what copies, near copies, conflicts and scenes are.
"""

import collections
import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from inception.data.curation import content_split
from inception.data.curation import image_survey
from inception.data.curation import picture_signatures
from inception.data.curation import repeats
from inception.settings import config

# Subsets whose copy of a picture is kept, the first of them first: a picture
# that was evaluated on must not be trained on.
_KEPT_FIRST = (content_split.TEST, content_split.VALIDATION)

DUPLICATE = 'duplicate'
CONFLICT = 'conflict'


@dataclasses.dataclass(frozen=True, kw_only=True)
class Curation:
  """The repeated pictures of a data set, and the photos left out for them.

  Attributes:
    groups: the pictures that are there more than once.
    left_out: {index in the list of photos: DUPLICATE or CONFLICT}.
    scenes: photos that look nearly the same, and fill most of a class; each is
      a picture of its own.
  """

  groups: tuple[repeats.Group, ...]
  left_out: Mapping[int, str]
  scenes: tuple[tuple[int, ...], ...] = ()

  @property
  def conflicts(self) -> tuple[repeats.Group, ...]:
    """The pictures that are in more than one class."""
    return tuple(group for group in self.groups if group.is_conflict)


def curate(
  photos: Sequence[image_survey.Photo],
  records_config: config.RecordsConfig,
  *,
  subsets: Sequence[str] | None = None,
) -> Curation:
  """Returns the photos that show the same picture, and those left out.

  Args:
    photos: of the whole data set.
    records_config: on_duplicate, on_conflict, near_duplicate_distance.
    subsets: of each photo, where the user has split them; of a picture in two
      of them, the one in training is left out.
  """
  found = _find(photos, records_config.near_duplicate_distance)
  left_out = {}
  for group in found.groups:
    if group.is_conflict and records_config.on_conflict == 'drop':
      left_out.update(dict.fromkeys(group.members, CONFLICT))
    elif records_config.on_duplicate == 'drop':
      left_out.update(
        dict.fromkeys(_but_the_best(group, photos, subsets), DUPLICATE)
      )
  return Curation(groups=found.groups, left_out=left_out, scenes=found.scenes)


def clusters(
  photos: Sequence[image_survey.Photo],
  groups: Sequence[repeats.Group],
  series: Sequence[str | None],
) -> list[int]:
  """Returns a number for each photo: the same where they belong together.

  Args:
    photos: of the whole data set.
    groups: the pictures that are there more than once.
    series: name of the series of each photo; None belongs to no series.
  """
  joined = repeats.Joined(len(photos))
  for group in groups:
    joined.join(group.members)
  members = collections.defaultdict(list)
  for index, name in enumerate(series):
    if name is not None:
      members[name].append(index)
  for indices in members.values():
    joined.join(indices)
  return [joined.root(index) for index in range(len(photos))]


def _find(photos, max_distance) -> repeats.Found:
  signatures = np.frombuffer(
    b''.join(photo.signature for photo in photos), np.uint8
  )
  return repeats.find(
    [photo.key for photo in photos],
    [photo.class_name for photo in photos],
    signatures.reshape(len(photos), picture_signatures.SIGNATURE_BYTES),
    max_distance=max_distance,
  )


def _but_the_best(group, photos, subsets) -> list[int]:
  """Returns all photos of a group but the best one of each class.

  Where subsets are given, only one of them keeps any: a picture that is
  evaluated is not trained on, under whatever class.
  """

  def rank(index):
    photo = photos[index]
    subset = subsets[index] if subsets else ''
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

  ranked = sorted(group.members, key=rank)
  best = {}
  for index in ranked:
    if not subsets or subsets[index] == subsets[ranked[0]]:
      best.setdefault(photos[index].class_name, index)
  return [index for index in group.members if index not in best.values()]
