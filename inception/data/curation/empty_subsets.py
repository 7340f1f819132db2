"""Explains why a subset of a data set would have no images.

  reason   an account of the images, and the remedy

The reason is "too few" only if more images would help.
"""

import collections
from collections.abc import Callable, Sequence

from inception.data.curation import curation
from inception.data.curation import image_survey


def reason(
  subset: str,
  photos: Sequence[image_survey.Photo],
  found: curation.Curation,
  *,
  candidates: Sequence[int],
  num_files: int,
  series_of: Callable[[str], str | None] | None = None,
) -> str:
  """Returns the reason why the subset would have no images, with a remedy.

  Args:
    subset: Name of the subset.
    photos: All photos of the data set.
    found: Their groups, and the photos that are left out.
    candidates: Indices of the photos that the subset is made from: those of its
      folder, or all photos of the folder that is split.
    num_files: Number of files that were examined for the subset.
    series_of: Function from a relative path to the name of its series, or None
      if it belongs to none.
  """
  if not candidates:
    return f'none of {num_files} files is a usable image'
  kept = [index for index in candidates if index not in found.left_out]
  left_out = _left_out(found, candidates)
  if not kept:
    return f'all {len(candidates)} usable images are left out, {left_out}'
  left_out = f' (left out are {left_out})' if left_out else ''
  series = [
    series_of(photo.relative) if series_of else None for photo in photos
  ]
  numbers = curation.clusters(photos, found.groups, series)
  num_clusters = len({numbers[index] for index in kept})
  if num_clusters == len(kept):
    return (
      f'{len(kept)} files are too few to set some of each class aside'
      f'{left_out}: add images, or pass --{subset}_fraction=0'
    )
  return (
    f'the {len(kept)} images are {num_clusters} '
    f'{"group" if num_clusters == 1 else "groups"} of '
    f'{_kinds(found, series)}, each of which stays in one subset{left_out}: '
    f'{_remedies(found, series)}, or pass --{subset}_fraction=0'
  )


def _left_out(found: curation.Curation, candidates: Sequence[int]) -> str:
  """Returns the numbers of images left out by reason; '' for none."""
  counts = collections.Counter(
    found.left_out[index] for index in candidates if index in found.left_out
  )
  parts = []
  if counts[curation.CONFLICT]:
    parts.append(
      f'{counts[curation.CONFLICT]} as pictures in more than one class '
      '(--on_conflict=drop; keep leaves them in, and '
      '--near_duplicate_distance=0 drops byte-identical copies only)'
    )
  if counts[curation.DUPLICATE]:
    parts.append(
      f'{counts[curation.DUPLICATE]} as copies (--on_duplicate=drop; keep '
      'leaves them in)'
    )
  return ' and '.join(parts)


def _kinds(found: curation.Curation, series: Sequence[str | None]) -> str:
  """Returns the kinds of groups that there are, as a list in words."""
  kinds = []
  if found.groups:
    kinds.append('copies')
  if any(not group.is_exact for group in found.groups):
    kinds.append('near copies')
  if any(name is not None for name in series):
    kinds.append('series')
  return f'{", ".join(kinds[:-1])} or {kinds[-1]}' if kinds[1:] else kinds[0]


def _remedies(found: curation.Curation, series: Sequence[str | None]) -> str:
  remedies = ['add other images']
  if any(not group.is_exact for group in found.groups):
    remedies.append(
      'pass --near_duplicate_distance=0, which counts near copies as different '
      'pictures'
    )
  if any(name is not None for name in series):
    remedies.append('pass a --group_pattern that makes smaller series')
  elif remedies[1:]:
    remedies.append('name the series among them with --group_pattern')
  return ', '.join(remedies)
