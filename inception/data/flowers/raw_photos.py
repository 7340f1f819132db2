"""DATA_DIR/raw-data: the photographs, unpacked and split.

  raw-data/train/<class>/<image>
  raw-data/validation/<class>/<image>
  raw-data/labels.txt

  tidy         cleans up after an interrupted `make`
  find         the existing photographs, if they are complete
  make         unpacks, checks and splits an archive
  num_others   the number of files that are not from the archive

The folder is made under another name and renamed at the end, so that it is
complete or does not exist; its manifest lists every file with its content. When
a folder is replaced, the old one is removed file by file, and only files that
are unchanged since this program made them are deleted. All others belong to the
user and are kept.
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
  """Removes the leftovers of an interrupted `make`, but not the user's files.

  Args:
    data_dir: The folder that holds raw-data.
    log: Called with each line for the user.

  Raises:
    OSError: A file cannot be removed.
  """
  shutil.rmtree(pathlib.Path(data_dir, _NEW), ignore_errors=True)
  _retire(pathlib.Path(data_dir, _OLD), log)


def find(
  data_dir: str | os.PathLike, identity: str, split: config.SplitConfig
) -> photo_manifest.RawPhotos | None:
  """Returns data_dir's photographs if they are complete and as requested.

  Args:
    data_dir: The folder that may hold raw-data.
    identity: Identity of the archive (flowers_download.Source).
    split: Requested settings of the split.

  Returns:
    The photographs; None if there are none, if they are from another archive or
    split, or if a file is missing or has changed.

  Raises:
    RawPhotosError: There is a raw-data that this program did not make.
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
  """Returns the number of files in class folders not from the archive."""
  existing = {
    pathlib.Path(image.path)
    for subset in SUBSETS
    for image in image_files.find_images(
      pathlib.Path(photos.folder, subset), photos.class_names
    ).images
  }
  known = {pathlib.Path(photos.folder, path) for path in photos.keys}
  return len(existing - known)


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
    data_dir: An existing folder.
    archive: A tar or ZIP file with one folder for each class; these may all be
      in another folder.
    identity: Identity of the archive.
    split: Settings of the split.
    num_threads: Number of images that are checked at a time.
    log: Called with each line for the user.

  Returns:
    The photographs in data_dir/raw-data.

  Raises:
    RawPhotosError: The archive has no folders of images.
    content_split.SplitError: A class has too few images.
    archives.ArchiveError: The archive is damaged or unsafe.
    OSError: A file cannot be read or written.
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


def _unpack(archive: str | os.PathLike, new: pathlib.Path) -> None:
  """Unpacks the archive, and moves its folder of class folders to new/train."""
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


def _split(
  new: pathlib.Path,
  identity: str,
  split: config.SplitConfig,
  num_threads: int,
  log: progress.Log,
) -> photo_manifest.RawPhotos:
  """Moves the validation images from new/train to new/validation."""
  class_names = image_files.folder_names(new / 'train')
  listing = image_files.find_images(new / 'train', class_names)
  photos = image_survey.survey(
    listing.images, seed=split.seed, num_threads=num_threads, log=log
  ).photos
  curated = curation.curate(
    photos, config.RecordsConfig(output_directory=str(new))
  )
  subsets = photo_split.draw(photos, curated, split, class_names=class_names)
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
  """Replaces raw-data, if it exists, by the new folder."""
  folder, old = data_dir / FOLDER, data_dir / _OLD
  if folder.exists():
    os.replace(folder, old)
  os.replace(data_dir / _NEW, folder)
  _retire(old, log)


def _retire(old: pathlib.Path, log: progress.Log) -> None:
  """Removes a replaced folder, except for the user's own files in it."""
  photos = photo_manifest.read(old)
  if photos:
    for path in photos.keys:
      if photo_manifest.is_unchanged(photos, path):
        (old / path).unlink()
    (old / photo_manifest.FILE).unlink()
  for folder, _, _ in os.walk(old, topdown=False):
    with contextlib.suppress(OSError):  # Folders with files stay.
      os.rmdir(folder)
  if old.exists():
    kept = downloads.set_aside(old, str(old.with_name(_KEPT)))
    log(
      f'{FOLDER} has been made again; files in it that were not from the '
      f'archive, or had changed, are kept in {kept}.'
    )
