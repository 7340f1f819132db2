"""Checksums of files and fingerprints of facts.

crc32c        a fast checksum that detects damage
sha256        a hash that detects forgery
of_file       any other hash that a publisher gives
fingerprint   a hash of settings and other facts
"""

import hashlib
import json
import os
from collections.abc import Mapping

import google_crc32c

_CHUNK = 2**20


def crc32c(path: str | os.PathLike) -> str:
  """Returns a checksum of a file, with its size: '<crc32c>-<bytes>'.

  Detects damage but not forgery; ten times as fast as SHA-256.

  Raises:
    OSError: the file cannot be read.
  """
  checksum, size = 0, 0
  with open(path, 'rb') as file:
    while chunk := file.read(_CHUNK):
      checksum = google_crc32c.extend(checksum, chunk)
      size += len(chunk)
  return f'{checksum:08x}-{size}'


def sha256(path: str | os.PathLike) -> str:
  """Returns the hexadecimal SHA-256 of a file.

  Raises:
    OSError: the file cannot be read.
  """
  return of_file(path, 'SHA256')


def of_file(path: str | os.PathLike, algorithm: str) -> str:
  """Returns the hexadecimal hash of a file.

  Args:
    path: the path of the file.
    algorithm: the name of a hashlib algorithm, such as 'MD5', which detects
      damage and mix-ups.

  Raises:
    OSError: the file cannot be read.
    ValueError: there is no such algorithm.
  """
  digest = hashlib.new(algorithm, usedforsecurity=False)
  with open(path, 'rb') as file:
    while chunk := file.read(_CHUNK):
      digest.update(chunk)
  return digest.hexdigest()


def fingerprint(facts: Mapping) -> str:
  """Returns a hash of JSON-serializable facts, independent of their order."""
  text = json.dumps(facts, sort_keys=True)
  return hashlib.sha256(text.encode()).hexdigest()
