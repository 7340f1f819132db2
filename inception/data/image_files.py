"""Which image files there are, and of which class each is.

A data set is a folder with one folder a class:

  DIR/<class>/<image file>

  folder_names    the classes that a folder has, sorted
  read_labels     the classes that a labels file names, in its order
  find_images     the files of these classes -> Listing

Names and places only: whether a file is an image, image_coder finds out from
its content. Files and folders whose name begins with a dot are not looked at:
systems put their own notes there.
"""

import dataclasses
import os
import pathlib
from collections.abc import Sequence


class LabelsError(ValueError):
  """The classes cannot be used; the text says which and why."""


@dataclasses.dataclass(frozen=True, slots=True)
class ImageFile:
  """A file that should hold an image.

  Attributes:
    path: where it is.
    class_name: its class.
    label: the class's number, counted from 1.
  """
  path: str
  class_name: str
  label: int


@dataclasses.dataclass(frozen=True, slots=True)
class Skipped:
  """A file that is left out, and why."""
  path: str
  reason: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Listing:
  """What find_images found.

  Attributes:
    images: by class, then by name.
    skipped: what is in the class folders and is not a file.
    missing_classes: classes that have no folder.
    other_folders: folders that are of no class.
  """
  images: tuple[ImageFile, ...]
  skipped: tuple[Skipped, ...]
  missing_classes: tuple[str, ...]
  other_folders: tuple[str, ...]


def folder_names(directory: str | os.PathLike) -> tuple[str, ...]:
  """Returns the names of the folders in `directory`, sorted by code point.

  Raises:
    LabelsError: there is none, or one has a name that cannot be a label.
    OSError: the folder is missing or unreadable.
  """
  with os.scandir(directory) as entries:
    names = sorted(entry.name for entry in entries
                   if not _is_hidden(entry.name) and _is_folder(entry))
  if not names:
    raise LabelsError(f'{str(directory)!r} has no folders: it should have one '
                      'for each class, with its images in it')
  for name in names:
    _check_label(name, directory)
  return tuple(names)


def read_labels(labels_file: str | os.PathLike) -> tuple[str, ...]:
  """Returns the class names in a file that has one a line, in its order.

  The first has label 1. Blank lines and spaces around a name do not count.

  Raises:
    LabelsError: there is none, one is there twice, one cannot be a folder's
      name, or the file is not UTF-8 text.
    OSError: the file is missing or unreadable.
  """
  data = pathlib.Path(labels_file).read_bytes()
  try:
    text = data.decode('utf-8-sig')
  except UnicodeDecodeError as error:
    raise LabelsError(f'{str(labels_file)!r} is not UTF-8 text: save it as '
                      'such, one class name a line') from error
  # Not splitlines: a folder's name may hold what Unicode calls a line break.
  names = [line.strip() for line in text.replace('\r', '\n').split('\n')]
  names = [name for name in names if name]
  if not names:
    raise LabelsError(f'{str(labels_file)!r} names no class: it should have '
                      'one class name a line')
  for index, name in enumerate(names):
    if name in names[:index]:
      raise LabelsError(f'{str(labels_file)!r} names {name!r} twice')
    _check_label(name, labels_file)
  return tuple(names)


def find_images(directory: str | os.PathLike,
                class_names: Sequence[str]) -> Listing:
  """Returns the files in `directory`'s folders of these classes.

  Args:
    directory: a folder with one folder a class.
    class_names: in the order of their labels; the first has label 1.

  Raises:
    OSError: a folder is unreadable, or `directory` is missing.
  """
  with os.scandir(directory) as entries:
    folders = {entry.name: entry.path for entry in entries
               if not _is_hidden(entry.name) and _is_folder(entry)}
  images, skipped = [], []
  for label, class_name in enumerate(class_names, start=1):
    if class_name not in folders:
      continue
    with os.scandir(folders[class_name]) as entries:
      files = sorted((entry for entry in entries
                      if not _is_hidden(entry.name)),
                     key=lambda entry: entry.name)
    for entry in files:
      reason = _reason_to_skip(entry)
      if reason:
        skipped.append(Skipped(entry.path, reason))
      else:
        images.append(ImageFile(entry.path, class_name, label))
  return Listing(
      images=tuple(images), skipped=tuple(skipped),
      missing_classes=tuple(
          name for name in class_names if name not in folders),
      other_folders=tuple(sorted(set(folders) - set(class_names))))


def _check_label(name: str, source: str | os.PathLike) -> None:
  if name in ('.', '..') or any(sign in name for sign in '/\\\r\n'):
    raise LabelsError(f'{str(source)!r} has the class name {name!r}, which '
                      'cannot be both a line of text and the name of a folder')
  if not _is_unicode(name):
    raise LabelsError(f'{str(source)!r} has a folder whose name is not '
                      f'Unicode: {name!r}: rename it')


def _is_unicode(name: str) -> bool:
  try:
    name.encode('utf-8')
  except UnicodeEncodeError:
    return False
  return True


def _is_hidden(name: str) -> bool:
  return name.startswith('.')


def _is_folder(entry: os.DirEntry) -> bool:
  try:
    return entry.is_dir()
  except OSError:  # A link to itself.
    return False


def _reason_to_skip(entry: os.DirEntry) -> str:
  """Returns why the entry cannot be read as a file; '' where it can."""
  try:
    if entry.is_file():
      return ''
    if entry.is_dir():
      return 'a folder, not a file'
    if entry.is_symlink():
      return 'a link that leads nowhere'
  except OSError as error:
    return error.strerror or 'unreadable'
  return 'neither a file nor a folder'
