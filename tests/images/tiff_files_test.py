"""Tests of describing TIFF files and of silencing libtiff."""

import io
import os
import struct

import numpy as np
import pytest
from PIL import Image

from inception.images import image_coder
from inception.images import tiff_files
from inception.testing import image_folders


def many_bands(bands, bits):
  """Returns a TIFF of 4 x 4 pixels."""
  pixels = bytes(16 * bands * bits // 8)
  bits_at = 8 + len(pixels)
  tags = (
    (256, 3, 1, 4),
    (257, 3, 1, 4),
    (258, 3, bands, bits_at if bands > 2 else bits),
    (259, 3, 1, 1),
    (262, 3, 1, 1),
    (273, 4, 1, 8),
    (277, 3, 1, bands),
    (278, 3, 1, 4),
    (279, 4, 1, len(pixels)),
  )
  return b''.join((
    b'II*\0',
    struct.pack('<I', bits_at + 2 * bands),
    pixels,
    struct.pack(f'<{bands}H', *[bits] * bands),
    struct.pack('<H', len(tags)),
    *(struct.pack('<HHII', *tag) for tag in tags),
    bytes(4),
  ))


@pytest.mark.parametrize(
  ('bands', 'bits', 'reason'),
  [
    (13, 16, 'a TIFF of 13 bands of 16 bits is not supported'),
    (5, 8, 'a TIFF of 5 bands of 8 bits is not supported'),
    (7, 8, 'a TIFF of 7 bands of 8 bits is not supported'),
    (1, 64, 'a TIFF of 1 band of 64 bits is not supported'),
  ],
)
def test_unusual_bands_are_refused_with_their_number(
  bands, bits, reason, capfd
):
  data = many_bands(bands, bits)
  for call in (image_coder.encode, image_coder.examine):
    with pytest.raises(image_coder.ImageError, match=reason):
      call(data)
  assert capfd.readouterr().err == ''


def test_text_in_place_of_bits_is_no_kind():
  buffer = io.BytesIO()
  Image.new('RGB', (8, 8)).save(buffer, 'TIFF')
  short, text = (struct.pack('<HH', 258, kind) for kind in (3, 2))
  data = buffer.getvalue()
  assert data.count(short) == 1
  assert tiff_files.kind(data.replace(short, text)) is None


@pytest.mark.parametrize(
  'data', [b'', b'II*\0', b'II*\0\x08\0\0\0', b'II*\0\xff\xff\xff\xff', b'PNG']
)
def test_unreadable_file_has_no_kind(data):
  assert tiff_files.kind(data) is None


@pytest.mark.filterwarnings('ignore::UserWarning')
@pytest.mark.parametrize(
  'compression', ['tiff_lzw', 'tiff_adobe_deflate', 'jpeg', 'group4']
)
@pytest.mark.parametrize('has_handlers', [True, False])
def test_nothing_is_printed_about_a_damaged_file(
  compression, has_handlers, capfd, monkeypatch
):
  if not has_handlers:
    monkeypatch.setattr(tiff_files, '_is_silenced', lambda: False)
  image = Image.fromarray(image_folders.pixels(1, 64, 64))
  buffer = io.BytesIO()
  image.convert('1' if compression == 'group4' else 'RGB').save(
    buffer, 'TIFF', compression=compression
  )
  rng = np.random.default_rng(0)
  refused = 0
  for _ in range(40):
    data = bytearray(buffer.getvalue())
    for position in rng.integers(8, len(data), 5):
      data[position] = rng.integers(256)
    try:
      image_coder.encode(bytes(data))
    except image_coder.ImageError:
      refused += 1
  assert refused > 3
  assert capfd.readouterr().err == ''


def test_standard_error_is_restored(capfd, monkeypatch):
  monkeypatch.setattr(tiff_files, '_is_silenced', lambda: False)
  with tiff_files.silence():
    os.write(2, b'unheard\n')
  os.write(2, b'heard\n')
  assert capfd.readouterr().err == 'heard\n'
