"""Downloads a file completely and verified, or not at all.

  Expected    the size and hashes of a file, as far as they are known
  fetch       downloads a file from the first address that provides it
  local_file  the path that a path or file: address names
  verify      the difference between a file and the expected one
  set_aside   renames a file that is in the way

The bytes are written to <path>.part, which an attempt or run after an
interruption resumes (see transfers). The file gets its name when its size and
hash are correct. A file with another hash is kept under another name, so that
its owner can examine it.
"""

import dataclasses
import os
import pathlib
import time
import urllib.parse
from collections.abc import Callable, Sequence

from inception.downloads import download_part
from inception.downloads import transfers
from inception.jobs import atomic_files
from inception.jobs import checksums
from inception.jobs import errors
from inception.jobs import locks
from inception.jobs import progress

# Attempts per address, with waits of 1, 2, 4 and 8 seconds between them. An
# attempt that brings at least _PROGRESS bytes resets the count.
_ATTEMPTS = 5
_PROGRESS = 2**18
# Attempts for an address that cannot be reached, if no bytes have arrived.
_ATTEMPTS_UNREACHED = 2
# The address is given up if the server asks for a longer pause, in seconds.
_LONGEST_WAIT = 120


class DownloadError(errors.UserError):
  """The file cannot be downloaded; the text gives the reason and the remedy."""


@dataclasses.dataclass(frozen=True)
class Expected:
  """The size and hashes of a file, as far as they are known.

  Attributes:
    size: the size in bytes; None if unknown.
    sha256: the hexadecimal SHA-256; '' if unknown.
    md5: the hexadecimal MD5; '' if unknown.
  """

  size: int | None = None
  sha256: str = ''
  md5: str = ''


def fetch(
  addresses: Sequence[str],
  path: str | os.PathLike,
  *,
  expected: Expected,
  log: progress.Log,
  before_naming: Callable[[pathlib.Path], None] | None = None,
  sleep: Callable[[float], None] = time.sleep,
) -> str:
  """Downloads a file from the first address that provides it.

  Args:
    addresses: http, https or file addresses of the same file.
    path: the path of the downloaded file; an existing file is replaced.
    expected: the expected size and hashes.
    log: a function called with each line for the user.
    before_naming: a function called with the path of the complete file, before
      it is renamed to `path`.
    sleep: a function that waits for a number of seconds.

  Returns:
    The address that provided the file.

  Raises:
    DownloadError: no address provided the complete and expected file, it does
      not fit on the disk, or another process is downloading it.
    OSError: the file cannot be written; the downloaded bytes are kept for the
      next run.
  """
  part = download_part.Part(pathlib.Path(path))
  busy = DownloadError(
    f'{str(part.target)!r} is being downloaded already: wait until that has '
    'finished'
  )
  lock = part.target.with_name(f'.{part.target.name}.lock')
  with locks.hold(lock, busy=busy):
    if part.size() and not part.is_ours():
      aside = set_aside(part.path, f'{part.path}.kept')
      log(f'The origin of {part.path} is unknown: it is kept as {aside}.')
    reasons: list[str] = []
    num_unreachable = 0
    for address in addresses:
      if reasons:
        log(reasons[-1])
      log(f'Downloading {address}')
      try:
        fault = _attempt(address, part, expected, log, sleep)
      except transfers.WebPageError as error:
        fault = f'{error} ({_keep_page(part.target, error.page)})'
      except transfers.TransferError as error:
        fault = str(error)
        num_unreachable += error.is_unreachable
      except download_part.NoSpaceError as error:
        raise DownloadError(str(error)) from error
      if not fault:
        if before_naming is not None:
          before_naming(part.path)
        part.move(path)
        return address
      reasons.append(f'{address}: {fault}')
  hint = ''
  if num_unreachable == len(reasons):
    hint = ' (check the network connection and the address)'
  raise DownloadError(f'cannot download {"; nor ".join(reasons)}{hint}')


def local_file(archive: str) -> str | None:
  """Returns the path that `archive` names; None for http and https.

  Args:
    archive: a path or an address.

  Raises:
    DownloadError: `archive` is an address of another kind, of a file on another
      machine, or malformed.
  """
  scheme, separator, _ = archive.partition('://')
  match scheme.lower() if separator else '':
    case '':
      return archive
    case 'http' | 'https':
      try:
        urllib.parse.urlsplit(archive)
      except ValueError as error:
        raise DownloadError(
          f'{archive!r} is not a valid address: {error}'
        ) from error
      return None
    case 'file':
      try:
        return transfers.local_path(archive)
      except transfers.TransferError as error:
        raise DownloadError(f'{archive}: {error}') from error
  raise DownloadError(
    f'{archive!r} is neither an http, https or file address nor a path'
  )


def verify(path: str | os.PathLike, expected: Expected) -> str:
  """Returns the first difference to the expected file; '' if there is none.

  Raises:
    OSError: the file cannot be read.
  """
  size = os.path.getsize(path)
  if expected.size not in (None, size):
    return f'{size:,} bytes instead of {expected.size:,}'
  for name, wanted in (('SHA-256', expected.sha256), ('MD5', expected.md5)):
    if wanted:
      actual = checksums.of_file(path, name.replace('-', ''))
      if actual != wanted:
        return f'{name} {actual} instead of {wanted}'
  return ''


def set_aside(path: str | os.PathLike, name: str) -> pathlib.Path:
  """Renames a file or folder to `name`, or name-2, ...; returns the new path.

  No existing file is replaced.
  """
  aside = _unused(name)
  os.replace(path, aside)
  return aside


def _unused(name: str) -> pathlib.Path:
  """Returns `name`, with a number if a file of this name exists."""
  path, number = pathlib.Path(name), 1
  while os.path.lexists(path):
    number += 1
    path = pathlib.Path(f'{name}-{number}')
  return path


def _keep_page(target: pathlib.Path, page: bytes) -> str:
  """Saves a web page under an unused name; returns a sentence about it."""
  aside = _unused(f'{target}.page.html')
  atomic_files.write_bytes(aside, page)
  return f'the page is kept as {str(aside)!r}'


def _attempt(
  address: str,
  part: download_part.Part,
  expected: Expected,
  log: progress.Log,
  sleep: Callable[[float], None],
) -> str:
  """Completes the part; returns its fault, '' if it is as expected."""
  was_resumed = _transfer(address, part, expected, log, sleep)
  fault = verify(part.path, expected)
  if fault and was_resumed:
    log(
      f'The pieces of {part.path} do not belong together ({fault}): starting '
      'over.'
    )
    part.begin(download_part.Origin())
    _transfer(address, part, expected, log, sleep)
    fault = verify(part.path, expected)
  if not fault:
    return ''
  aside = set_aside(part.path, f'{part.target}.wrong')
  part.forget()
  return (
    f'it provided a different file: {fault}; the file is kept as {str(aside)!r}'
  )


def _transfer(
  address: str,
  part: download_part.Part,
  expected: Expected,
  log: progress.Log,
  sleep: Callable[[float], None],
) -> bool:
  """Completes the part; returns True if the last attempt was a resumption."""
  failures, furthest = 0, part.size()
  at_first = furthest
  while True:
    try:
      return transfers.transfer(
        address,
        part,
        size=expected.size,
        log=log,
        is_checked=bool(expected.sha256 or expected.md5),
      )
    except transfers.TransferError as error:
      if part.size() >= furthest + _PROGRESS:
        failures, furthest = 0, part.size()
      failures += 1
      is_offline = error.is_unreachable and part.size() == at_first
      if (
        not error.is_passing
        or failures == (_ATTEMPTS_UNREACHED if is_offline else _ATTEMPTS)
        or error.seconds > _LONGEST_WAIT
      ):
        raise
      wait = max(2 ** (failures - 1), error.seconds)
      log(f'{address}: {error}; trying again in {wait:.0f} s.')
    sleep(wait)
