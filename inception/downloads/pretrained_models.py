"""A folder of pretrained models: downloads, unpacks and checks them.

  SOURCES   see pretrained_sources
  obtain    a source, downloaded, unpacked and checked -> its checkpoint's path

No hash of the two tarballs was ever published. So the first one that unpacks
and has a checkpoint is trusted, and its SHA-256 noted beside it: one that comes
later and differs is kept aside and not used. The note also tells the size and
hash of every unpacked file, so that a second run can answer at once.

A file that is not as it was unpacked is kept under another name, never
overwritten: it may be somebody's.
"""

import dataclasses
import os
import pathlib
import shutil
import time
from collections.abc import Callable, Mapping

from inception.checkpoints import checkpoint_files
from inception.downloads import archives
from inception.downloads import downloads
from inception.downloads import pretrained_sources
from inception.jobs import atomic_files
from inception.jobs import checksums
from inception.jobs import errors
from inception.jobs import json_notes
from inception.jobs import output_folder
from inception.jobs import progress


class PretrainedError(errors.UserError):
  """The model cannot be had; the text says why and what to do."""


Source = pretrained_sources.Source
SOURCES = pretrained_sources.SOURCES


@dataclasses.dataclass(frozen=True)
class _Note:
  """What was seen of a source.

  Attributes:
    sha256: of its file, as it came first.
    files: {path below the folder: [size, SHA-256]}, once they are in place.
  """

  sha256: str = ''
  files: Mapping[str, list] = dataclasses.field(default_factory=dict)


def obtain(
  source: Source,
  folder: str | os.PathLike,
  *,
  archive: str = '',
  log: progress.Log,
  sleep: Callable[[float], None] = time.sleep,
) -> pathlib.Path:
  """Returns the path of the source's checkpoint, once it is whole.

  Args:
    source: one of SOURCES.
    folder: of the models; made where it is not there.
    archive: a path or address of another copy of the source's file; '' takes
      it from where it was published.
    log: called with each line for the user.
    sleep: waits for so many seconds.

  Raises:
    downloads.DownloadError: it cannot be downloaded, or is another file.
    output_folder.FolderError: the folder cannot be used.
    PretrainedError: the file is not the one of before, damaged, or has no
      checkpoint.
    OSError: a file cannot be read or written.
  """
  folder = pathlib.Path(folder)
  local = downloads.local_file(archive) if archive else None
  output_folder.create(folder)
  with output_folder.exclusive(folder):
    note = _read_note(folder, source)
    if local is not None:
      _check_copy(local, source, folder, note)
    checkpoint = folder / source.checkpoint
    if note.files and all(
      _is_whole(folder / name, *facts) for name, facts in note.files.items()
    ):
      log(f'{checkpoint} is whole and stays as it is.')
      return checkpoint
    addresses = source.addresses
    if archive:
      addresses = (
        archive if local is None else pathlib.Path(local).absolute().as_uri(),
      )
    if not source.is_archive:
      _obtain_file(source, folder, addresses, note, log, sleep)
    elif local is not None:
      _unpack(source, folder, pathlib.Path(local), note, log)
    else:
      _obtain_archive(source, folder, addresses, note, log, sleep)
  return checkpoint


def _obtain_file(source, folder, addresses, note, log, sleep) -> None:
  """Gets a file that is the checkpoint itself."""
  path = folder / source.file_name
  expected = dataclasses.replace(source.expected, sha256=note.sha256)
  fault = downloads.verify(path, expected) if path.is_file() else 'none'
  if fault:
    _fetch(source, path, addresses, expected, log, sleep)
  if not checkpoint_files.format_of(path):
    raise PretrainedError(f'{str(path)!r} holds no weights')
  sha256 = checksums.sha256(path)
  _write_note(
    folder, source, _Note(sha256, {path.name: [path.stat().st_size, sha256]})
  )


def _obtain_archive(source, folder, addresses, note, log, sleep) -> None:
  """Gets and unpacks a tarball; one that is there already may be sound."""
  path = folder / source.file_name
  expected = dataclasses.replace(source.expected, sha256=note.sha256)
  if path.is_file() and not downloads.verify(path, expected):
    try:
      _unpack(source, folder, path, note, log)
      return
    except PretrainedError as error:
      log(f'{error}: downloading another.')
  _fetch(source, path, addresses, expected, log, sleep)
  _unpack(source, folder, path, note, log)


def _fetch(source, path, addresses, expected, log, sleep) -> None:
  """Downloads; what is there is kept aside once there is something better."""

  def keep(new):
    is_same = path.is_file() and checksums.sha256(path) == checksums.sha256(new)
    if os.path.lexists(path) and not is_same:
      aside = downloads.set_aside(path, f'{path}.replaced')
      log(f'{path} was not as it should be: it is kept as {aside}.')

  try:
    downloads.fetch(
      addresses,
      path,
      expected=expected,
      log=log,
      sleep=sleep,
      before_naming=keep,
    )
  except downloads.DownloadError as error:
    if expected.sha256 and expected.sha256 in str(error):
      raise downloads.DownloadError(
        f'{error} ({expected.sha256} is that of the first copy, as '
        f'{str(_note_path(path.parent, source))!r} tells)'
      ) from error
    raise


def _check_copy(path, source, folder, note) -> None:
  """Checks the user's copy against the first one."""
  fault = downloads.verify(
    path, dataclasses.replace(source.expected, sha256=note.sha256)
  )
  if fault:
    first = (
      f" (the first copy's, as {str(_note_path(folder, source))!r} tells)"
      if note.sha256
      else ''
    )
    raise PretrainedError(
      f'{path!r} is not {source.file_name}: {fault}{first}; it is not used'
    )


def _unpack(source, folder, archive, note, log) -> None:
  """Unpacks into a folder of our own, then puts each file in place."""
  log(f'Unpacking {archive}')
  new = folder / f'.{source.file_name}.unpacking'
  # Only a run that was interrupted has left one.
  shutil.rmtree(new, ignore_errors=True)
  new.mkdir()
  try:
    archives.unpack(archive, new)
    if not checkpoint_files.format_of(new / source.checkpoint):
      raise PretrainedError(
        f'{str(archive)!r} has no whole checkpoint {source.checkpoint!r} in it'
      )
    files = {}
    for path in sorted(new.rglob('*')):
      if path.is_file():
        name = path.relative_to(new).as_posix()
        files[name] = [path.stat().st_size, checksums.sha256(path)]
    sha256 = note.sha256 or checksums.sha256(archive)
    _write_note(folder, source, _Note(sha256, files))
    for name, facts in files.items():
      _place(new / name, folder / name, facts, log)
  except archives.ArchiveError as error:
    raise PretrainedError(str(error)) from error
  finally:
    shutil.rmtree(new, ignore_errors=True)


def _place(path, target, facts, log) -> None:
  """Gives an unpacked file its name, unless it is there already."""
  if _is_whole(target, *facts):
    return
  target.parent.mkdir(parents=True, exist_ok=True)
  if os.path.lexists(target):
    aside = downloads.set_aside(target, f'{target}.replaced')
    log(f'{target} is not as it was unpacked: it is kept as {aside}.')
  atomic_files.put_in_place(path, target)


def _is_whole(path: pathlib.Path, size: int, sha256: str) -> bool:
  return (
    path.is_file()
    and path.stat().st_size == size
    and checksums.sha256(path) == sha256
  )


def _note_path(folder: pathlib.Path, source: Source) -> pathlib.Path:
  return folder / f'.{source.file_name}.json'


def _read_note(folder: pathlib.Path, source: Source) -> _Note:
  """Returns what is noted; nothing where there is no note, or a damaged one."""
  note = json_notes.read(_note_path(folder, source))
  try:
    return _Note(
      str(note['sha256']),
      {
        name: [int(size), str(sha256)]
        for name, (size, sha256) in note['files'].items()
      },
    )
  except (ValueError, KeyError, TypeError, AttributeError):
    return _Note()


def _write_note(folder: pathlib.Path, source: Source, note: _Note) -> None:
  json_notes.write(_note_path(folder, source), dataclasses.asdict(note))
