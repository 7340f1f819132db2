"""Classifies the entries of folders of photographs by their names.

  is_clutter         files and folders that operating systems leave behind
  has_image_ending   files named like images
  is_sidecar         files that lie beside photographs and are none
  is_folder          folders, and links to folders
  holds_a_file       folders that are not empty
  reason_to_skip     entries that are neither files nor folders

Only is_sidecar reads a file, and only one with the name of a sidecar.
"""

import os

# Files and folders of Windows, macOS, Linux and Synology's storage (@eaDir has
# a small copy of each photograph). In lower case, as not every file system
# preserves the case.
_CLUTTER = frozenset((
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

# Files that lie beside photographs and are none: notes about them, annotations,
# a phone's videos. A file that begins like an image counts as an image anyway.
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

# Endings of photographs' names. They only decide what is reported.
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


def is_clutter(name: str) -> bool:
  """Returns True if a name is that of operating-system clutter."""
  return name.startswith('.') or name.lower() in _CLUTTER


def has_image_ending(name: str) -> bool:
  """Returns True if a file has the name of an image; used for reports only."""
  return name.lower().endswith(_IMAGE_ENDINGS)


def is_sidecar(entry: os.DirEntry) -> bool:
  """Returns True if an entry has a sidecar's name and is not an image."""
  if not entry.name.lower().endswith(_SIDECAR_ENDINGS):
    return False
  # Imported late, so that a mistake in the flags is reported at once.
  from inception.images import image_signatures

  try:
    with open(entry.path, 'rb') as file:
      return not image_signatures.begins_as_image(file.read(_SIGNATURE_BYTES))
  except OSError:
    return False


def holds_a_file(folder: str) -> bool:
  """Returns True if the folder holds a file, at any depth, or is unreadable.

  Links are not followed; they count as files.
  """
  waiting = [folder]
  try:
    while waiting:
      with os.scandir(waiting.pop()) as entries:
        for entry in entries:
          if is_clutter(entry.name):
            continue
          if not entry.is_dir(follow_symlinks=False):
            return True
          waiting.append(entry.path)
  except OSError:
    return True
  return False


def is_folder(entry: os.DirEntry) -> bool:
  """Returns True if an entry is a folder, or a link to one."""
  try:
    return entry.is_dir()
  except OSError:  # A link to itself.
    return False


def reason_to_skip(entry: os.DirEntry) -> str:
  """Returns why the entry is neither a file nor a folder; '' if it is one."""
  try:
    if entry.is_file() or entry.is_dir():
      return ''
    if entry.is_symlink():
      return 'a link whose target does not exist'
  except OSError as error:
    return error.strerror or 'unreadable'
  return 'neither a file nor a folder'
