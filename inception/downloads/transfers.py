"""One attempt to get a file from one address.

  transfer     adds what a download_part.Part lacks, or does it anew
  is_local     whether an address is a file of this machine
  local_path   its path

An attempt goes on where the one before stopped, by HTTP's Range. Bytes of two
files must not be mixed: If-Range asks for the rest only if the file is still
the one that the note tells of. Where nothing tells that, the bytes that are
there count only if the caller checks a hash at the end.
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
# What a connection that breaks off may lose.
_CHUNK = 2**16

_RANGE = re.compile(r'bytes (?:(?P<start>\d+)-\d+|\*)/(?P<total>\d+|\*)')


TransferError = transfer_errors.TransferError
WebPageError = transfer_errors.WebPageError


def is_local(address: str) -> bool:
  """Whether the address begins with file:."""
  return address.lower().startswith('file:')


def local_path(address: str) -> str:
  """Returns the path that a file: address stands for.

  Raises:
    TransferError: it is on another machine.
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
  """Adds what the part lacks.

  Args:
    address: http, https or file.
    part: what there is.
    size: of the whole file in bytes; None where nobody knows.
    is_checked: the caller checks the file's hash.
    log: called with each line for the user.

  Returns:
    Whether bytes from before this call are in it.

  Raises:
    TransferError: the address does not give it, or not all of it.
    WebPageError: it gives a web page; the part stays as it was.
    download_part.NoSpaceError: it would not fit.
    OSError: the part cannot be written; the error names it.
  """
  part.check_space(size)
  there, origin = part.size(), part.origin()
  if is_checked and size is not None and there == size:
    return True
  is_known = origin.address == address and bool(origin.validator)
  resume = (
    there > 0 and (is_checked or is_known) and (size is None or there <= size)
  )
  try:
    with _naming(part.path):
      if is_local(address):
        return _copy(address, part, log)
      return _get(address, part, size, resume, log)
  except requests.RequestException as error:
    raise transfer_errors.explained(error, address) from error


def _get(address, part, size, resume, log) -> bool:
  """Adds what the server gives; asks again, for all, if it does not fit."""
  there, before = part.size(), part.origin()
  # The bytes as they are: some servers call a .tgz a .tar with gzip encoding,
  # which would be undone on the way.
  headers = {'Accept-Encoding': 'identity'}
  if resume:
    headers['Range'] = f'bytes={there}-'
    if before.address == address and before.validator:
      headers['If-Range'] = before.validator
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
      if response.status_code == 416 and fits and total == there:
        return True
      if response.status_code == 206 and fits and start == there:
        if before.address != address:
          part.note(download_part.Origin(total=total))
        log(f'Going on after {there:,} bytes that are there.')
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
      # Before the part is begun: a page must not replace bytes of the file.
      pieces = _without_page(response.iter_content(_CHUNK))
      part.begin(download_part.Origin(address, _validator(response), total))
      _append(part, pieces, size if total is None else total, log)
      return False
  return _get(address, part, size, False, log)


def _copy(address, part, log) -> bool:
  """Copies a file of this machine."""
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
    WebPageError: they begin as a web page.
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
  """Adds the pieces to the part, which has `total` bytes then."""
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
  """Names the file in what the system says while one is written."""
  try:
    yield
  except requests.RequestException:  # Is an OSError, too.
    raise
  except OSError as error:
    if error.filename is None:
      error.filename = str(path)
    raise


def _agree(a, b) -> bool:
  return a is None or b is None or a == b


def _number(text: str | None) -> int | None:
  return int(text) if text and text.isdecimal() else None


def _content_range(response) -> tuple[int | None, int | None]:
  """Returns where the answer begins and the file's size, as far as it says."""
  match = _RANGE.fullmatch(response.headers.get('Content-Range', ''))
  return (
    (_number(match['start']), _number(match['total']))
    if match
    else (None, None)
  )


def _validator(response) -> str:
  """Returns what If-Range may hold: RFC 9110, 13.1.5; no weak ETag."""
  etag = response.headers.get('ETag', '')
  if etag.startswith('"'):
    return etag
  return response.headers.get('Last-Modified', '')
