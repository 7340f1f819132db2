"""The manifest of raw-data: a list of its files and of their contents.

RawPhotos      the photographs of an archive, unpacked and split
write, read    RawPhotos <-> the manifest, a hidden file in the folder
is_unchanged   decides if a file still has the content that was unpacked
"""

import dataclasses
import os
import pathlib
from collections.abc import Mapping

from inception.data.curation import content_split
from inception.images import image_files
from inception.jobs import display_names
from inception.jobs import json_notes
from inception.settings import config

FILE = '.manifest.json'
_FORMAT_VERSION = 1


@dataclasses.dataclass(frozen=True, kw_only=True)
class RawPhotos:
  """The photographs of an archive, unpacked and split.

  Attributes:
    folder: Path of the folder, which holds <subset>/<class>/<file>.
    class_names: Sorted names of the classes.
    identity: Identity of the archive (flowers_download.Source).
    split: Settings of the split.
    keys: {path within the folder, with /: hexadecimal content key} of every
      file.
  """

  folder: str
  class_names: tuple[str, ...]
  identity: str
  split: config.SplitConfig
  keys: Mapping[str, str]

  def images(self, subset: str) -> list[image_files.ImageFile]:
    """Returns the archive's files of a subset, sorted by class and name."""
    labels = {name: i for i, name in enumerate(self.class_names, start=1)}
    images = []
    for path in sorted(self.keys, key=lambda path: path.split('/')):
      part, _, relative = path.partition('/')
      folder, *names = relative.split('/')
      # An archive of a Mac may have decomposed accents.
      class_name = display_names.composed(folder)
      if (
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
            '/'.join([class_name, *names]),
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
  """Returns the contents of the folder's manifest.

  Returns None if there is no manifest, or none that this program understands.
  """
  manifest = json_notes.read(pathlib.Path(folder, FILE))
  try:
    if manifest['format_version'] != _FORMAT_VERSION:
      return None
    return RawPhotos(
      folder=str(folder),
      class_names=tuple(manifest['class_names']),
      identity=manifest['identity'],
      split=config.SplitConfig(**manifest['split']),
      keys=dict(manifest['keys']),
    )
  except (ValueError, KeyError, TypeError):
    return None


def is_unchanged(photos: RawPhotos, path: str) -> bool:
  """Decides whether a file of the manifest exists with its unpacked content."""
  try:
    content = pathlib.Path(photos.folder, path).read_bytes()
  except OSError:
    return False
  key = content_split.content_key(content, seed=photos.split.seed)
  return key.hex() == photos.keys[path]
