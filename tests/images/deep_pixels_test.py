"""Tests of converting samples of 10 to 32 bits and fractions to 8 bits."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image
from PIL import TiffImagePlugin

from inception.images import deep_pixels
from inception.images import pictures
from inception.testing import odd_images

RAMP = np.linspace(0, 1, 64).reshape(8, 8)
GREY = np.round(RAMP * 255)


def saved(samples, file_format='TIFF', tags=None, **options):
  buffer = io.BytesIO()
  if tags:
    options['tiffinfo'] = TiffImagePlugin.ImageFileDirectory_v2()
    for tag, value in tags.items():
      options['tiffinfo'][tag] = value
  Image.fromarray(samples).save(buffer, file_format, **options)
  return buffer.getvalue()


def loaded(data):
  picture = pictures.open_file(data)
  image, _ = picture.load()
  return np.asarray(image, int), picture.levels


@pytest.mark.parametrize('file_format', ['PNG', 'TIFF'])
@pytest.mark.parametrize('bits', [8, 10, 12, 14, 16])
def test_grey_of_some_bits_in_16_keeps_its_levels(file_format, bits):
  samples = np.round(RAMP * (2**bits - 1)).astype(np.uint16)
  pixels, levels = loaded(saved(samples, file_format))
  assert np.abs(pixels - GREY).max() <= 1
  assert levels == f'assumed 0 to {2**bits - 1}'


@pytest.mark.parametrize('bits', [12, 16, 20, 30, 31])
def test_grey_of_32_bits_keeps_its_levels(bits):
  samples = np.round(RAMP * (2**bits - 1)).astype(np.int32)
  pixels, levels = loaded(saved(samples))
  assert np.abs(pixels - GREY).max() <= 1
  assert levels == f'assumed 0 to {2**bits - 1}'


def test_unsigned_32_bits_are_not_negative():
  samples = np.round(RAMP * (2**32 - 1)).astype('<u4')
  pixels, levels = loaded(raw_tiff(samples, 32, 1))
  assert np.abs(pixels - GREY).max() <= 1
  assert levels == 'assumed 0 to 4294967295'


def raw_tiff(samples, bits, sample_format, **tags):
  """Returns an uncompressed TIFF of one sample per pixel."""
  height, width = samples.shape
  entries = {
    256: (4, width),
    257: (4, height),
    258: (3, bits),
    259: (3, 1),
    262: (3, tags.pop('photometric', 1)),
    273: (4, 8),
    277: (3, 1),
    278: (4, height),
    279: (4, samples.nbytes),
    339: (3, sample_format),
  }
  return odd_images.tiff(entries, samples.tobytes())


def test_range_of_signed_samples_is_symmetric():
  # As in computed tomography: -1024 is air.
  samples = np.array([[-1024, 0], [1024, 3071]], '<i2')
  pixels, levels = loaded(raw_tiff(samples, 16, 2))
  np.testing.assert_array_equal(
    pixels, np.floor((samples + 4096.0) / 8191 * 255 + 0.5)
  )
  assert levels == 'assumed -4096 to 4095'


@pytest.mark.parametrize(
  ('largest', 'white'),
  [(0.5, 1), (1, 1), (1.5, 2), (255, 256), (60_000, 2**16)],
)
def test_fractions_are_scaled_by_a_power_of_two(largest, white):
  samples = (RAMP * largest).astype(np.float32)
  pixels, levels = loaded(saved(samples))
  assert np.abs(pixels - RAMP * largest / white * 255).max() <= 0.51
  assert levels == f'assumed 0 to {white}'


def test_range_of_negative_fractions_is_symmetric():
  samples = np.array([[-3, 0], [1, 2]], np.float32)
  pixels, levels = loaded(saved(samples))
  np.testing.assert_array_equal(pixels, [[32, 128], [159, 191]])
  assert levels == 'assumed -4 to 4'


def test_nan_is_black():
  samples = np.array([[np.nan, np.inf], [-np.inf, 0.5]], np.float32)
  pixels, _ = loaded(saved(samples))
  assert pixels[0, 0] == 0
  assert pixels[1, 1] == 128
  assert deep_pixels.deep_range(np.array([np.nan])) == (0, 1)


@pytest.mark.parametrize(
  'tags',
  [
    {280: 1000, 281: 3000},
    {340: 1000, 341: 3000},
    {341: 3000, 340: 1000, 281: 9},
  ],
)
def test_range_declared_by_a_tiff_is_used(tags):
  samples = np.array([[0, 1000], [2000, 3000]], np.uint16)
  pixels, levels = loaded(saved(samples, tags=tags))
  np.testing.assert_array_equal(pixels, [[0, 0], [128, 255]])
  assert levels == 'declared 1000 to 3000'


def test_declared_range_of_fractions_is_used():
  samples = np.array([[290, 300], [305, 310]], np.float32)
  pixels, levels = loaded(saved(samples, tags={340: 290.0, 341: 310.0}))
  np.testing.assert_array_equal(pixels, [[0, 128], [191, 255]])
  assert levels == 'declared 290 to 310'


def test_impossible_declared_range_is_ignored():
  samples = np.array([[0, 4095]], np.uint16)
  _, levels = loaded(saved(samples, tags={280: 7, 281: 7}))
  assert levels == 'assumed 0 to 4095'


def test_bits_declared_by_a_tiff_are_used():
  # 12 bits per sample: two samples in three bytes.
  packed = bytes((0x00, 0x07, 0xFF, 0x80, 0x00, 0x01))
  data = odd_images.tiff(
    {
      256: (4, 4),
      257: (4, 1),
      258: (3, 12),
      259: (3, 1),
      262: (3, 1),
      273: (4, 8),
      277: (3, 1),
      278: (4, 1),
      279: (4, 6),
    },
    packed,
  )
  pixels, levels = loaded(data)
  np.testing.assert_array_equal(pixels, [[0, 127, 128, 0]])
  assert levels == 'declared 0 to 4095'


def test_white_is_zero_is_inverted():
  samples = np.array([[0, 4095]], '<u2')
  pixels, _ = loaded(raw_tiff(samples, 16, 1, photometric=0))
  np.testing.assert_array_equal(pixels, [[255, 0]])


@pytest.mark.parametrize(
  ('bits', 'largest', 'white'),
  [(12, 1000, 4095), (10, 1023, 1023), (12, 0xFFF0, 65_535), (16, 1000, 1023)],
)
def test_significant_bits_of_a_png_are_used(bits, largest, white):
  # They give the camera's depth; samples are scaled to 16 bits or left as is.
  data = deep_png(np.array([[0, largest]]), colour=0, bits=bits)
  pixels, levels = loaded(data)
  np.testing.assert_array_equal(pixels, [[0, round(largest / white * 255)]])
  origin = 'assumed' if bits == 16 else 'declared'
  assert levels == f'{origin} 0 to {white}'


def deep_png(samples, *, colour, bits=None):
  """Returns a PNG of 16 bits per sample, grey or with channels."""
  samples = np.asarray(samples, '>u2')
  height, width = samples.shape[:2]
  rows = b''.join(b'\0' + row.tobytes() for row in samples)
  chunks = [odd_images.png_chunk(b'IDAT', zlib.compress(rows))]
  if bits:
    channels = 1 if samples.ndim == 2 else samples.shape[2]
    chunks.insert(0, odd_images.png_chunk(b'sBIT', bytes([bits] * channels)))
  return odd_images.png(width, height, *chunks, bits=16, colour=colour)


@pytest.mark.parametrize('bits', [10, 12, 14, 16])
def test_colours_of_some_bits_in_16_keep_their_levels(bits):
  rng = np.random.default_rng(bits)
  expected = rng.integers(0, 256, [6, 5, 3])
  expected[0, 0] = 255
  samples = np.round(expected / 255 * (2**bits - 1))
  pixels, levels = loaded(deep_png(samples, colour=2))
  assert np.abs(pixels - expected).max() <= 1
  assert levels == f'assumed 0 to {2**bits - 1}'


def test_the_bits_of_colours_may_be_declared():
  samples = np.full([2, 2, 3], 1000)
  pixels, levels = loaded(deep_png(samples, colour=2, bits=12))
  np.testing.assert_array_equal(pixels, np.full([2, 2, 3], 62))
  assert levels == 'declared 0 to 4095'


@pytest.mark.parametrize('channels', [2, 4])
def test_colours_with_transparency_keep_their_levels(channels):
  samples = np.full([2, 2, channels], 2048)
  samples[..., -1] = 4095
  samples[1, 1] = 0  # Nothing: white.
  samples[0, 0] = 4095
  pixels, _ = loaded(deep_png(samples, colour={2: 4, 4: 6}[channels]))
  assert pixels[0, 0].min() == 255
  assert pixels[1, 1].min() == 255
  np.testing.assert_allclose(pixels[0, 1], 128, atol=1)


@pytest.mark.parametrize('order', ['<', '>'])
def test_deep_colours_of_a_tiff_keep_their_levels(order):
  samples = np.round(RAMP * 4095).astype(order + 'u2')[..., None].repeat(3, 2)
  mark = b'II*\0' if order == '<' else b'MM\0*'
  pixels = samples.tobytes()
  # Three numbers do not fit into their entry, so they follow the pixels.
  bits_at = 8 + len(pixels)
  tags = (
    (256, 3, 1, 8),
    (257, 3, 1, 8),
    (258, 3, 3, bits_at),
    (259, 3, 1, 1),
    (262, 3, 1, 2),
    (273, 4, 1, 8),
    (277, 3, 1, 3),
    (278, 3, 1, 8),
    (279, 4, 1, len(pixels)),
  )
  data = mark + struct.pack(order + 'I', bits_at + 6) + pixels
  data += struct.pack(order + '3H', 16, 16, 16)
  data += struct.pack(order + 'H', len(tags))
  for tag, kind, count, value in tags:
    data += struct.pack(order + 'HHI', tag, kind, count)
    short = kind == 3 and count == 1
    data += struct.pack(
      order + ('HH' if short else 'I'), *((value, 0) if short else (value,))
    )
  pixels, levels = loaded(data + bytes(4))
  assert np.abs(pixels - GREY[..., None]).max() <= 1
  assert levels == 'assumed 0 to 4095'


@pytest.mark.parametrize('mode', ['RGB', 'L', 'P', '1', 'RGBA', 'CMYK'])
def test_eight_bit_samples_are_unchanged(mode):
  image = Image.new(mode, (4, 4))
  assert deep_pixels.scaled(image, b'') == (image, '')


@pytest.mark.parametrize(
  ('samples', 'expected'),
  [
    (np.array([0], np.uint16), (0, 255)),
    (np.array([256], np.uint16), (0, 1023)),
    (np.array([4096], np.uint16), (0, 2**14 - 1)),
    (np.array([2**16], np.int32), (0, 2**17 - 1)),
    (np.array([-1, 5], np.int32), (-256, 255)),
    (np.array([-1025], np.int32), (-4096, 4095)),
    (np.array([0.0], np.float32), (0, 1)),
    (np.array([-0.5], np.float32), (-1, 1)),
  ],
)
def test_deep_range_by_type_and_extremes(samples, expected):
  assert deep_pixels.deep_range(samples) == expected
