"""Tests of detecting file types by magic bytes."""

import re

import numpy as np
import pytest

from inception.images import image_signatures
from inception.testing import heic_images
from inception.testing import image_folders
from inception.testing import odd_images


@pytest.mark.parametrize('kind', image_signatures.FORMATS)
def test_broken_image_is_reported_with_its_format(kind):
  if kind == 'HEIF':
    data = heic_images.UPRIGHT
  else:
    data = image_folders.image_file(1, file_format=kind)
  reason = image_signatures.why_unreadable(data[:16])
  assert re.match(f'(damaged or )?truncated {kind}: ', reason)


@pytest.mark.parametrize(
  ('data', 'reason'),
  [
    (b'   \n<HTML>', 'a web page'),
    (b'\xef\xbb\xbf<svg width="3">', 'an SVG drawing'),
    (b'<?xml version="1.0"?><!DOCTYPE svg PUBLIC "x">\n<svg>', 'SVG'),
    (b'<?xml version="1.0"?><annotation/>', 'not an image (JPEG, PNG'),
    (b'\0\0\0 ftypmif1\0\0\0\0mif1avif', 'truncated AVIF'),
    (b'\0\0\0 ftypmif1\0\0\0\0mif1heic', 'truncated HEIF'),
    (b'\0\0\0 ftypavis', 'truncated AVIF'),
    (b'\0\0\0 ftypisom', 'a video'),
    (b'\0\0\0 ftypcrx ', 'raw file (CR3)'),
    (b'RIFF\0\0\0\0AVI LIST', 'a video'),
    (b'RIFF\0\0\0\0WAVEfmt ', 'not an image (JPEG'),
    (b'BMW are cars', 'not an image (JPEG'),
    (b'\xff\x0a' + bytes(20), 'a JPEG XL image'),
    (b'\0\0\1\0\1\0' + bytes(20), 'an icon'),
    (b'Rar!\x1a\7', 'an archive'),
    (b'\x7fELF\2', 'a program'),
    (b'\0', 'nothing but zeros'),
    (bytes(9999), 'nothing but zeros'),
    (bytes(9999) + b'\1', 'not an image (JPEG'),
    (b'', 'not an image (JPEG, PNG, GIF, BMP, WEBP, TIFF, HEIF, AVIF'),
  ],
)
def test_other_files_are_named(data, reason):
  assert reason in image_signatures.why_unreadable(data)


@pytest.mark.parametrize(
  ('bits', 'reason'),
  [
    (12, '12 bits per channel'),
    (16, '16 bits per channel'),
    (9, 'its header cannot be read'),
  ],
)
def test_jpeg_of_many_bits_is_reported(bits, reason):
  data = bytearray(image_folders.image_file(1))
  data[data.index(b'\xff\xc0') + 4] = bits
  assert reason in image_signatures.why_unreadable(bytes(data))


def test_every_file_is_classified_quickly():
  rng = np.random.default_rng(0)
  for start in (b'<?xml ', b'<!--', b'\0\0\0\x18ftyp', b' ' * 500, b''):
    for filler in (b'<', b'<!--', b'-->', b' ', b'avi', b'\0'):
      image_signatures.why_unreadable(start + filler * 100_000)
    image_signatures.why_unreadable(start + rng.bytes(100_000))


@pytest.mark.parametrize('size', [(1, 1), (300, 70_000), (2**24, 2**24)])
def test_the_size_of_an_extended_webp_is_read(size):
  stored = b''.join((side - 1).to_bytes(3, 'little') for side in size)
  data = odd_images.riff((b'VP8X', bytes(4) + stored))
  assert image_signatures.webp_size(data) == size
  assert image_signatures.webp_size(data[:29]) is None


@pytest.mark.parametrize('kind', ['WEBP', 'PNG', 'JPEG'])
def test_other_files_have_no_webp_size(kind):
  data = image_folders.image_file(1, file_format=kind)
  assert image_signatures.webp_size(data) is None


@pytest.mark.parametrize(
  ('data', 'is_image'),
  [
    (b'\xff\xd8\xff\xe0', True),
    (b'\x89PNG\r\n\x1a\n', True),
    (b'GIF89a', True),
    (b'RIFF\0\0\0\0WEBPVP8 ', True),
    (b'RIFF\0\0\0\0AVI LIST', False),
    (b'\0\0\0\x18ftypmp42', False),
    (b'<?xml version="1', False),
    (b'', False),
  ],
)
def test_image_is_recognised_by_16_bytes(data, is_image):
  assert image_signatures.begins_as_image(data) == is_image
