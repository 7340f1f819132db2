"""Where the flowers' photographs come from: one archive, as a file here.

  locate   what the user asks for -> Source
  obtain   a Source -> the archive's path, downloaded if it is not there yet
"""

import dataclasses
import json
import os
import pathlib
import posixpath
import urllib.parse
import urllib.request

from inception.data import downloads
from inception.data import progress
from inception.data import receipt

ADDRESSES = (
    'https://storage.googleapis.com/download.tensorflow.org/example_images/'
    'flower_photos.tgz',
    'http://download.tensorflow.org/example_images/flower_photos.tgz',
)
EXPECTED = downloads.Expected(
    size=228_813_984,
    sha256='4c54ace7911aaffe13a365c34f650e71dd5bf1be0a58b464e5a7183e3e595d9c')

_ARCHIVE_NAME = 'flower_photos.tgz'


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


def is_address(archive: str) -> bool:
  """Whether `archive` is an address, and not a path."""
  return '://' in archive


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
    return Source(identity=f'sha256:{EXPECTED.sha256}', addresses=ADDRESSES,
                  expected=EXPECTED)
  if is_address(archive):
    parts = urllib.parse.urlsplit(archive)
    if parts.scheme in ('http', 'https'):
      return Source(identity=archive, addresses=(archive,))
    if parts.scheme != 'file':
      raise downloads.DownloadError(
          f'{archive!r} is neither an http, https or file address nor a path')
    archive = urllib.request.url2pathname(parts.path)
  return Source(identity=f'sha256:{receipt.sha256(archive)}', path=archive)


def obtain(source: Source, data_dir: str | os.PathLike, *,
           log: progress.Log) -> str:
  """Returns the path of the archive; downloads it into data_dir if need be.

  A file of its name that is not the archive is kept under another name.

  Raises:
    downloads.DownloadError: it cannot be downloaded, or is another file.
    OSError: a file cannot be read or written.
  """
  if source.path:
    return source.path
  name = posixpath.basename(urllib.parse.unquote(
      urllib.parse.urlsplit(source.addresses[0]).path)) or _ARCHIVE_NAME
  path = pathlib.Path(data_dir, name)
  if path.exists():
    fault = _fault(path, source)
    if not fault:
      log(f'Skipping download of flower data: {path} is whole.')
      return str(path)
    aside = downloads.set_aside(path, f'{path}.replaced')
    log(f'{path} is not the archive ({fault}): it is kept as {aside}.')
  downloads.fetch(source.addresses, path, expected=source.expected, log=log)
  _note(path).write_text(json.dumps({
      'identity': source.identity, 'sha256': receipt.sha256(path)}),
      encoding='utf-8')
  return str(path)


def _fault(path: pathlib.Path, source: Source) -> str:
  """Returns why the file is not the source's archive; '' where it is."""
  if source.expected.sha256:
    return downloads.verify(path, source.expected)
  try:
    note = json.loads(_note(path).read_bytes())
    if note['identity'] != source.identity:
      return f'it is from {note["identity"]}'
    return downloads.verify(
        path, downloads.Expected(sha256=note['sha256']))
  except (OSError, ValueError, KeyError, TypeError):
    return 'nothing tells where it is from'


def _note(path: pathlib.Path) -> pathlib.Path:
  """Where it is noted what a downloaded file is."""
  return path.with_name(f'.{path.name}.json')
