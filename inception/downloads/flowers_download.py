"""Where the flowers' photographs come from: one archive, as a file here.

locate   what the user asks for -> Source
obtain   a Source -> the archive's path, downloaded if it is not there yet
reject   keeps a downloaded archive aside that turned out to be damaged
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
# What Windows allows in no name.
_NO_NAME = re.compile(r'[\x00-\x1f<>:"|?*\\]')


@dataclasses.dataclass(frozen=True, kw_only=True)
class Source:
  """Which archive.

  Attributes:
    identity: the same for the same photographs; known before a download.
    path: the archive, where it is a file of the user's; else ''.
    addresses: where it can be downloaded, where it is not.
    expected: what is known of it.
  """

  identity: str
  path: str = ''
  addresses: tuple[str, ...] = ()
  expected: downloads.Expected = downloads.Expected()


def locate(archive: str) -> Source:
  """Returns what `archive` stands for.

  Args:
    archive: a path, an address (http, https or file), or '' for the flowers
      of TensorFlow's tutorials, whose size and hash are known.

  Raises:
    downloads.DownloadError: it is an address of another kind.
    OSError: it is a path and cannot be read.
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
  """Returns the path of the archive; downloads it into data_dir if need be.

  A file of its name that is not the archive is kept under another name.

  Args:
    source: from locate.
    data_dir: an existing folder.
    log: called with each line for the user.
    sleep: waits for so many seconds.

  Raises:
    downloads.DownloadError: it cannot be downloaded, or is another file.
    OSError: a file cannot be read or written.
  """
  if source.path:
    return source.path
  path = pathlib.Path(data_dir, _name(source.addresses[0]))
  if path.exists():
    fault = _fault(path, source)
    if not fault:
      log(f'Skipping download of flower data: {path} is whole.')
      return str(path)
    aside = downloads.set_aside(path, f'{path}.replaced')
    log(f'{path} is not the archive ({fault}): it is kept as {aside}.')

  def note(whole):
    json_notes.write(
      _note(path),
      {'identity': source.identity, 'sha256': checksums.sha256(whole)},
    )

  # So early: a file that a kill leaves without a note counts for nothing.
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
  """Keeps a damaged archive aside, so that the next run downloads it again.

  Args:
    source: from locate.
    path: from obtain.

  Returns:
    A sentence for the user; '' for a file of the user's own, which stays.

  Raises:
    OSError: it cannot be renamed.
  """
  if source.path:
    return ''
  aside = downloads.set_aside(path, f'{path}.wrong')
  _note(pathlib.Path(path)).unlink(missing_ok=True)
  return f'it is kept as {str(aside)!r}, and the next run downloads it again'


def _name(address: str) -> str:
  """Returns the name of an address's file, if it can be that of one here."""
  path = urllib.parse.unquote(urllib.parse.urlsplit(address).path)
  name = path.rpartition('/')[2]
  is_odd = name in ('', '.', '..') or _NO_NAME.search(name)
  return _ARCHIVE_NAME if is_odd else name


def _fault(path: pathlib.Path, source: Source) -> str:
  """Returns why the file is not the source's archive; '' where it is."""
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
    return 'nothing tells where it is from'


def _note(path: pathlib.Path) -> pathlib.Path:
  """Where it is noted what a downloaded file is."""
  return path.with_name(f'.{path.name}.json')
