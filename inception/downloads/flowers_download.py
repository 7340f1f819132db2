"""Obtains the archive of the flowers' photographs.

locate   the user's path or address -> Source
obtain   a Source -> the archive's path, downloaded if necessary
reject   renames a downloaded archive that turned out to be damaged
"""

import dataclasses
import os
import pathlib
import re
import time
import urllib.parse
from collections.abc import Callable

from inception.downloads import downloads
from inception.downloads import web_pages
from inception.jobs import checksums
from inception.jobs import json_notes
from inception.jobs import progress

ADDRESSES = (
  'https://storage.googleapis.com/download.tensorflow.org/example_images/'
  'flower_photos.tgz',
  'http://download.tensorflow.org/example_images/flower_photos.tgz',
)
EXPECTED = downloads.Expected(
  size=228_813_984,
  sha256='4c54ace7911aaffe13a365c34f650e71dd5bf1be0a58b464e5a7183e3e595d9c',
)

_ARCHIVE_NAME = 'flower_photos.tgz'
# Characters that Windows does not allow in names.
_NO_NAME = re.compile(r'[\x00-\x1f<>:"|?*\\]')


@dataclasses.dataclass(frozen=True, kw_only=True)
class Source:
  """An archive, local or to be downloaded.

  Attributes:
    identity: text that is equal for the same photographs; known before a
      download.
    path: the path of the archive if it is the user's file, otherwise ''.
    addresses: the addresses to download it from if it is not the user's file.
    expected: its size and hashes, as far as they are known.
  """

  identity: str
  path: str = ''
  addresses: tuple[str, ...] = ()
  expected: downloads.Expected = downloads.Expected()


def locate(archive: str) -> Source:
  """Returns the source that `archive` names.

  Args:
    archive: a path, an address (http, https or file), or '' for the flowers
      of TensorFlow's tutorials, whose size and hash are known.

  Raises:
    downloads.DownloadError: `archive` is an address of another kind.
    OSError: `archive` is a path and cannot be read.
  """
  if not archive or archive in ADDRESSES:
    return Source(
      identity=f'sha256:{EXPECTED.sha256}',
      addresses=ADDRESSES,
      expected=EXPECTED,
    )
  path = downloads.local_file(archive)
  if path is None:
    return Source(identity=archive, addresses=(archive,))
  return Source(identity=f'sha256:{checksums.sha256(path)}', path=path)


def obtain(
  source: Source,
  data_dir: str | os.PathLike,
  *,
  log: progress.Log,
  sleep: Callable[[float], None] = time.sleep,
) -> str:
  """Returns the path of the archive; downloads it to data_dir if necessary.

  An existing file of the same name that is not the archive is kept under
  another name.

  Args:
    source: the result of locate.
    data_dir: an existing folder.
    log: a function called with each line for the user.
    sleep: a function that waits for a number of seconds.

  Raises:
    downloads.DownloadError: the archive cannot be downloaded, or is a different
      file than expected.
    OSError: a file cannot be read or written.
  """
  if source.path:
    return source.path
  path = pathlib.Path(data_dir, _name(source.addresses[0]))
  if path.exists():
    fault = _fault(path, source)
    if not fault:
      log(f'Skipping download of flower data: {path} is complete.')
      return str(path)
    aside = downloads.set_aside(path, f'{path}.replaced')
    log(f'{path} is not the archive ({fault}): it is kept as {aside}.')

  def note(complete: pathlib.Path) -> None:
    json_notes.write(
      _note(path),
      {'identity': source.identity, 'sha256': checksums.sha256(complete)},
    )

  # Write the note before renaming: a file without one is not trusted.
  downloads.fetch(
    source.addresses,
    path,
    expected=source.expected,
    log=log,
    before_naming=note,
    sleep=sleep,
  )
  return str(path)


def reject(source: Source, path: str | os.PathLike) -> str:
  """Renames a damaged archive, so that the next run downloads it again.

  Args:
    source: the result of locate.
    path: the result of obtain.

  Returns:
    A sentence for the user; '' for the user's own file, which is not renamed.

  Raises:
    OSError: the archive cannot be renamed.
  """
  if source.path:
    return ''
  aside = downloads.set_aside(path, f'{path}.wrong')
  _note(pathlib.Path(path)).unlink(missing_ok=True)
  return f'it is kept as {str(aside)!r}, and the next run downloads it again'


def _name(address: str) -> str:
  """Returns the file name in an address; a default if it cannot be used."""
  path = urllib.parse.unquote(urllib.parse.urlsplit(address).path)
  name = path.rpartition('/')[2]
  is_odd = name in ('', '.', '..') or _NO_NAME.search(name)
  return _ARCHIVE_NAME if is_odd else name


def _fault(path: pathlib.Path, source: Source) -> str:
  """Returns why the file is not the source's archive; '' if it is."""
  if path.is_file() and web_pages.is_page_file(path):
    return 'it is a web page'
  if source.expected.sha256:
    return downloads.verify(path, source.expected)
  note = json_notes.read(_note(path))
  try:
    if note['identity'] != source.identity:
      return f'it is from {note["identity"]}'
    return downloads.verify(path, downloads.Expected(sha256=note['sha256']))
  except (OSError, ValueError, KeyError, TypeError):
    return 'its origin is unknown'


def _note(path: pathlib.Path) -> pathlib.Path:
  """Returns the path of the note about a downloaded file."""
  return path.with_name(f'.{path.name}.json')
