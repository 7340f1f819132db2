"""Draws the subset of each photo; photos that belong together stay together.

draw   photos -> 'train', 'validation' or 'test' for each
"""

from collections.abc import Callable, Sequence

from inception.data.curation import content_split
from inception.data.curation import curation
from inception.data.curation import image_survey
from inception.settings import config


def draw(
  photos: Sequence[image_survey.Photo],
  found: curation.Curation,
  split: config.SplitConfig,
  *,
  class_names: Sequence[str] = (),
  series_of: Callable[[str], str | None] | None = None,
) -> list[str]:
  """Returns the subset of each photo; '' for photos that are left out.

  Copies, near copies and the images of a series have the same subset. Photos
  that are left out still influence it, so that leaving them out moves no
  others.

  Args:
    photos: All photos of the data set.
    found: Groups of photos of the same picture, and the photos left out.
    split: Settings of the split. The seed must be that of the photos' keys.
    class_names: Classes that need images.
    series_of: Function from a relative path to the name of its series, or None
      if it belongs to none.

  Raises:
    content_split.SplitError: A class has too few images.
  """
  series = [
    series_of(photo.relative) if series_of else None for photo in photos
  ]
  cluster_of = curation.clusters(photos, found.groups, series)
  keys: dict[int, bytes] = {}
  for photo, name, cluster in zip(photos, series, cluster_of):
    key = (
      photo.key
      if name is None
      else content_split.series_key(name, seed=split.seed)
    )
    keys[cluster] = min(key, keys.get(cluster, key))
  copies: set[int] = set()
  for group in found.groups:
    kept = [index for index in group.members if index not in found.left_out]
    if len(kept) > 1:
      copies.update(kept)
  items = {
    index: content_split.Item(
      photo.class_name,
      keys[cluster_of[index]],
      cluster_of[index],
      index in copies,
    )
    for index, photo in enumerate(photos)
    if index not in found.left_out
  }
  drawn = dict(
    zip(
      items,
      content_split.draw(list(items.values()), split, class_names=class_names),
    )
  )
  return [drawn.get(index, '') for index in range(len(photos))]
