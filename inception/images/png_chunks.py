"""Reads the chunks of a PNG file without decoding it.

damage             the first damage of the chunks
bits               the bits per sample
significant_bits   the significant bits of each channel, if declared (sBIT)
"""

import zlib
from collections.abc import Iterator

_SIGNATURE = 8  # bytes.
_CRITICAL = (b'IHDR', b'PLTE', b'IDAT', b'IEND')
_BITS = 24  # Position of the bits per sample.


def damage(data: bytes) -> str | None:
  """Returns the first damage of a PNG file's chunks; None for a sound file.

  Pillow verifies the checksum of the header but not those of the pixels, and
  accepts a file that ends before its end chunk.
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
  """Returns the number of bits per sample of a PNG file."""
  return data[_BITS]


def significant_bits(data: bytes) -> tuple[int, ...] | None:
  """Returns the significant bits of each channel; None if not declared."""
  for kind, start, end in _chunks(data):
    if kind == b'sBIT':
      counts = tuple(data[start:end])
      return counts if counts and all(0 < n <= 16 for n in counts) else None
    if kind == b'IDAT':
      return None
  return None


def _chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
  """Yields (kind, start, end) of each complete chunk's content."""
  position = _SIGNATURE
  while position + 12 <= len(data):
    start = position + 8
    end = start + int.from_bytes(data[position : position + 4], 'big')
    if end + 4 > len(data):
      return
    yield data[position + 4 : start], start, end
    position = end + 4
