"""Draws the images for validation and test by content, so that they stay there.

  content_key   the keyed hash of a file
  series_key    the keyed hash of the name of a series
  Item          one image to draw
  draw          the subset of each image

The image's content and the seed decide, not its name, its position or other
images: the same images give the same split on every system, under any names.
The images of a cluster (copies, near copies, one series) share the smallest of
their keys, and so have the same subset.

By fraction, a key's hash is a position in [0, 1): validation is at the
beginning, test at the end. So adding or removing an image moves no other,
unless it joins that image's cluster, and a test set that is added later takes
its images from training. A class that is so small that chance would leave it
without validation or training images gives one cluster nevertheless; in such a
class, an added image can move another.

By number, the clusters with the smallest keys are chosen, so that adding or
removing an image changes the subset of at most one other. Here, copies and near
copies are all for training, so that the number counts different pictures.
"""

import collections
import dataclasses
import hashlib
from collections.abc import Mapping, Sequence

from inception.jobs import errors
from inception.settings import config

TRAIN = 'train'
VALIDATION = 'validation'
TEST = 'test'

KEY_BYTES = 16


class SplitError(errors.UserError):
  """A class has too few images; the text names it."""


@dataclasses.dataclass(frozen=True, slots=True)
class Item:
  """One image to draw.

  Attributes:
    class_name: Name of its class.
    key: Content key of the image, or key of its series (KEY_BYTES bytes).
    cluster: Number that is equal for images that must have the same subset.
    is_copy: True if the cluster has another image of the same picture.
  """

  class_name: str
  key: bytes
  cluster: int
  is_copy: bool = False


def content_key(content: bytes, *, seed: int) -> bytes:
  """Returns the hash of a file's content, keyed with the seed."""
  return hashlib.blake2b(
    content,
    digest_size=KEY_BYTES,
    key=hashlib.sha256(str(seed).encode()).digest(),
  ).digest()


def series_key(name: str, *, seed: int) -> bytes:
  """Returns the keyed hash of a series' name.

  It is personalised, so that a name and an equal file content differ in hash.
  """
  return hashlib.blake2b(
    name.encode('utf-8', 'surrogatepass'),
    digest_size=KEY_BYTES,
    key=hashlib.sha256(str(seed).encode()).digest(),
    person=b'series',
  ).digest()


def draw(
  items: Sequence[Item],
  split: config.SplitConfig,
  *,
  class_names: Sequence[str] = (),
) -> list[str]:
  """Returns the subset of each item: TRAIN, VALIDATION or TEST.

  Args:
    items: The images, in any order; it does not affect the result.
    split: Settings of the split.
    class_names: Classes that need images even if no item has them.

  Raises:
    SplitError: A class cannot give validation_per_class images and keep some
      for training.
  """
  key_of: dict[int, bytes] = {}
  for item in items:
    key_of[item.cluster] = min(item.key, key_of.get(item.cluster, item.key))
  if split.validation_per_class is None:
    subset_of = _by_fraction(items, key_of, split)
  else:
    subset_of = _by_number(
      items, key_of, split, split.validation_per_class, class_names
    )
  return [subset_of[item.cluster] for item in items]


def _position(key: bytes) -> float:
  """Returns the key as a number in [0, 1)."""
  # A float holds 53 bits.
  return (int.from_bytes(key[:8], 'big') >> 11) / 2**53


def _by_fraction(
  items: Sequence[Item], key_of: Mapping[int, bytes], split: config.SplitConfig
) -> dict[int, str]:
  # The smallest of several keys tends to be small. Its hash is distributed
  # uniformly.
  position_of = {
    cluster: _position(hashlib.blake2b(key, digest_size=8).digest())
    for cluster, key in key_of.items()
  }
  subset_of = {
    cluster: (
      VALIDATION
      if position < split.validation_fraction
      else TEST
      if position >= 1 - split.test_fraction
      else TRAIN
    )
    for cluster, position in position_of.items()
  }
  clusters_of: dict[str, set[int]] = collections.defaultdict(set)
  for item in items:
    clusters_of[item.class_name].add(item.cluster)
  for _, clusters in sorted(clusters_of.items()):
    _fill_in(sorted(clusters, key=position_of.__getitem__), subset_of, split)
  return subset_of


def _fill_in(
  clusters: Sequence[int], subset_of: dict[int, str], split: config.SplitConfig
) -> None:
  """Gives a class some images in each subset, if it has enough.

  Args:
    clusters: Clusters of the class, sorted by position.
    subset_of: {cluster: subset}; changed if a subset would be empty.
    split: Settings of the split.
  """

  def is_missing(subset: str) -> bool:
    return all(subset_of[cluster] != subset for cluster in clusters)

  if (
    len(clusters) >= 2 and split.validation_fraction and is_missing(VALIDATION)
  ):
    subset_of[clusters[0]] = VALIDATION
  if len(clusters) >= 3 and split.test_fraction and is_missing(TEST):
    subset_of[clusters[-1]] = TEST
  if is_missing(TRAIN):
    subset_of[clusters[len(clusters) // 2]] = TRAIN


def _by_number(
  items: Sequence[Item],
  key_of: Mapping[int, bytes],
  split: config.SplitConfig,
  num_validation: int,
  class_names: Sequence[str],
) -> dict[int, str]:
  classes_of: dict[int, collections.Counter[str]] = collections.defaultdict(
    collections.Counter
  )
  copies = set()
  for item in items:
    classes_of[item.cluster][item.class_name] += 1
    if item.is_copy:
      copies.add(item.cluster)
  subset_of = {
    cluster: (
      TEST
      if cluster not in copies and _position(key) >= 1 - split.test_fraction
      else TRAIN
    )
    for cluster, key in key_of.items()
  }
  num_images = collections.Counter(item.class_name for item in items)
  left = dict.fromkeys([*num_images, *class_names], num_validation)
  for cluster in sorted(key_of, key=key_of.__getitem__):
    counts = classes_of[cluster]
    if (
      cluster not in copies
      and subset_of[cluster] == TRAIN
      and all(left[name] >= counts[name] for name in counts)
    ):
      subset_of[cluster] = VALIDATION
      for name in counts:
        left[name] -= counts[name]
  remaining = collections.Counter(
    item.class_name for item in items if subset_of[item.cluster] == TRAIN
  )
  for name in sorted(left):
    if left[name] or not remaining[name]:
      raise SplitError(
        _too_few(name, items, num_validation, left[name], remaining[name])
      )
  return subset_of


def _too_few(
  name: str,
  items: Sequence[Item],
  num_validation: int,
  left: int,
  remaining: int,
) -> str:
  """Returns the message for a class with too few images."""
  files = [item for item in items if item.class_name == name]
  single = sum(not item.is_copy for item in files)
  possible = num_validation - left
  if not remaining:
    possible = max(possible - 1, 0)  # One must be for training.
  return (
    f'{num_validation} validation images of each class are requested, but '
    f'class {name!r} can give {possible}: it has {len(files)} images, '
    f'{single} of them without a copy'
    + (
      ' (--near_duplicate_distance=0 counts near copies as different pictures)'
      if single < len(files)
      else ''
    )
  )
