"""The markers of JPEG files."""

import struct

import pytest

from inception.images import jpeg_markers
from inception.testing import image_folders
from inception.testing import odd_images


def with_frame(data, *, coding=0xC0, bits=8, sampling=None):
  """Returns the file with another frame header."""
  start = data.index(b'\xff\xc0')
  changed = bytearray(data)
  changed[start + 1], changed[start + 4] = coding, bits
  for i, factors in enumerate(sampling or ()):
    changed[start + 11 + 3 * i] = factors
  return bytes(changed)


JPEG = image_folders.image_file(1, subsampling=2)


@pytest.mark.parametrize(
  ('data', 'expected'),
  [
    (JPEG, (0xC0, 8, (0x22, 0x11, 0x11))),
    (
      image_folders.image_file(1, subsampling=0, progressive=True),
      (0xC2, 8, (0x11, 0x11, 0x11)),
    ),
    (image_folders.image_file(1, mode='L'), (0xC0, 8, (0x11,))),
    (image_folders.image_file(1, mode='CMYK'), (0xC0, 8, (0x11,) * 4)),
    (with_frame(JPEG, coding=0xC1, bits=12), (0xC1, 12, (0x22, 0x11, 0x11))),
    (odd_images.lossless_jpeg(), (0xC3, 8, (0x11,) * 3)),
  ],
)
def test_the_frame_is_read(data, expected):
  frame = jpeg_markers.frame(data)
  assert (frame.coding, frame.bits, frame.sampling) == expected


@pytest.mark.parametrize(
  'data',
  [
    b'',
    b'\xff',
    b'\xff\xd8',
    b'\xff\xd8\xff',
    b'\xff\xd8\xff\xd9',
    bytes(99),
    JPEG[: JPEG.index(b'\xff\xc0')],
    JPEG[: JPEG.index(b'\xff\xc0') + 6],
  ],
)
def test_file_without_frame_has_none(data):
  assert jpeg_markers.frame(data) is None
  assert not jpeg_markers.is_common(data)


@pytest.mark.parametrize(
  ('coding', 'bits', 'common'),
  [
    (0xC0, 8, True),
    (0xC1, 8, True),
    (0xC2, 8, True),
    (0xC1, 12, False),
    (0xC3, 8, False),
    (0xC9, 8, False),
    (0xCA, 8, False),
  ],
)
def test_huffman_codes_of_8_bits_are_common(coding, bits, common):
  data = with_frame(JPEG, coding=coding, bits=bits)
  assert jpeg_markers.frame(data).is_common is common
  assert jpeg_markers.is_common(data) is common


@pytest.mark.parametrize(
  ('sampling', 'common'),
  [
    ((0x11, 0x11, 0x11), True),
    ((0x21, 0x11, 0x11), True),
    ((0x12, 0x11, 0x11), True),
    ((0x41, 0x11, 0x11), True),
    ((0x21, 0x21, 0x21), False),
    ((0x14, 0x11, 0x11), False),
    ((0x11, 0x22, 0x11), False),
  ],
)
def test_usual_samplings_are_common(sampling, common):
  data = with_frame(JPEG, sampling=sampling)
  assert jpeg_markers.is_common(data) is common


@pytest.mark.parametrize('mode', ['L', 'CMYK'])
def test_other_than_three_components_are_not_common(mode):
  assert not jpeg_markers.is_common(image_folders.image_file(1, mode=mode))


@pytest.mark.parametrize('options', [{}, {'progressive': True}])
def test_a_file_without_its_end_is_not_common(options):
  data = image_folders.image_file(1, **options)
  assert jpeg_markers.is_common(data)
  assert jpeg_markers.is_common(data + b'and more')
  for length in range(len(data)):
    assert not jpeg_markers.is_common(data[:length])


def test_markers_within_a_comment_are_skipped():
  comment = b'\xff\xd9\xff\xc3' * 5
  segment = b'\xff\xfe' + struct.pack('>H', len(comment) + 2) + comment
  data = JPEG[:2] + segment + JPEG[2:]
  assert jpeg_markers.is_common(data)
  assert jpeg_markers.frame(data) == jpeg_markers.frame(JPEG)


def test_the_size_is_read():
  data = image_folders.image_file(1, width=40, height=30)
  assert jpeg_markers.frame(data).size == (40, 30)


def test_the_header_holds_the_metadata():
  exif = b'Exif\0\0II*\0\x08\0\0\0\0\0'
  data = image_folders.image_file(1, exif=exif, icc_profile=bytes(70_000))
  header = jpeg_markers.read(data)
  assert header.exif == exif
  assert header.profile == bytes(70_000)
  assert header.xmp == b''
  xmp = b'http://ns.adobe.com/xap/1.0/\0<x/>'
  segment = b'\xff\xe1' + struct.pack('>H', len(xmp) + 2) + xmp
  assert jpeg_markers.read(data[:2] + segment + data[2:]).xmp == b'<x/>'


def test_end_of_image_is_detected():
  assert jpeg_markers.read(JPEG).has_end
  assert not jpeg_markers.read(JPEG[:-2]).has_end


@pytest.mark.parametrize('mode', ['RGB', 'L', 'CMYK'])
@pytest.mark.parametrize('progressive', [True, False])
def test_sound_file_lacks_no_scan(mode, progressive):
  data = image_folders.image_file(1, mode=mode, progressive=progressive)
  assert not jpeg_markers.read(data).lacks_scans


def test_missing_scan_is_detected():
  data = image_folders.image_file(1, progressive=True)
  position = data.rindex(b'\xff\xda')
  while position > 0:
    assert jpeg_markers.read(data[:position] + b'\xff\xd9').lacks_scans
    position = data.rfind(b'\xff\xda', 0, position)


@pytest.mark.parametrize(
  ('zeros', 'common'), [(0, True), (6, True), (7, False)]
)
def test_zeros_that_decoders_warn_of_are_not_common(zeros, common):
  data = JPEG[:-2] + bytes(zeros) + JPEG[-2:]
  assert jpeg_markers.is_common(data) is common
