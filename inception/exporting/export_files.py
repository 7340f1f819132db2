"""The folders of an export, without TensorFlow.

  DIR/export.json               every export into DIR, with its checks
  DIR/MODEL_CARD.md             card of the first export; then MODEL_CARD-2.md
  DIR/saved_model/1/            first version of a format, then 2, 3, ...
  DIR/openvino/1/

DIR/saved_model is what TensorFlow Serving calls a model's base path: it serves
the folder of the largest number. A version is written and checked in a folder
with another name, and renamed when all checks have passed.

  next_version      returns the number of the next export
  temporary         yields the folder of a version in progress, then removes it
  publish           gives that folder its name
  folder            returns the folder of a version
  versions          returns the folders of a format's versions
  size              returns the size of a folder
  append            adds an entry to export.json
  card_path         returns the path of a new model card
  read_json         reads a JSON object of an export
  unreadable        returns the error for a file that cannot be used
  labels_text       returns the content of a labels file
  ExportError       an export cannot be read or written
"""

import contextlib
import json
import os
import pathlib
import shutil
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from inception.jobs import atomic_files
from inception.jobs import errors

SAVED_MODEL = 'saved_model'
EXTRA, DESCRIPTION, LABELS = 'assets.extra', 'model.json', 'labels.txt'
REPORT = 'export.json'
CARD = 'MODEL_CARD.md'

_FORMAT_VERSION = 1
_TEMPORARY = '.{}.being_exported'
NETWORK = 'saved_model.pb'


class ExportError(errors.UserError):
  """An export cannot be read or written; the text says why."""


def next_version(output: str | os.PathLike) -> int:
  """Returns the number after the largest version number.

  Args:
    output: folder of the exports, which need not exist.

  Raises:
    ExportError: export.json is damaged or has another format version.
  """
  used = [entry['version'] for entry in _entries(output)]
  for folder in versions(pathlib.Path(output)):
    used += map(_number, versions(folder))
  return max(used, default=0) + 1


@contextlib.contextmanager
def temporary(
  output: str | os.PathLike, format_name: str, version: int
) -> Iterator[pathlib.Path]:
  """Yields the path of a version in progress, and removes it at the end.

  Leftovers of an interrupted export are removed first. The caller holds the
  lock of the output folder (output_folder.exclusive).

  Raises:
    OSError: the folder cannot be made.
  """
  path = _temporary(output, format_name, version)
  path.parent.mkdir(parents=True, exist_ok=True)
  try:
    shutil.rmtree(path, ignore_errors=True)
    yield path
  finally:
    shutil.rmtree(path, ignore_errors=True)
    with contextlib.suppress(OSError):  # Not empty, with other versions.
      path.parent.rmdir()


def publish(
  output: str | os.PathLike, format_name: str, version: int
) -> pathlib.Path:
  """Gives the finished folder of `temporary` its name; returns its path.

  Raises:
    ExportError: the name is taken.
    OSError: the folder cannot be renamed.
  """
  source = _temporary(output, format_name, version)
  target = folder(output, format_name, version)
  if target.exists():  # An empty folder would be replaced.
    raise ExportError(
      f'{str(target)!r} has appeared meanwhile: run the command again'
    )
  for directory, _, names in os.walk(source):
    for name in names:
      atomic_files.sync_file(pathlib.Path(directory, name))
    atomic_files.sync_folder(directory)
  atomic_files.replace(source, target)
  atomic_files.sync_folder(target.parent)
  return target


def folder(
  output: str | os.PathLike, format_name: str, version: int
) -> pathlib.Path:
  """Returns the folder of a version."""
  return pathlib.Path(output, format_name, str(version))


def append(output: str | os.PathLike, entry: Mapping[str, Any]) -> pathlib.Path:
  """Adds an export to export.json; returns its path.

  Raises:
    ExportError: export.json is damaged or has another format version.
    OSError: the file cannot be written.
  """
  path = pathlib.Path(output, REPORT)
  values = {
    'format_version': _FORMAT_VERSION,
    'exports': [*_entries(output), dict(entry)],
  }
  atomic_files.write_text(
    path, json.dumps(values, indent=1, ensure_ascii=False) + '\n'
  )
  return path


def card_path(output: str | os.PathLike, version: int) -> pathlib.Path:
  """Returns the path of a new model card; no file of that name exists."""
  path = pathlib.Path(output, CARD)
  number = version
  while path.exists():
    path = path.with_name(f'{pathlib.Path(CARD).stem}-{number}.md')
    number += 1
  return path


def size(path: str | os.PathLike) -> int:
  """Returns the total size of the files in a folder, in bytes."""
  return sum(
    file.stat().st_size
    for file in pathlib.Path(path).rglob('*')
    if file.is_file()
  )


def _entries(output: str | os.PathLike) -> list[dict[str, Any]]:
  path = pathlib.Path(output, REPORT)
  if not path.exists():
    return []
  remedy = 'give another --output, or move the file away'
  exports = read_json(path, remedy).get('exports')
  if not isinstance(exports, list) or not all(
    isinstance(entry, dict) and isinstance(entry.get('version'), int)
    for entry in exports
  ):
    raise unreadable(path, 'is damaged', remedy)
  return exports


def read_json(path: pathlib.Path, remedy: str) -> dict[str, Any]:
  """Returns the JSON object of a file.

  Args:
    path: path of the file.
    remedy: advice that ends each error.

  Raises:
    ExportError: the file is missing or damaged, or has another format version.
  """
  try:
    values = json.loads(path.read_text(encoding='utf-8'))
  except OSError as error:
    raise unreadable(
      path, f'cannot be read ({error.strerror})', remedy
    ) from error
  except (ValueError, RecursionError) as error:
    raise unreadable(path, 'is not JSON', remedy) from error
  if not isinstance(values, dict):
    raise unreadable(path, 'is damaged', remedy)
  version = values.get('format_version')
  if version != _FORMAT_VERSION:
    raise unreadable(
      path,
      f'has format_version {version!r}, and this program reads '
      f'{_FORMAT_VERSION}',
      remedy,
    )
  return values


def unreadable(path: pathlib.Path, reason: str, remedy: str) -> ExportError:
  """Returns the error for a file that cannot be used."""
  return ExportError(f'{str(path)!r} {reason}: {remedy}')


def _temporary(
  output: str | os.PathLike, format_name: str, version: int
) -> pathlib.Path:
  path = folder(output, format_name, version)
  return path.with_name(_TEMPORARY.format(path.name))


def versions(path: pathlib.Path) -> list[pathlib.Path]:
  """Returns the subfolders of a folder in the order of their numbers.

  Folders whose name is not a number come first.

  Args:
    path: folder of a format, which need not exist.
  """
  if not path.is_dir():
    return []
  return sorted((sub for sub in path.iterdir() if sub.is_dir()), key=_number)


def labels_text(class_names: Iterable[str]) -> str:
  """Returns the content of a labels file: one class per line."""
  return ''.join(f'{name}\n' for name in class_names)


def _number(path: pathlib.Path) -> int:
  """Returns the number in a folder's name; 0 for other names."""
  return int(path.name) if path.name.isdecimal() else 0
