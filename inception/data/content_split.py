"""Which images are for validation: drawn by content, so that it stays put.

  content_key   a file's keyed hash
  choose        a number of files of each class

An image's content and the seed decide, not its name, its place or its
neighbours: the same images give the same split on every system, under any
names; and one image more or less changes the side of one other at most.

Files of equal content, within a class or across two, are all for training. So
no validation image has a twin that has been trained on.
"""

import collections
import hashlib
from collections.abc import Mapping

_KEY_BYTES = 16


class SplitError(ValueError):
  """A class has too few images; the text says which."""


def content_key(content: bytes, *, seed: int) -> str:
  """Returns the hexadecimal hash of a file's content, keyed with the seed."""
  return hashlib.blake2b(
      content, digest_size=_KEY_BYTES,
      key=hashlib.sha256(str(seed).encode()).digest()).hexdigest()


def choose(keys: Mapping[str, Mapping[str, str]], *,
           per_class: int) -> dict[str, list[str]]:
  """Returns {class name: sorted names of its per_class validation files}.

  Args:
    keys: {class name: {file name: content key}}, of usable images only.
    per_class: how many of each class.

  Raises:
    SplitError: a class has too few images that are there only once, or none
      would be left for training.
  """
  copies = collections.Counter(
      key for files in keys.values() for key in files.values())
  chosen = {}
  for class_name, files in keys.items():
    single = sorted((key, name) for name, key in files.items()
                    if copies[key] == 1)
    possible = min(len(single), len(files) - 1)
    if per_class > possible:
      raise SplitError(
          f'{per_class} validation images of each class are asked for, and '
          f'class {class_name!r} can give {max(possible, 0)}: it has '
          f'{len(files)} images, {len(single)} of them without a copy')
    chosen[class_name] = sorted(name for _, name in single[:per_class])
  return chosen
