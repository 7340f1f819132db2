"""Which images are for validation and test: drawn by content, to stay put.

  content_key   a file's keyed hash
  series_key    the same of a series' name
  Item          one image, as the draw sees it
  draw          the subset of each image

An image's content and the seed decide, not its name, its place or its
neighbours: the same images give the same split on every system, under any
names. Images of one cluster (copies, near copies, one series) have the smallest
of their keys in common, and so one subset.

By fraction, a key's hash is a place in [0, 1): validation is at its beginning,
test at its end. So an image more or less moves no other one, unless it joins
that one's cluster; and a test set that is asked for later takes its images from
training. A class so small that chance would leave it without validation images,
or without training images, gives one cluster nevertheless: in such a class one
image more can move another.

By number, the clusters with the smallest keys are taken, so that one image more
or less changes the subset of one other at most. Copies and near copies are all
for training there, so that the number counts different pictures.
"""

import collections
import dataclasses
import hashlib
from collections.abc import Sequence

from inception.jobs import errors
from inception.settings import config

TRAIN = 'train'
VALIDATION = 'validation'
TEST = 'test'

KEY_BYTES = 16


class SplitError(errors.UserError):
  """A class has too few images; the text says which."""


@dataclasses.dataclass(frozen=True, slots=True)
class Item:
  """One image, as the draw sees it.

  Attributes:
    class_name: its class.
    key: its content key, or its series' (KEY_BYTES bytes).
    cluster: the same number for images that must have the same subset.
    is_copy: the cluster has another one of the same picture.
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
  """Returns the hash of a series' name: another one than any content's."""
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
    items: in any order, which does not matter.
    split: how many go where.
    class_names: classes that must be there, whether an item has them or not.

  Raises:
    SplitError: validation_per_class asks more of a class than it can give.
  """
  key_of = {}
  for item in items:
    key_of[item.cluster] = min(item.key, key_of.get(item.cluster, item.key))
  if split.validation_per_class is None:
    subset_of = _by_fraction(items, key_of, split)
  else:
    subset_of = _by_number(items, key_of, split, class_names)
  return [subset_of[item.cluster] for item in items]


def _place(key: bytes) -> float:
  """Returns the key as a number in [0, 1)."""
  # 53 bits: all that a float holds.
  return (int.from_bytes(key[:8], 'big') >> 11) / 2**53


def _by_fraction(items, key_of, split) -> dict[int, str]:
  # The smallest of several keys is a small one; its hash is spread evenly.
  place_of = {
    cluster: _place(hashlib.blake2b(key, digest_size=8).digest())
    for cluster, key in key_of.items()
  }
  subset_of = {
    cluster: (
      VALIDATION
      if place < split.validation_fraction
      else TEST
      if place >= 1 - split.test_fraction
      else TRAIN
    )
    for cluster, place in place_of.items()
  }
  clusters_of = collections.defaultdict(set)
  for item in items:
    clusters_of[item.class_name].add(item.cluster)
  for _, clusters in sorted(clusters_of.items()):
    _fill_in(sorted(clusters, key=place_of.get), subset_of, split)
  return subset_of


def _fill_in(clusters, subset_of, split) -> None:
  """Sees to it that a class has some images in each subset.

  Args:
    clusters: the class's, by their places.
    subset_of: {cluster: subset}; changed where a subset would be empty.
    split: which subsets there are.
  """

  def is_missing(subset):
    return all(subset_of[cluster] != subset for cluster in clusters)

  if (
    len(clusters) >= 2 and split.validation_fraction and is_missing(VALIDATION)
  ):
    subset_of[clusters[0]] = VALIDATION
  if len(clusters) >= 3 and split.test_fraction and is_missing(TEST):
    subset_of[clusters[-1]] = TEST
  if is_missing(TRAIN):
    subset_of[clusters[len(clusters) // 2]] = TRAIN


def _by_number(items, key_of, split, class_names) -> dict[int, str]:
  classes_of = collections.defaultdict(collections.Counter)
  copies = set()
  for item in items:
    classes_of[item.cluster][item.class_name] += 1
    if item.is_copy:
      copies.add(item.cluster)
  subset_of = {
    cluster: (
      TEST
      if cluster not in copies and _place(key) >= 1 - split.test_fraction
      else TRAIN
    )
    for cluster, key in key_of.items()
  }
  num_images = collections.Counter(item.class_name for item in items)
  left = dict.fromkeys([*num_images, *class_names], split.validation_per_class)
  for cluster in sorted(key_of, key=key_of.get):
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
        _too_few(name, items, split, left[name], remaining[name])
      )
  return subset_of


def _too_few(name, items, split, left, remaining) -> str:
  files = [item for item in items if item.class_name == name]
  single = sum(not item.is_copy for item in files)
  possible = split.validation_per_class - left
  if not remaining:
    possible = max(possible - 1, 0)  # One is for training.
  return (
    f'{split.validation_per_class} validation images of each class are '
    f'asked for, and class {name!r} can give {possible}: it has '
    f'{len(files)} images, {single} of them without a copy'
    + (
      ' (--near_duplicate_distance=0 takes near copies for other pictures)'
      if single < len(files)
      else ''
    )
  )
