"""One attempt to download a file from one address.

  transfer     adds the missing bytes of a download_part.Part, or starts over
  is_local     recognises an address of a local file
  local_path   the path of such a file

An attempt resumes where the previous one stopped, by HTTP's Range. Bytes of two
files must not be mixed: If-Range requests the rest only if the file is still
the one described in the note. If the note does not identify the file, existing
bytes are used only if the caller checks a hash at the end.
"""

import contextlib
import itertools
import os
import pathlib
import re
import urllib.parse
import urllib.request
from collections.abc import Iterable, Iterator

import requests

from inception.downloads import download_part
from inception.downloads import transfer_errors
from inception.downloads import web_pages
from inception.jobs import progress

# Seconds to connect, and between two pieces.
_TIMEOUT = (10, 60)
# Bytes per piece, which are lost if the connection breaks.
_CHUNK = 2**16

_RANGE = re.compile(r'bytes (?:(?P<start>\d+)-\d+|\*)/(?P<total>\d+|\*)')


TransferError = transfer_errors.TransferError
WebPageError = transfer_errors.WebPageError


def is_local(address: str) -> bool:
  """Returns True if the address begins with file:."""
  return address.lower().startswith('file:')


def local_path(address: str) -> str:
  """Returns the path that a file: address names.

  Raises:
    TransferError: the file is on another machine.
  """
  parts = urllib.parse.urlsplit(address)
  if parts.netloc not in ('', 'localhost'):
    raise TransferError(
      'a file address has three slashes: file:///folder/name', is_passing=False
    )
  return urllib.request.url2pathname(parts.path)


def transfer(
  address: str,
  part: download_part.Part,
  *,
  size: int | None,
  is_checked: bool,
  log: progress.Log,
) -> bool:
  """Completes the part.

  Args:
    address: an http, https or file address.
    part: the part that exists so far.
    size: the size of the complete file in bytes; None if unknown.
    is_checked: True if the caller checks the file's hash.
    log: a function called with each line for the user.

  Returns:
    True if the part contains bytes from before this call.

  Raises:
    TransferError: the address does not provide the complete file.
    WebPageError: the address returns a web page; the part is unchanged.
    download_part.NoSpaceError: the file does not fit on the disk.
    OSError: the part cannot be written; the error names it.
  """
  part.check_space(size)
  existing, origin = part.size(), part.origin()
  if is_checked and size is not None and existing == size:
    return True
  is_known = origin.address == address and bool(origin.validator)
  resume = (
    existing > 0
    and (is_checked or is_known)
    and (size is None or existing <= size)
  )
  try:
    with _naming(part.path):
      if is_local(address):
        return _copy(address, part, log)
      return _get(address, part, size, resume, log)
  except requests.RequestException as error:
    raise transfer_errors.explained(error, address) from error


def _get(
  address: str,
  part: download_part.Part,
  size: int | None,
  resume: bool,
  log: progress.Log,
) -> bool:
  """Adds the server's bytes; requests the complete file if they do not fit."""
  existing, before = part.size(), part.origin()
  headers = _headers(address, existing, before, resume=resume)
  with requests.get(
    address, stream=True, timeout=_TIMEOUT, headers=headers
  ) as response:
    response.raw.headers.pop('Content-Encoding', None)
    if resume and response.status_code in (206, 416):
      start, total = _content_range(response)
      fits = (
        _agree(total, size)
        and _agree(total, before.total)
        and (
          before.address != address
          or _agree(_validator(response) or None, before.validator or None)
        )
      )
      if response.status_code == 416 and fits and total == existing:
        return True
      if response.status_code == 206 and fits and start == existing:
        if before.address != address:
          part.note(download_part.Origin(total=total))
        log(f'Resuming after {existing:,} existing bytes.')
        _append(part, response.iter_content(_CHUNK), total or size, log)
        return True
    else:
      response.raise_for_status()
      if response.status_code not in (200, 203):
        raise TransferError(
          f'{response.status_code} {response.reason}', is_passing=False
        )
      total = _number(response.headers.get('Content-Length'))
      part.check_space(total)
      # Check before the part is emptied: a web page must not replace it.
      pieces = _without_page(response.iter_content(_CHUNK))
      part.begin(download_part.Origin(address, _validator(response), total))
      _append(part, pieces, size if total is None else total, log)
      return False
  return _get(address, part, size, False, log)


def _headers(
  address: str, existing: int, before: download_part.Origin, *, resume: bool
) -> dict[str, str]:
  """Returns the headers of a request.

  Args:
    address: requested address.
    existing: number of existing bytes.
    before: origin of these bytes.
    resume: whether to request only the bytes after them.
  """
  # Request the bytes without encoding: some servers declare a .tgz as a .tar
  # with gzip encoding, which would be decoded on the way.
  headers = {'Accept-Encoding': 'identity'}
  if resume:
    headers['Range'] = f'bytes={existing}-'
    if before.address == address and before.validator:
      headers['If-Range'] = before.validator
  return headers


def _copy(address: str, part: download_part.Part, log: progress.Log) -> bool:
  """Copies a local file."""
  with contextlib.ExitStack() as stack:
    try:
      source = stack.enter_context(open(local_path(address), 'rb'))
    except OSError as error:
      raise TransferError(
        error.strerror or str(error), is_passing=False
      ) from error
    total = os.fstat(source.fileno()).st_size
    part.check_space(total)
    pieces = _without_page(iter(lambda: source.read(_CHUNK), b''))
    part.begin(download_part.Origin(address, total=total))
    _append(part, pieces, total, log)
  return False


def _without_page(pieces: Iterator[bytes]) -> Iterator[bytes]:
  """Returns the pieces.

  Raises:
    WebPageError: they begin like a web page.
  """
  first = next(pieces, b'')
  if web_pages.is_page(first):
    raise WebPageError(first)
  return itertools.chain((first,), pieces)


def _append(
  part: download_part.Part,
  pieces: Iterable[bytes],
  total: int | None,
  log: progress.Log,
) -> None:
  """Appends the pieces to the part, which should then have `total` bytes."""
  with progress.show(
    part.target.name, total, log=log, done=part.size()
  ) as advance:
    with open(part.path, 'ab') as file:
      for piece in pieces:
        file.write(piece)
        advance(len(piece))
      file.flush()
      os.fsync(file.fileno())
  if total is not None and part.size() < total:
    raise TransferError('the connection broke off', is_passing=True)


@contextlib.contextmanager
def _naming(path: pathlib.Path) -> Iterator[None]:
  """Adds the file's name to system errors that occur while it is written."""
  try:
    yield
  except requests.RequestException:  # Also an OSError.
    raise
  except OSError as error:
    if error.filename is None:
      error.filename = str(path)
    raise


def _agree(a: object, b: object) -> bool:
  """Returns True if both are equal, or if either is unknown (None)."""
  return a is None or b is None or a == b


def _number(text: str | None) -> int | None:
  return int(text) if text and text.isdecimal() else None


def _content_range(
  response: requests.Response,
) -> tuple[int | None, int | None]:
  """Returns the first position and the file's size; None where not given."""
  match = _RANGE.fullmatch(response.headers.get('Content-Range', ''))
  return (
    (_number(match['start']), _number(match['total']))
    if match
    else (None, None)
  )


def _validator(response: requests.Response) -> str:
  """Returns the value for If-Range, never a weak ETag (RFC 9110, 13.1.5)."""
  etag = response.headers.get('ETag', '')
  if etag.startswith('"'):
    return etag
  return response.headers.get('Last-Modified', '')
