"""What raw-data holds, as its manifest tells it.

RawPhotos      the photographs of an archive, unpacked and split
write, read    RawPhotos <-> the manifest, a hidden file in the folder
is_unchanged   whether a file is there, and as it was unpacked
"""

import dataclasses
import os
import pathlib
from collections.abc import Mapping

from inception.data.curation import content_split
from inception.images import image_files
from inception.jobs import json_notes
from inception.settings import config

FILE = '.manifest.json'
_FORMAT_VERSION = 1


@dataclasses.dataclass(frozen=True, kw_only=True)
class RawPhotos:
  """The photographs of an archive, unpacked and split.

  Attributes:
    folder: its path; below it <subset>/<class>/<file>.
    class_names: sorted.
    identity: of the archive that it is from.
    split: how it was split.
    keys: {path within the folder, with /: content key} of every file.
  """

  folder: str
  class_names: tuple[str, ...]
  identity: str
  split: config.SplitConfig
  keys: Mapping[str, str]

  def images(self, subset: str) -> list[image_files.ImageFile]:
    """Returns the archive's files of a subset, by class and name."""
    labels = {name: i for i, name in enumerate(self.class_names, start=1)}
    images = []
    for path in sorted(self.keys, key=lambda path: path.split('/')):
      match path.split('/'):
        case [part, class_name, *names] if (
          part == subset
          and class_name in labels
          and names
          and not any(name.startswith('.') for name in names)
        ):
          images.append(
            image_files.ImageFile(
              str(pathlib.Path(self.folder, path)),
              class_name,
              labels[class_name],
              path.removeprefix(f'{subset}/'),
            )
          )
    return images


def write(photos: RawPhotos) -> None:
  """Writes the manifest into photos.folder."""
  json_notes.write(
    pathlib.Path(photos.folder, FILE),
    {
      'format_version': _FORMAT_VERSION,
      'identity': photos.identity,
      'split': dataclasses.asdict(photos.split),
      'class_names': photos.class_names,
      'keys': photos.keys,
    },
  )


def read(folder: str | os.PathLike) -> RawPhotos | None:
  """Returns what the folder's manifest tells; None where there is none."""
  told = json_notes.read(pathlib.Path(folder, FILE))
  try:
    if told['format_version'] != _FORMAT_VERSION:
      return None
    return RawPhotos(
      folder=str(folder),
      class_names=tuple(told['class_names']),
      identity=told['identity'],
      split=config.SplitConfig(**told['split']),
      keys=dict(told['keys']),
    )
  except (ValueError, KeyError, TypeError):
    return None


def is_unchanged(photos: RawPhotos, path: str) -> bool:
  """Whether a file of the manifest is there, and as it was unpacked."""
  try:
    content = pathlib.Path(photos.folder, path).read_bytes()
  except OSError:
    return False
  key = content_split.content_key(content, seed=photos.split.seed)
  return key.hex() == photos.keys[path]
