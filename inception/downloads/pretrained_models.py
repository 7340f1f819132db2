"""Downloads, unpacks and checks pretrained models in a folder.

  SOURCES   see pretrained_sources
  obtain    downloads, unpacks and checks a source -> its checkpoint's path

No hashes of the two tarballs were ever published. Therefore the first tarball
that unpacks and has a checkpoint is trusted, and its SHA-256 is noted beside
it; a later one that differs is kept under another name and not used. The note
also has the size and hash of every unpacked file, so that a second run finishes
at once.

A file that has changed since it was unpacked is kept under another name, never
overwritten: the change may be intended.
"""

import dataclasses
import os
import pathlib
import shutil
import time
from collections.abc import Callable, Mapping, Sequence

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
  """The model cannot be obtained; the text gives the reason and the remedy."""


Source = pretrained_sources.Source
SOURCES = pretrained_sources.SOURCES


@dataclasses.dataclass(frozen=True)
class _Note:
  """Hashes of a source's files.

  Attributes:
    sha256: SHA-256 of the first downloaded file.
    files: {path below the folder: [size, SHA-256]} of the unpacked files.
  """

  sha256: str = ''
  files: Mapping[str, tuple[int, str]] = dataclasses.field(default_factory=dict)


def obtain(
  source: Source,
  folder: str | os.PathLike,
  *,
  archive: str = '',
  log: progress.Log,
  sleep: Callable[[float], None] = time.sleep,
) -> pathlib.Path:
  """Obtains a source's checkpoint and returns its path.

  Args:
    source: one of SOURCES.
    folder: the folder of the models; created if it does not exist.
    archive: a path or address of another copy of the source's file; '' uses the
      published addresses.
    log: a function called with each line for the user.
    sleep: a function that waits for a number of seconds.

  Raises:
    downloads.DownloadError: the file cannot be downloaded, or is a different
      file than expected.
    output_folder.FolderError: the folder cannot be used.
    PretrainedError: the file differs from the first one, is damaged, or has no
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
      _is_complete(folder / name, *facts) for name, facts in note.files.items()
    ):
      log(f'{checkpoint} is complete; it is not downloaded again.')
      return checkpoint
    addresses: tuple[str, ...] = source.addresses
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


def _obtain_file(
  source: Source,
  folder: pathlib.Path,
  addresses: Sequence[str],
  note: _Note,
  log: progress.Log,
  sleep: Callable[[float], None],
) -> None:
  """Obtains a file that is the checkpoint itself."""
  path = folder / source.file_name
  expected = dataclasses.replace(source.expected, sha256=note.sha256)
  fault = downloads.verify(path, expected) if path.is_file() else 'none'
  if fault:
    _fetch(source, path, addresses, expected, log, sleep)
  if not checkpoint_files.format_of(path):
    raise PretrainedError(f'{str(path)!r} holds no weights')
  sha256 = checksums.sha256(path)
  _write_note(
    folder, source, _Note(sha256, {path.name: (path.stat().st_size, sha256)})
  )


def _obtain_archive(
  source: Source,
  folder: pathlib.Path,
  addresses: Sequence[str],
  note: _Note,
  log: progress.Log,
  sleep: Callable[[float], None],
) -> None:
  """Unpacks an existing tarball if it is valid, otherwise a downloaded one."""
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


def _fetch(
  source: Source,
  path: pathlib.Path,
  addresses: Sequence[str],
  expected: downloads.Expected,
  log: progress.Log,
  sleep: Callable[[float], None],
) -> None:
  """Downloads a file; a different existing one is kept under another name."""

  def keep(new: pathlib.Path) -> None:
    is_same = path.is_file() and checksums.sha256(path) == checksums.sha256(new)
    if os.path.lexists(path) and not is_same:
      aside = downloads.set_aside(path, f'{path}.replaced')
      log(f'{path} was a different file: it is kept as {aside}.')

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
        f'{error} ({expected.sha256} is the hash of the first copy, noted in '
        f'{str(_note_path(path.parent, source))!r})'
      ) from error
    raise


def _check_copy(
  path: str, source: Source, folder: pathlib.Path, note: _Note
) -> None:
  """Compares the user's copy with the expected and the first one."""
  fault = downloads.verify(
    path, dataclasses.replace(source.expected, sha256=note.sha256)
  )
  if fault:
    first = (
      f" (the first copy's hash, noted in {str(_note_path(folder, source))!r})"
      if note.sha256
      else ''
    )
    raise PretrainedError(
      f'{path!r} is not {source.file_name}: {fault}{first}; it is not used'
    )


def _unpack(
  source: Source,
  folder: pathlib.Path,
  archive: pathlib.Path,
  note: _Note,
  log: progress.Log,
) -> None:
  """Unpacks into a temporary folder, then moves each file to its path."""
  log(f'Unpacking {archive}')
  new = folder / f'.{source.file_name}.unpacking'
  # Only an interrupted run leaves this folder.
  shutil.rmtree(new, ignore_errors=True)
  new.mkdir()
  try:
    archives.unpack(archive, new)
    if not checkpoint_files.format_of(new / source.checkpoint):
      raise PretrainedError(
        f'{str(archive)!r} has no complete checkpoint {source.checkpoint!r} in '
        'it'
      )
    files: dict[str, tuple[int, str]] = {}
    for path in sorted(new.rglob('*')):
      if path.is_file():
        name = path.relative_to(new).as_posix()
        files[name] = (path.stat().st_size, checksums.sha256(path))
    sha256 = note.sha256 or checksums.sha256(archive)
    _write_note(folder, source, _Note(sha256, files))
    for name, facts in files.items():
      _place(new / name, folder / name, facts, log)
  except archives.ArchiveError as error:
    raise PretrainedError(str(error)) from error
  finally:
    shutil.rmtree(new, ignore_errors=True)


def _place(
  path: pathlib.Path,
  target: pathlib.Path,
  facts: tuple[int, str],
  log: progress.Log,
) -> None:
  """Moves an unpacked file to its path, unless it already exists there."""
  if _is_complete(target, *facts):
    return
  target.parent.mkdir(parents=True, exist_ok=True)
  if os.path.lexists(target):
    aside = downloads.set_aside(target, f'{target}.replaced')
    log(f'{target} has changed since it was unpacked: it is kept as {aside}.')
  atomic_files.put_in_place(path, target)


def _is_complete(path: pathlib.Path, size: int, sha256: str) -> bool:
  return (
    path.is_file()
    and path.stat().st_size == size
    and checksums.sha256(path) == sha256
  )


def _note_path(folder: pathlib.Path, source: Source) -> pathlib.Path:
  return folder / f'.{source.file_name}.json'


def _read_note(folder: pathlib.Path, source: Source) -> _Note:
  """Returns the note; an empty one if it is missing or damaged."""
  note = json_notes.read(_note_path(folder, source))
  try:
    return _Note(
      str(note['sha256']),
      {
        name: (int(size), str(sha256))
        for name, (size, sha256) in note['files'].items()
      },
    )
  except (ValueError, KeyError, TypeError, AttributeError):
    return _Note()


def _write_note(folder: pathlib.Path, source: Source, note: _Note) -> None:
  json_notes.write(_note_path(folder, source), dataclasses.asdict(note))
