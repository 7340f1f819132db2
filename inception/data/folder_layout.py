"""Recognises folders of images without a folder for each class at the top.

  problem   a folder -> a description of its layout, and the flags that fit it

Downloaded data sets often come as train/ val/ test/ with class folders in each,
in one folder too many (photos/flower_photos/<class>), or as images/ beside
masks/. Used as they are, train and val would be classes: the network would
learn the split, or a single class, without any warning.
"""

import os
import pathlib
from collections.abc import Sequence

from inception.images import directory_entries
from inception.images import image_files
from inception.jobs import display_names
from inception.jobs import name_lists
from inception.records import labels_file

# Folder names in lower case -> the subset that they stand for.
_SUBSETS = {
  'train': 'train',
  'training': 'train',
  'val': 'validation',
  'valid': 'validation',
  'validation': 'validation',
  'dev': 'validation',
  'eval': 'validation',
  'test': 'test',
  'testing': 'test',
}
_IMAGES = frozenset((
  'image',
  'images',
  'img',
  'imgs',
  'jpegimages',
  'photos',
  'pictures',
))
# Names of folders beside a folder of images that hold no images to classify.
_COMPANIONS = frozenset((
  'annotation',
  'annotations',
  'bbox',
  'bboxes',
  'boxes',
  'groundtruth',
  'ground_truth',
  'imagesets',
  'label',
  'labels',
  'lists',
  'mask',
  'masks',
  'segmentation',
  'segmentationclass',
  'segmentationobject',
  'segmentations',
  'trimaps',
  'xml',
  'xmls',
))
# Folders are subsets if each has at least this share of the classes of the one
# with the most classes.
_EQUAL_SHARE = 0.5


def problem(directory: str | os.PathLike, flag: str) -> str | None:
  """Returns a description of a folder's wrong layout; None if it is right.

  Args:
    directory: The folder that should have one folder for each class.
    flag: Name of the flag that gives it, for the remedy.

  Returns:
    A clause that begins with the folder's path and names the flags to use.

  Raises:
    OSError: The folder is missing or unreadable.
  """
  folder = pathlib.Path(directory)
  names = _folders(folder)
  subsets = [name for name in names if name.lower() in _SUBSETS]
  if len(subsets) > 1 and _are_subsets(folder, names, subsets):
    return _split(folder, subsets)
  images = [name for name in names if name.lower() in _IMAGES]
  companions = [name for name in names if name.lower() in _COMPANIONS]
  if len(images) == 1 and companions and len(companions) + 1 == len(names):
    return _companions(folder, images[0], companions, flag)
  if len(names) == 1 and _has_only_folders(inner := _path_of(folder, names[0])):
    return problem(inner, flag) or (
      f'{str(folder)!r} holds nothing but the folder {names[0]!r}, which holds '
      f'nothing but folders: pass --{flag}={inner} if these are the classes, '
      f'or name {names[0]!r} in --labels_file if it is one'
    )
  return None


def _folders(folder: pathlib.Path) -> tuple[str, ...]:
  try:
    return image_files.folder_names(folder)
  except labels_file.LabelsError:
    return ()


def _path_of(folder: pathlib.Path, name: str) -> pathlib.Path:
  """Returns the path of a folder whose accents may be decomposed."""
  return next(
    (
      path
      for path in folder.iterdir()
      if display_names.composed(path.name) == name
    ),
    folder / name,
  )


def _has_only_folders(folder: pathlib.Path) -> bool:
  names = set(_folders(folder))
  return bool(names) and not any(
    path.name not in names and directory_entries.has_image_ending(path.name)
    for path in folder.iterdir()
  )


def _are_subsets(
  folder: pathlib.Path, names: Sequence[str], subsets: Sequence[str]
) -> bool:
  """Decides whether folders named like subsets are subsets and not classes."""
  classes = [
    set(inner) for name in subsets if (inner := _folders(folder / name))
  ]
  if not classes:
    # Images without class folders. No real data set has only classes with
    # these names.
    return len(subsets) == len(names)
  largest = max(classes, key=len)
  return all(
    len(largest & other) >= _EQUAL_SHARE * len(largest) for other in classes
  )


def _split(folder: pathlib.Path, subsets: Sequence[str]) -> str:
  """Returns the problem of a folder with folders of subsets."""
  head = (
    f'{str(folder)!r} has the folders {name_lists.listed(subsets)}, which '
    'are subsets, not classes'
  )
  with_classes: dict[str, pathlib.Path] = {}
  for name in subsets:
    if _folders(folder / name):
      with_classes.setdefault(_SUBSETS[name.lower()], folder / name)
  tail = ' (or name them in --labels_file, if they are classes)'
  if not with_classes:
    return (
      f'{head}, and their images are in no class folders: put the images of '
      f'each class into a folder{tail}'
    )
  if 'train' in with_classes and 'validation' in with_classes:
    flags = ' '.join(
      f'--{subset}_directory={path}' for subset, path in with_classes.items()
    )
    return f'{head}: pass {flags}{tail}'
  first = with_classes.get('train') or next(iter(with_classes.values()))
  return (
    f'{head}: pass --image_directory={first}, from which validation images are '
    f'set aside{tail}'
  )


def _companions(
  folder: pathlib.Path, images: str, companions: Sequence[str], flag: str
) -> str:
  """Returns the problem of a folder with images/ beside annotations."""
  head = (
    f'{str(folder)!r} has the folder {images!r} beside '
    f'{name_lists.listed(companions)}, which are not classes'
  )
  inner = folder / images
  if not _folders(inner):
    return (
      f'{head}, and {images!r} has no folders: put the images of each class '
      f'into a folder, and pass --{flag} with the folder around these'
    )
  deeper = problem(inner, flag)
  if deeper:
    return f'{head}; {deeper}'
  boxes = list(filter(None, (_boxes(folder / name) for name in companions)))
  more = f' --bounding_box_file={boxes[0]}' if boxes else ''
  return f'{head}: pass --{flag}={inner}{more}'


def _boxes(folder: pathlib.Path) -> pathlib.Path | None:
  """Returns the folder of the XML annotations or of their folders, or None."""
  inner = sorted({path.parent for path in folder.glob('*/*.xml')})
  if any(folder.glob('*.xml')) or len(inner) > 1:
    return folder
  return inner[0] if inner else None
