"""Checksums of files and fingerprints of facts.

crc32c        a fast checksum against damage
sha256        a hash against forgery
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
  digest = hashlib.sha256()
  with open(path, 'rb') as file:
    while chunk := file.read(_CHUNK):
      digest.update(chunk)
  return digest.hexdigest()


def fingerprint(facts: Mapping) -> str:
  """Returns a hash of facts that JSON can hold; their order does not count."""
  text = json.dumps(facts, sort_keys=True)
  return hashlib.sha256(text.encode()).hexdigest()
