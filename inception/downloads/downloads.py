"""Downloads a file: whole and as expected, or not at all.

  Expected    what is known of a file beforehand
  fetch       the first of several addresses that gives the file
  local_file  the path that a path or file: address names
  verify      what is not as expected in a file
  set_aside   another name for what is in the way

The bytes go into <path>.part, and an attempt or run after an interruption goes
on with them (see transfers). The file gets its name when its size and hash are
right. A file with another hash is kept aside, for its owner to look at.
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

# Of an address, in a row: waits of 1, 2, 4 and 8 seconds lie between them. One
# that has brought _PROGRESS more bytes than any before it begins a new row.
_ATTEMPTS = 5
_PROGRESS = 2**18
# Of an address to which there was no connection, since nothing has come.
_ATTEMPTS_UNREACHED = 2
# A server that asks for a longer pause is given up.
_LONGEST_WAIT = 120


class DownloadError(errors.UserError):
  """The file could not be had; the text says why and what to do."""


@dataclasses.dataclass(frozen=True)
class Expected:
  """What is known of a file beforehand.

  Attributes:
    size: in bytes; None where nobody knows.
    sha256: hexadecimal; '' where nobody knows.
    md5: hexadecimal; '' where nobody knows.
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
  """Downloads the file from the first address that has it; returns that.

  Args:
    addresses: http, https or file, of the same file.
    path: where to put it; what is there is replaced.
    expected: what the file should be.
    log: called with each line for the user.
    before_naming: called with the whole file, before it gets its name.
    sleep: waits for so many seconds.

  Raises:
    DownloadError: no address gave the whole file, or it is not as expected, or
      would not fit on the disk, or another process is downloading it.
    OSError: it cannot be written; what has come is kept for the next run.
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
      log(f'Nothing tells what {part.path} is: it is kept as {aside}.')
    reasons, num_unreachable = [], 0
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
    DownloadError: it is an address of another kind or machine, or malformed.
  """
  scheme, separator, _ = archive.partition('://')
  match scheme.lower() if separator else '':
    case '':
      return archive
    case 'http' | 'https':
      try:
        urllib.parse.urlsplit(archive)
      except ValueError as error:
        raise DownloadError(f'{archive!r} is no address: {error}') from error
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
  """Returns what is not as expected; '' where all is.

  Raises:
    OSError: the file cannot be read.
  """
  size = os.path.getsize(path)
  if expected.size not in (None, size):
    return f'{size:,} bytes instead of {expected.size:,}'
  for name, wanted in (('SHA-256', expected.sha256), ('MD5', expected.md5)):
    if wanted:
      found = checksums.of_file(path, name.replace('-', ''))
      if found != wanted:
        return f'{name} {found} instead of {wanted}'
  return ''


def set_aside(path: str | os.PathLike, name: str) -> pathlib.Path:
  """Renames a file or folder to `name`, or name-2, ...; returns the new path.

  Nothing that is there is replaced.
  """
  aside = _unused(name)
  os.replace(path, aside)
  return aside


def _unused(name: str) -> pathlib.Path:
  """Returns `name`, numbered if there is a file of that name."""
  path, number = pathlib.Path(name), 1
  while os.path.lexists(path):
    number += 1
    path = pathlib.Path(f'{name}-{number}')
  return path


def _keep_page(target: pathlib.Path, page: bytes) -> str:
  """Keeps a web page under a name of its own; returns a note about that."""
  aside = _unused(f'{target}.page.html')
  atomic_files.write_bytes(aside, page)
  return f'the page is kept as {str(aside)!r}'


def _attempt(address, part, expected, log, sleep) -> str:
  """Completes the part; returns what is wrong with it then, '' if nothing."""
  was_resumed = _transfer(address, part, expected, log, sleep)
  fault = verify(part.path, expected)
  if fault and was_resumed:
    log(f'The pieces of {part.path} do not fit ({fault}): starting over.')
    part.begin(download_part.Origin())
    _transfer(address, part, expected, log, sleep)
    fault = verify(part.path, expected)
  if not fault:
    return ''
  aside = set_aside(part.path, f'{part.target}.wrong')
  part.forget()
  return (
    f'it gave another file than expected: {fault}; that one is kept as '
    f'{str(aside)!r}'
  )


def _transfer(address, part, expected, log, sleep) -> bool:
  """Completes the part; returns whether its bytes came in several pieces."""
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
