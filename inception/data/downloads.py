"""Downloads a file: whole and as expected, or not at all.

  Expected   what is known of a file beforehand
  fetch      the first of several addresses that gives the file
  verify     what is not as expected in a file

The bytes go into <path>.part; the file gets its name when its size and hash are
right. A file with another hash is kept aside, for its owner to look at.
"""

import dataclasses
import os
import pathlib
from collections.abc import Sequence

import requests

from inception.data import progress
from inception.data import receipt

# Seconds to connect, and between two pieces.
_TIMEOUT = (30, 60)
_CHUNK = 2**18


class DownloadError(ValueError):
  """The file could not be had; the text says why and what to do."""


@dataclasses.dataclass(frozen=True)
class Expected:
  """What is known of a file beforehand.

  Attributes:
    size: in bytes; None where nobody knows.
    sha256: hexadecimal; '' where nobody knows.
  """
  size: int | None = None
  sha256: str = ''


def fetch(addresses: Sequence[str], path: str | os.PathLike, *,
          expected: Expected, log: progress.Log) -> str:
  """Downloads the file from the first address that has it; returns that.

  Args:
    addresses: http or https, of the same file.
    path: where to put it; what is there is replaced.
    expected: what the file should be.
    log: called with each line for the user.

  Raises:
    DownloadError: no address gave the whole file, or it is not as expected.
    OSError: it cannot be written.
  """
  partial = pathlib.Path(f'{path}.part')
  for index, address in enumerate(addresses):
    log(f'Downloading {address}')
    try:
      _transfer(address, partial, log)
      break
    except requests.RequestException as error:
      message = f'{address}: {_reason(error)}'
      if index == len(addresses) - 1:
        raise DownloadError(f'cannot download {message}') from error
      log(message)
  fault = verify(partial, expected)
  if fault:
    aside = set_aside(partial, f'{path}.wrong')
    raise DownloadError(f'{address} gave another file than expected: {fault}; '
                        f'it is kept as {str(aside)!r}')
  os.replace(partial, path)
  return address


def verify(path: str | os.PathLike, expected: Expected) -> str:
  """Returns what is not as expected; '' where all is.

  Raises:
    OSError: the file cannot be read.
  """
  size = os.path.getsize(path)
  if expected.size not in (None, size):
    return f'{size:,} bytes instead of {expected.size:,}'
  if expected.sha256:
    found = receipt.sha256(path)
    if found != expected.sha256:
      return f'SHA-256 {found} instead of {expected.sha256}'
  return ''


def set_aside(path: str | os.PathLike, name: str) -> pathlib.Path:
  """Renames a file or folder to `name`, or name-2, ...; returns the new path.

  Nothing that is there is replaced.
  """
  aside, number = pathlib.Path(name), 1
  while os.path.lexists(aside):
    number += 1
    aside = pathlib.Path(f'{name}-{number}')
  os.replace(path, aside)
  return aside


def _transfer(address: str, partial: pathlib.Path, log: progress.Log) -> None:
  """Writes what the address gives into `partial`."""
  # The bytes as they are: some servers call a .tgz a .tar with gzip encoding,
  # which would be undone on the way.
  with requests.get(address, stream=True, timeout=_TIMEOUT,
                    headers={'Accept-Encoding': 'identity'}) as response:
    response.raise_for_status()
    response.raw.headers.pop('Content-Encoding', None)
    length = response.headers.get('Content-Length', '')
    total = int(length) if length.isdecimal() else None
    with progress.show(partial.stem, total, log=log) as advance:
      with open(partial, 'wb') as file:
        for piece in response.iter_content(_CHUNK):
          file.write(piece)
          advance(len(piece))
        file.flush()
        os.fsync(file.fileno())


def _reason(error: requests.RequestException) -> str:
  """Returns the cause in a few words; requests' own texts fill four lines."""
  match error:
    case requests.HTTPError():
      return f'{error.response.status_code} {error.response.reason}'
    case requests.Timeout():
      return 'no answer in time'
    case requests.exceptions.ChunkedEncodingError():
      return 'the connection broke off'
    case requests.ConnectionError() if error.args:
      cause = getattr(error.args[0], 'reason', error.args[0])
      return str(cause).rpartition(': ')[2]
  return ' '.join(str(error).split())
