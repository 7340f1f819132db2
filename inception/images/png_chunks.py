"""The chunks of a PNG file, read without decoding it.

damage             what is wrong with them
bits               of a sample
significant_bits   of each channel, where the file says so (sBIT)
"""

import zlib
from collections.abc import Iterator

_SIGNATURE = 8  # bytes.
_CRITICAL = (b'IHDR', b'PLTE', b'IDAT', b'IEND')
_BITS = 24  # Where the header has them.


def damage(data: bytes) -> str | None:
  """Returns what is wrong with the chunks of a PNG file; None if nothing is.

  Pillow compares the checksums of the header, not those of the pixels, and
  takes a file that ends before its end chunk.
  """
  view = memoryview(data)
  for kind, start, end in _chunks(data):
    if kind in _CRITICAL:
      stored = int.from_bytes(view[end : end + 4], 'big')
      if zlib.crc32(view[start - 4 : end]) != stored:
        return f'damaged PNG: wrong checksum of {kind.decode()}'
    if kind == b'IEND':
      return None
  return 'truncated PNG: the file ends before its end chunk'


def bits(data: bytes) -> int:
  """Returns the bits of a sample."""
  return data[_BITS]


def significant_bits(data: bytes) -> tuple[int, ...] | None:
  """Returns how many bits of each channel are its own; None if not told."""
  for kind, start, end in _chunks(data):
    if kind == b'sBIT':
      found = tuple(data[start:end])
      return found if found and all(0 < n <= 16 for n in found) else None
    if kind == b'IDAT':
      return None
  return None


def _chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
  """Yields (kind, start and end of the content) of each complete chunk."""
  position = _SIGNATURE
  while position + 12 <= len(data):
    start = position + 8
    end = start + int.from_bytes(data[position : position + 4], 'big')
    if end + 4 > len(data):
      return
    yield data[position + 4 : start], start, end
    position = end + 4
