"""Which image files there are, and of which class each is.

A data set is a folder with one folder a class:

  DIR/<class>/<image file>
  DIR/<class>/<any folders>/<image file>

  folder_names    the classes that a folder has, sorted
  find_images     the files of these classes -> Listing
  find_below      the files below any folder, whatever their classes
  has_image_ending  whether a name ends as a photograph's does

Names and places only: whether a file is an image, image_coder finds out from
its content. What systems leave in folders is not looked at: what begins with a
dot, Thumbs.db, __MACOSX and their kin.

1.3 million files are to be listed in seconds: a directory is read as a stream,
and no file is asked for more than the directory says of it.
"""

import collections
import dataclasses
import operator
import os
from collections.abc import Sequence

from inception.jobs import display_names
from inception.records import labels_file

# Of Windows, macOS and Synology's storage; the last keeps small copies of each
# photograph. In lower case: not every disk keeps the case.
_LITTER = frozenset((
  'thumbs.db',
  'ehthumbs.db',
  'desktop.ini',
  'icon\r',
  '__macosx',
  '$recycle.bin',
  'system volume information',
  '@eadir',
  'lost+found',
))

# What lies beside photographs and is none: notes about them, annotations, the
# films of a phone. A file that begins as an image is one nevertheless.
_SIDECAR_ENDINGS = (
  'zone.identifier',
  '.3gp',
  '.aae',
  '.avi',
  '.csv',
  '.db',
  '.flv',
  '.ini',
  '.json',
  '.log',
  '.m2ts',
  '.m4a',
  '.m4v',
  '.mat',
  '.md',
  '.mkv',
  '.mov',
  '.mp3',
  '.mp4',
  '.mpeg',
  '.mpg',
  '.mts',
  '.npy',
  '.npz',
  '.tsv',
  '.txt',
  '.url',
  '.wav',
  '.webm',
  '.wmv',
  '.xml',
  '.xmp',
  '.yaml',
  '.yml',
)
_SIGNATURE_BYTES = 16

# What a photograph's name ends in. It decides nothing but what to tell of.
_IMAGE_ENDINGS = (
  '.jpg',
  '.jpeg',
  '.jpe',
  '.jfif',
  '.png',
  '.gif',
  '.bmp',
  '.webp',
  '.tif',
  '.tiff',
  '.heic',
  '.heif',
  '.avif',
  '.hif',
  '.ppm',
  '.pgm',
  '.pbm',
  '.pnm',
)


@dataclasses.dataclass(frozen=True, slots=True)
class ImageFile:
  """A file that should hold an image.

  Attributes:
    path: where it is.
    class_name: its class.
    label: the class's number, counted from 1.
    relative: the path below the image directory, with / on every system:
      'daisy/a.jpg', 'daisy/garden/a.jpg'.
  """

  path: str
  class_name: str
  label: int
  relative: str = ''


@dataclasses.dataclass(frozen=True, slots=True)
class Skipped:
  """A file or folder that is left out, and why."""

  path: str
  reason: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Listing:
  """What find_images found.

  Attributes:
    images: by class, then by relative path.
    skipped: what is in the class folders and cannot be read as a file or
      folder; by class, then by path.
    missing_classes: classes that have no folder.
    other_folders: folders that are of no class, and hold a file.
    empty_classes: folders that hold no image file, of a class or not.
    stray: names of what look like images beside the class folders, sorted.
    sidecars: what lies beside the photographs, by relative path.
  """

  images: tuple[ImageFile, ...]
  skipped: tuple[Skipped, ...]
  missing_classes: tuple[str, ...]
  other_folders: tuple[str, ...]
  empty_classes: tuple[str, ...] = ()
  stray: tuple[str, ...] = ()
  sidecars: tuple[str, ...] = ()


def folder_names(directory: str | os.PathLike) -> tuple[str, ...]:
  """Returns the names of the folders in `directory`, sorted by code point.

  A folder that holds no file is left out, if another one does. Names are
  composed: two folders whose names differ in spelling only are one class.

  Raises:
    labels_file.LabelsError: there is none, or one has a name that cannot be a
      label.
    OSError: the folder is missing or unreadable.
  """
  with os.scandir(directory) as entries:
    folders = [
      entry
      for entry in entries
      if not _is_litter(entry.name) and _is_folder(entry)
    ]
  full = [entry for entry in folders if _holds_a_file(entry.path)]
  names = sorted({
    display_names.composed(entry.name) for entry in full or folders
  })
  if not names:
    raise labels_file.LabelsError(
      f'{str(directory)!r} has no folders: it should have one '
      'for each class, with its images in it'
    )
  for name in names:
    labels_file.check_label(name, directory)
  return tuple(names)


def find_images(
  directory: str | os.PathLike, class_names: Sequence[str]
) -> Listing:
  """Returns the files in `directory`'s folders of these classes.

  Folders in a class folder are searched, too, and links are followed; a folder
  counts once a class, so that links in a circle come to an end.

  Args:
    directory: a folder with one folder a class.
    class_names: in the order of their labels; the first has label 1. They are
      composed.

  Raises:
    OSError: `directory` is missing or unreadable. A folder in it that is
      unreadable is in Listing.skipped.
  """
  folders, stray = collections.defaultdict(list), []
  with os.scandir(directory) as entries:
    for entry in entries:
      if _is_litter(entry.name):
        continue
      if _is_folder(entry):
        folders[display_names.composed(entry.name)].append(entry.path)
      elif has_image_ending(entry.name):
        stray.append(entry.name)
  images, skipped, sidecars, empty = [], [], [], []
  for label, class_name in enumerate(class_names, start=1):
    if class_name not in folders:
      continue
    found = _Walk(class_name, label)
    for folder in sorted(folders[class_name]):
      found.run(folder, _real(directory))
    if not found.images:
      empty.append(class_name)
    images += sorted(found.images, key=operator.attrgetter('relative'))
    skipped += sorted(found.skipped, key=operator.attrgetter('path'))
    sidecars += sorted(found.sidecars)
  others = sorted(folders.keys() - set(class_names))
  full = [name for name in others if any(map(_holds_a_file, folders[name]))]
  return Listing(
    images=tuple(images),
    skipped=tuple(skipped),
    missing_classes=tuple(name for name in class_names if name not in folders),
    other_folders=tuple(full),
    empty_classes=(*empty, *(name for name in others if name not in full)),
    stray=tuple(sorted(stray)),
    sidecars=tuple(sidecars),
  )


def find_below(
  directory: str | os.PathLike,
) -> tuple[tuple[str, ...], int, tuple[Skipped, ...]]:
  """Returns the files below a folder, and what cannot be read there.

  Folders in it are searched as find_images searches a class's.

  Args:
    directory: the folder.

  Returns:
    The paths, sorted, each beginning with the directory; how many files lie
    beside photographs and are none; and what cannot be read.

  Raises:
    OSError: the folder is missing or unreadable.
  """
  with os.scandir(directory):
    pass  # An unreadable folder below it is reported; this one is an error.
  walk = _Walk('', 0)
  walk.run(os.fspath(directory), '')
  paths = sorted(image.path for image in walk.images)
  return tuple(paths), len(walk.sidecars), tuple(walk.skipped)


class _Walk:
  """The files of one class, in the order in which they are met."""

  def __init__(self, class_name: str, label: int):
    self.images = []
    self.skipped = []
    self.sidecars = []
    self._names = set()
    self._class_name = class_name
    self._label = label
    # Folders to come: (path, relative path, the real path of the folder that
    # they are in). Links wait until every other folder has been walked, so
    # that an image goes by its own place rather than by a link's.
    self._waiting = collections.deque()

  def run(self, folder: str, top: str) -> None:
    """Walks the class folder, which is in the folder of the real path `top`."""
    self._waiting.append((folder, self._class_name, top))
    walked = set()
    while self._waiting:
      path, relative, around = self._waiting.popleft()
      here = _real(path)
      if _is_within(around, here) or _is_within(top, here):
        self._skip(path, 'a link to a folder that it is in itself')
      elif here in walked:
        self._skip(path, 'a folder that the class has under another name')
      else:
        walked.add(here)
        try:
          self._read(path, relative, here)
        except OSError as error:
          self._skip(path, error.strerror or 'unreadable')

  def _read(self, path: str, relative: str, here: str) -> None:
    """Takes the files of one folder, and notes the folders in it."""
    is_empty = True
    folders = []
    with os.scandir(path) as entries:
      for entry in entries:
        if _is_litter(entry.name):
          continue
        is_empty = False
        reason = _reason_to_skip(entry)
        if reason:
          self._skip(entry.path, reason)
          continue
        name = f'{relative}/{display_names.composed(entry.name)}'
        if _is_folder(entry):
          folders.append((entry.is_symlink(), (entry.path, name, here)))
        elif _is_sidecar(entry):
          self.sidecars.append(name)
        else:
          while name in self._names:  # In two spellings, side by side.
            name += ' (2)'
          self._names.add(name)
          self.images.append(
            ImageFile(entry.path, self._class_name, self._label, name)
          )
    folders.sort()
    self._waiting.extend(folder for is_link, folder in folders if is_link)
    self._waiting.extendleft(
      folder for is_link, folder in reversed(folders) if not is_link
    )
    if is_empty and has_image_ending(path):
      self._skip(path, 'a folder, not a file')

  def _skip(self, path: str, reason: str) -> None:
    self.skipped.append(Skipped(path, reason))


def _real(path: str | os.PathLike) -> str:
  """Returns the path without links, in one spelling."""
  return os.path.normcase(os.path.realpath(path))


def _is_within(path: str, folder: str) -> bool:
  """Whether the real path is the folder, or of something in it."""
  return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def _is_litter(name: str) -> bool:
  return name.startswith('.') or name.lower() in _LITTER


def has_image_ending(name: str) -> bool:
  """Returns whether a file is called as images are; it decides nothing."""
  return name.lower().endswith(_IMAGE_ENDINGS)


def _is_sidecar(entry: os.DirEntry) -> bool:
  if not entry.name.lower().endswith(_SIDECAR_ENDINGS):
    return False
  # It imports Pillow, for which a mistake in the flags does not wait.
  from inception.images import image_signatures

  try:
    with open(entry.path, 'rb') as file:
      return not image_signatures.begins_as_image(file.read(_SIGNATURE_BYTES))
  except OSError:
    return False


def _holds_a_file(folder: str) -> bool:
  """Whether there is a file in the folder, or one that cannot be looked into.

  Links are not followed; they count as files.
  """
  waiting = [folder]
  try:
    while waiting:
      with os.scandir(waiting.pop()) as entries:
        for entry in entries:
          if _is_litter(entry.name):
            continue
          if not entry.is_dir(follow_symlinks=False):
            return True
          waiting.append(entry.path)
  except OSError:
    return True
  return False


def _is_folder(entry: os.DirEntry) -> bool:
  try:
    return entry.is_dir()
  except OSError:  # A link to itself.
    return False


def _reason_to_skip(entry: os.DirEntry) -> str:
  """Returns why the entry is no file and no folder; '' where it is one."""
  try:
    if entry.is_file() or entry.is_dir():
      return ''
    if entry.is_symlink():
      return 'a link that leads nowhere'
  except OSError as error:
    return error.strerror or 'unreadable'
  return 'neither a file nor a folder'
