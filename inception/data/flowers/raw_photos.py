"""DATA_DIR/raw-data: the photographs, unpacked and split.

  raw-data/train/<class>/<image>
  raw-data/validation/<class>/<image>
  raw-data/labels.txt

  tidy         ends what an interruption has left half done
  find         what is there, if it is whole
  make         unpacks, checks and splits an archive
  num_others   how many files are not the archive's

The folder is made under another name and renamed at the end, so that it is
there as a whole or not at all; a manifest in it tells every file and its
content. What is replaced is removed file by file, and only what is as this
program made it: all else is the user's and is kept.
"""

import contextlib
import dataclasses
import os
import pathlib
import shutil

from inception.data.curation import content_split
from inception.data.curation import curation
from inception.data.curation import image_survey
from inception.data.curation import photo_split
from inception.data.flowers import photo_manifest
from inception.downloads import archives
from inception.downloads import downloads
from inception.images import image_files
from inception.jobs import errors
from inception.jobs import progress
from inception.settings import config

FOLDER = 'raw-data'
SUBSETS = ('train', 'validation')
LABELS_FILE = 'labels.txt'

_NEW = '.raw-data.new'
_OLD = '.raw-data.old'
_KEPT = 'raw-data.kept'


class RawPhotosError(errors.UserError):
  """The photographs cannot be prepared; the text says why."""


def tidy(data_dir: str | os.PathLike, *, log: progress.Log) -> None:
  """Removes what an interrupted `make` has left, and keeps the user's files.

  Raises:
    OSError: a file cannot be removed.
  """
  shutil.rmtree(pathlib.Path(data_dir, _NEW), ignore_errors=True)
  _retire(pathlib.Path(data_dir, _OLD), log)


def find(
  data_dir: str | os.PathLike, identity: str, split: config.SplitConfig
) -> photo_manifest.RawPhotos | None:
  """Returns data_dir's photographs if they are whole and those asked for.

  Args:
    data_dir: which may hold raw-data.
    identity: of the archive (flowers_download.Source).
    split: as they should be split.

  Raises:
    RawPhotosError: there is a raw-data that this program did not make.
  """
  folder = pathlib.Path(data_dir, FOLDER)
  photos = photo_manifest.read(folder)
  if photos is None:
    if folder.exists() and any(folder.iterdir()):
      raise RawPhotosError(
        f'{str(folder)!r} was not made by this program: '
        'move it away, or choose another folder'
      )
    return None
  if photos.identity != identity or photos.split != split:
    return None
  if all(photo_manifest.is_unchanged(photos, path) for path in photos.keys):
    return photos
  return None


def num_others(photos: photo_manifest.RawPhotos) -> int:
  """Returns how many files in the class folders are not from the archive."""
  found = {
    pathlib.Path(image.path)
    for subset in SUBSETS
    for image in image_files.find_images(
      pathlib.Path(photos.folder, subset), photos.class_names
    ).images
  }
  known = {pathlib.Path(photos.folder, path) for path in photos.keys}
  return len(found - known)


def make(
  data_dir: str | os.PathLike,
  archive: str | os.PathLike,
  *,
  identity: str,
  split: config.SplitConfig,
  num_threads: int,
  log: progress.Log,
) -> photo_manifest.RawPhotos:
  """Unpacks the archive into data_dir/raw-data and splits it.

  Args:
    data_dir: an existing folder.
    archive: a tar or ZIP file with one folder a class, perhaps in a folder
      of its own.
    identity: of the archive.
    split: how to split it.
    num_threads: images being checked at a time.
    log: called with each line for the user.

  Raises:
    RawPhotosError: the archive has no folders of images.
    content_split.SplitError: a class has too few.
    archives.ArchiveError: the archive is damaged, or unsafe.
    OSError: a file cannot be read or written.
  """
  tidy(data_dir, log=log)
  new = pathlib.Path(data_dir, _NEW)
  try:
    kind = 'the ZIP archive ' if archives.kind(archive) == archives.ZIP else ''
    log(f'Unpacking {kind}{archive}')
    _unpack(archive, new)
    photos = _split(new, identity, split, num_threads, log)
    photo_manifest.write(photos)
    _replace(pathlib.Path(data_dir), log)
  finally:
    shutil.rmtree(new, ignore_errors=True)
  return dataclasses.replace(photos, folder=str(pathlib.Path(data_dir, FOLDER)))


def _unpack(archive, new: pathlib.Path) -> None:
  """Makes new/train of the folder that holds the class folders."""
  unpacked = new / 'unpacked'
  unpacked.mkdir(parents=True)
  archives.unpack(archive, unpacked)
  root = unpacked
  while len(inner := _folders(root)) == 1 and _folders(inner[0]):
    root = inner[0]
  if not inner:
    raise RawPhotosError(
      f'{str(archive)!r} has no folders: it should have one '
      'for each class, with its images in it'
    )
  os.replace(root, new / 'train')
  shutil.rmtree(unpacked, ignore_errors=True)


def _folders(folder: pathlib.Path) -> list[pathlib.Path]:
  return [
    path
    for path in folder.iterdir()
    if path.is_dir() and not path.name.startswith('.')
  ]


def _split(new, identity, split, num_threads, log) -> photo_manifest.RawPhotos:
  """Moves the validation images from new/train to new/validation."""
  class_names = image_files.folder_names(new / 'train')
  listing = image_files.find_images(new / 'train', class_names)
  photos = image_survey.survey(
    listing.images, seed=split.seed, num_threads=num_threads, log=log
  ).photos
  found = curation.curate(
    photos, config.RecordsConfig(output_directory=str(new))
  )
  subsets = photo_split.draw(photos, found, split, class_names=class_names)
  keys = {photo.path: photo.key.hex() for photo in photos}
  for class_name in class_names:
    (new / 'validation' / class_name).mkdir(parents=True)
  for photo, subset in zip(photos, subsets):
    if subset == content_split.VALIDATION:
      moved = new / 'validation' / photo.relative
      moved.parent.mkdir(parents=True, exist_ok=True)
      os.replace(photo.path, moved)
      keys[str(moved)] = keys.pop(photo.path)
  (new / LABELS_FILE).write_bytes(
    ''.join(f'{name}\n' for name in class_names).encode('utf-8')
  )
  return photo_manifest.RawPhotos(
    folder=str(new),
    class_names=class_names,
    identity=identity,
    split=split,
    keys={
      path.relative_to(new).as_posix(): keys.get(str(path))
      or content_split.content_key(path.read_bytes(), seed=split.seed).hex()
      for path in _files(new)
    },
  )


def _files(folder: pathlib.Path) -> list[pathlib.Path]:
  """Returns every file below the folder, sorted."""
  return sorted(path for path in folder.rglob('*') if path.is_file())


def _replace(data_dir: pathlib.Path, log: progress.Log) -> None:
  """Puts the new folder in the place of what is there."""
  folder, old = data_dir / FOLDER, data_dir / _OLD
  if folder.exists():
    os.replace(folder, old)
  os.replace(data_dir / _NEW, folder)
  _retire(old, log)


def _retire(old: pathlib.Path, log: progress.Log) -> None:
  """Removes a folder that is replaced, but for what its user put into it."""
  photos = photo_manifest.read(old)
  for path in photos.keys if photos else ():
    if photo_manifest.is_unchanged(photos, path):
      (old / path).unlink()
  if photos:
    (old / photo_manifest.FILE).unlink()
  for folder, _, _ in os.walk(old, topdown=False):
    with contextlib.suppress(OSError):  # Not empty.
      os.rmdir(folder)
  if old.exists():
    kept = downloads.set_aside(old, str(old.with_name(_KEPT)))
    log(
      f'{FOLDER} is made anew; what in it was not as the archive has it is '
      f'kept in {kept}.'
    )
