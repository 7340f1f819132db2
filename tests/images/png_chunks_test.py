"""The chunks of PNG files."""

import struct
import zlib

import pytest

from inception.images import png_chunks
from inception.testing import image_folders
from inception.testing import odd_images

PNG = image_folders.image_file(1, file_format='PNG')


def test_a_sound_png_has_no_damage():
  assert png_chunks.damage(PNG) is None
  assert png_chunks.damage(PNG + b'and more') is None


def test_png_cut_at_any_byte_is_truncated():
  for length in range(8, len(PNG)):
    assert 'truncated PNG' in png_chunks.damage(PNG[:length])


@pytest.mark.parametrize('kind', [b'IHDR', b'PLTE', b'IDAT', b'IEND'])
def test_wrong_checksum_is_found(kind):
  chunks = [
    odd_images.png_chunk(b'PLTE', bytes(6)),
    odd_images.png_chunk(b'IDAT', zlib.compress(bytes(9))),
  ]
  data = odd_images.png(2, 2, *chunks)
  assert png_chunks.damage(data) is None
  start = data.index(kind)
  (length,) = struct.unpack('>I', data[start - 4 : start])
  end = start + 4 + length
  changed = data[:end] + bytes([data[end] ^ 1]) + data[end + 1 :]
  assert png_chunks.damage(changed) == (
    f'damaged PNG: wrong checksum of {kind.decode()}'
  )


def test_checksums_of_ancillary_chunks_are_ignored():
  data = odd_images.png(
    2, 2, odd_images.png_chunk(b'teXt', b'k\0v', checksum=0)
  )
  assert png_chunks.damage(data) is None


@pytest.mark.parametrize('bits', [1, 8, 16])
def test_the_bits_are_read(bits):
  assert png_chunks.bits(odd_images.png(2, 2, bits=bits)) == bits


@pytest.mark.parametrize(
  ('chunks', 'expected'),
  [
    ((b'\x0c',), (12,)),
    ((b'\x05\x06\x05',), (5, 6, 5)),
    ((b'\0',), None),
    ((b'\x11',), None),
    ((b'',), None),
    ((), None),
  ],
)
def test_the_significant_bits_are_read(chunks, expected):
  data = odd_images.png(
    2,
    2,
    *(odd_images.png_chunk(b'sBIT', chunk) for chunk in chunks),
    odd_images.png_chunk(b'IDAT', b''),
  )
  assert png_chunks.significant_bits(data) == expected
  assert png_chunks.significant_bits(data[:33]) is None


def test_significant_bits_after_the_pixels_are_ignored():
  data = odd_images.png(
    2,
    2,
    odd_images.png_chunk(b'IDAT', b''),
    odd_images.png_chunk(b'sBIT', b'\x0c'),
  )
  assert png_chunks.significant_bits(data) is None
