"""The subset of each photo: what belongs together stays together.

draw   photos -> 'train', 'validation' or 'test' of each
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
  """Returns the subset that each photo is drawn for; '' where it is left out.

  Copies, near copies and the images of a series have one subset. What is left
  out still has its say in it, so that leaving it out moves nothing else.

  Args:
    photos: of the whole data set.
    found: which of them show the same picture, and which are left out.
    split: how many go where. Its seed is that of the photos' keys.
    class_names: classes that must be there.
    series_of: relative path -> name of its series, None for none.

  Raises:
    content_split.SplitError: a class has too few images.
  """
  series = [
    series_of(photo.relative) if series_of else None for photo in photos
  ]
  cluster_of = curation.clusters(photos, found.groups, series)
  keys = {}
  for photo, name, cluster in zip(photos, series, cluster_of):
    key = (
      photo.key
      if name is None
      else content_split.series_key(name, seed=split.seed)
    )
    keys[cluster] = min(key, keys.get(cluster, key))
  copies = set()
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
