"""Groups the photos of the same picture and decides which to leave out.

  curate       photos -> Curation: copies, conflicts, scenes, photos left out
  clusters     a number for each photo; equal numbers must share a subset

The module `repeats` defines copies, near copies, conflicts and scenes.
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

# Subsets whose copy of a picture is kept, in order of precedence: a picture
# that is evaluated must not be trained on.
_KEPT_FIRST = (content_split.TEST, content_split.VALIDATION)

DUPLICATE = 'duplicate'
CONFLICT = 'conflict'


@dataclasses.dataclass(frozen=True, kw_only=True)
class Curation:
  """The repeated pictures of a data set, and the photos left out for them.

  Attributes:
    groups: Pictures that occur more than once.
    left_out: {index in the list of photos: DUPLICATE or CONFLICT}.
    scenes: Photos that look nearly the same and fill most of a class; each is a
      separate picture.
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
    photos: All photos of the data set.
    records_config: Settings; used are on_duplicate, on_conflict and
      near_duplicate_distance.
    subsets: Subset of each photo if the user has split them. If copies are
      dropped, a picture in two subsets is kept out of training.
  """
  found = _find(photos, records_config.near_duplicate_distance)
  left_out = {}
  for group in found.groups:
    if group.is_conflict and records_config.on_conflict == 'drop':
      left_out.update(dict.fromkeys(group.members, CONFLICT))
    elif records_config.on_duplicate == 'drop':
      left_out.update(
        dict.fromkeys(_all_but_best(group, photos, subsets), DUPLICATE)
      )
  return Curation(groups=found.groups, left_out=left_out, scenes=found.scenes)


def clusters(
  photos: Sequence[image_survey.Photo],
  groups: Sequence[repeats.Group],
  series: Sequence[str | None],
) -> list[int]:
  """Returns a number for each photo, equal for photos that belong together.

  Args:
    photos: All photos of the data set.
    groups: Pictures that occur more than once.
    series: Name of the series of each photo; None if it belongs to none.
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


def _find(
  photos: Sequence[image_survey.Photo], max_distance: int
) -> repeats.Found:
  signatures = np.frombuffer(
    b''.join(photo.signature for photo in photos), np.uint8
  )
  return repeats.find(
    [photo.key for photo in photos],
    [photo.class_name for photo in photos],
    signatures.reshape(len(photos), picture_signatures.SIGNATURE_BYTES),
    max_distance=max_distance,
  )


def _all_but_best(
  group: repeats.Group,
  photos: Sequence[image_survey.Photo],
  subsets: Sequence[str] | None,
) -> list[int]:
  """Returns all photos of a group except the best one of each class.

  If subsets are given, only one of them keeps any: a picture that is evaluated
  must not be trained on, in any class.
  """

  def rank(index: int) -> tuple:
    photo = photos[index]
    subset = subsets[index] if subsets else ''
    kept_first = (
      _KEPT_FIRST.index(subset) if subset in _KEPT_FIRST else len(_KEPT_FIRST)
    )
    # The path breaks ties between equal files.
    return (
      kept_first,
      -photo.width * photo.height,
      -photo.num_bytes,
      photo.key,
      photo.relative,
    )

  ranked = sorted(group.members, key=rank)
  best: dict[str, int] = {}
  for index in ranked:
    if not subsets or subsets[index] == subsets[ranked[0]]:
      best.setdefault(photos[index].class_name, index)
  return [index for index in group.members if index not in best.values()]
