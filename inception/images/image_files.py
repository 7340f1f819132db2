"""Lists the image files of a data set with their classes.

A data set is a folder with one folder per class:

  DIR/<class>/<image file>
  DIR/<class>/<any folders>/<image file>

  folder_names    the classes that a folder has, sorted
  find_images     the files of these classes -> Listing
  find_below      all files below a folder, regardless of classes

Only names and paths are used here; image_coder detects from the content whether
a file is an image. Ignores operating-system clutter: names that begin with a
dot, Thumbs.db, __MACOSX and the like.

Lists 1.3 million files in seconds: a directory is read as a stream, and no more
is asked about a file than its directory entry says.
"""

import collections
import dataclasses
import operator
import os
from collections.abc import Sequence

from inception.images import directory_entries
from inception.jobs import display_names
from inception.records import labels_file


@dataclasses.dataclass(frozen=True, slots=True)
class ImageFile:
  """A file that should hold an image.

  Attributes:
    path: the path of the file.
    class_name: the name of its class.
    label: the number of the class, counted from 1.
    relative: the path relative to the image directory, with / on every system:
      'daisy/a.jpg', 'daisy/garden/a.jpg'.
  """

  path: str
  class_name: str
  label: int
  relative: str = ''


@dataclasses.dataclass(frozen=True, slots=True)
class Skipped:
  """A file or folder that is skipped, and the reason."""

  path: str
  reason: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Listing:
  """The result of find_images.

  Attributes:
    images: the image files, sorted by class, then by relative path.
    skipped: entries of the class folders that cannot be read as a file or
      folder, sorted by class, then by path.
    missing_classes: classes that have no folder.
    other_folders: folders that hold a file but belong to no class.
    empty_classes: folders without an image file: those of a class, then the
      others.
    stray: names of files beside the class folders that look like images,
      sorted.
    sidecars: relative paths of files that lie beside the photographs and are
      none, sorted within each class.
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

  A folder that holds no file is left out, unless no folder holds one. Names are
  in Unicode's composed form, so folders whose names differ only in their
  Unicode form are one class.

  Raises:
    labels_file.LabelsError: `directory` has no folder, or a folder's name
      cannot be a label.
    OSError: `directory` is missing or unreadable.
  """
  top: str = os.fspath(directory)
  with os.scandir(top) as entries:
    folders = [
      entry
      for entry in entries
      if not directory_entries.is_clutter(entry.name)
      and directory_entries.is_folder(entry)
    ]
  full = [
    entry for entry in folders if directory_entries.holds_a_file(entry.path)
  ]
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
  """Returns the files in the folders of these classes in `directory`.

  Class folders are searched recursively, and links are followed. Each folder
  counts once per class, so circular links end.

  Args:
    directory: a folder with one folder per class.
    class_names: class names in the order of their labels, the first of which is
      1; in Unicode's composed form.

  Raises:
    OSError: `directory` is missing or unreadable. An unreadable folder in it
      does not raise but is listed in Listing.skipped.
  """
  top: str = os.fspath(directory)
  folders: dict[str, list[str]] = collections.defaultdict(list)
  stray: list[str] = []
  with os.scandir(top) as entries:
    for entry in entries:
      if directory_entries.is_clutter(entry.name):
        continue
      if directory_entries.is_folder(entry):
        folders[display_names.composed(entry.name)].append(entry.path)
      elif directory_entries.has_image_ending(entry.name):
        stray.append(entry.name)
  images: list[ImageFile] = []
  skipped: list[Skipped] = []
  sidecars: list[str] = []
  empty: list[str] = []
  for label, class_name in enumerate(class_names, start=1):
    if class_name not in folders:
      continue
    walk = _Walk(class_name, label)
    for folder in sorted(folders[class_name]):
      walk.run(folder, _real(top))
    if not walk.images:
      empty.append(class_name)
    images += sorted(walk.images, key=operator.attrgetter('relative'))
    skipped += sorted(walk.skipped, key=operator.attrgetter('path'))
    sidecars += sorted(walk.sidecars)
  others = sorted(folders.keys() - set(class_names))
  full = [
    name
    for name in others
    if any(map(directory_entries.holds_a_file, folders[name]))
  ]
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
  """Returns the files below a folder, and the entries that cannot be read.

  Folders in it are searched like the class folders of find_images.

  Args:
    directory: the folder.

  Returns:
    The sorted paths, each beginning with the directory; the number of sidecars;
    and the entries that cannot be read.

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
  """Collects the files of one class, in the order in which they are found."""

  def __init__(self, class_name: str, label: int):
    self.images: list[ImageFile] = []
    self.skipped: list[Skipped] = []
    self.sidecars: list[str] = []
    self._names: set[str] = set()
    self._class_name = class_name
    self._label = label
    # Folders still to walk: (path, relative path, real path of the parent).
    # Links wait until every other folder has been walked, so that an image is
    # listed under its own path rather than a link's.
    self._waiting: collections.deque[tuple[str, str, str]] = collections.deque()

  def run(self, folder: str, top: str) -> None:
    """Walks the class folder, which is in the folder of the real path `top`."""
    self._waiting.append((folder, self._class_name, top))
    walked = set()
    while self._waiting:
      path, relative, parent = self._waiting.popleft()
      real_path = _real(path)
      if _is_within(parent, real_path) or _is_within(top, real_path):
        self._skip(path, 'a link to a folder that contains it')
      elif real_path in walked:
        self._skip(path, 'a folder that the class already has by another path')
      else:
        walked.add(real_path)
        try:
          self._read(path, relative, real_path)
        except OSError as error:
          self._skip(path, error.strerror or 'unreadable')

  def _read(self, path: str, relative: str, real_path: str) -> None:
    """Adds the files of one folder, and queues the folders in it."""
    is_empty = True
    folders = []
    with os.scandir(path) as entries:
      for entry in entries:
        if directory_entries.is_clutter(entry.name):
          continue
        is_empty = False
        reason = directory_entries.reason_to_skip(entry)
        if reason:
          self._skip(entry.path, reason)
          continue
        name = f'{relative}/{display_names.composed(entry.name)}'
        if directory_entries.is_folder(entry):
          folders.append((entry.is_symlink(), (entry.path, name, real_path)))
        elif directory_entries.is_sidecar(entry):
          self.sidecars.append(name)
        else:
          # Two names may differ only in their Unicode form.
          while name in self._names:
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
    if is_empty and directory_entries.has_image_ending(path):
      self._skip(path, 'a folder, not a file')

  def _skip(self, path: str, reason: str) -> None:
    self.skipped.append(Skipped(path, reason))


def _real(path: str | os.PathLike) -> str:
  """Returns the path without links, with the case that the system compares."""
  return os.path.normcase(os.path.realpath(path))


def _is_within(path: str, folder: str) -> bool:
  """Returns True if the real path is the folder or lies in it."""
  return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)
