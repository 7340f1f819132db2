"""Checksums of files and fingerprints of facts.

crc32c        a fast checksum against damage
sha256        a hash against forgery
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

  For damage, not against forgery: ten times as fast as a SHA-256.
  """
  checksum, size = 0, 0
  with open(path, 'rb') as file:
    while chunk := file.read(_CHUNK):
      checksum = google_crc32c.extend(checksum, chunk)
      size += len(chunk)
  return f'{checksum:08x}-{size}'


def sha256(path: str | os.PathLike) -> str:
  """Returns the hexadecimal SHA-256 of a file."""
  return of_file(path, 'SHA256')


def of_file(path: str | os.PathLike, algorithm: str) -> str:
  """Returns the hexadecimal hash of a file.

  Args:
    path: of the file.
    algorithm: one of hashlib's, such as 'MD5', against damage and mix-ups.

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
  """Returns a hash of facts that JSON can hold; their order does not count."""
  text = json.dumps(facts, sort_keys=True)
  return hashlib.sha256(text.encode()).hexdigest()
