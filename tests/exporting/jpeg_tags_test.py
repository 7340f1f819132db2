"""Tests of reading a JPEG's header in a graph, against Pillow."""

import io
import struct

import pytest
import tensorflow as tf
from PIL import Image

from inception.exporting import jpeg_tags
from inception.testing import image_folders
from inception.testing import odd_images

_read = tf.function(
  jpeg_tags.read,
  input_signature=[tf.TensorSpec([], tf.string)],
  autograph=False,
)


def exif(entries, order='<', start=8):
  """Returns a TIFF header with one directory of (tag, type, value)."""
  mark = b'II*\0' if order == '<' else b'MM\0*'
  body = struct.pack(f'{order}H', len(entries))
  for tag, kind, value in entries:
    body += struct.pack(f'{order}HHI', tag, kind, 1)
    body += struct.pack(
      f'{order}I' if kind == 4 else f'{order}HH',
      value,
      *(() if kind == 4 else (0,)),
    )
  return mark + struct.pack(f'{order}I', start) + bytes(start - 8) + body


@pytest.mark.parametrize('order', '<>')
@pytest.mark.parametrize(
  'entries, expected',
  [
    ([(0x0112, 3, 6)], 6),
    ([(0x0112, 4, 8)], 8),
    ([(0x010F, 3, 5), (0x0112, 3, 3), (0x0132, 4, 99)], 3),
    ([(0x0112, 3, 0)], 1),
    ([(0x0112, 3, 9)], 1),
    ([(0x010F, 3, 5)], 1),
    ([], 1),
  ],
)
def test_orientation_of_exif(order, entries, expected):
  text = tf.constant(exif(entries, order, start=12))
  assert jpeg_tags.orientation(text) == expected


@pytest.mark.parametrize(
  'text',
  [b'', b'II', b'II*\0\xff\xff\xff\xff', b'MM\0*\0\0\0\x08\xff\xff', b'x' * 40],
)
def test_broken_exif_is_upright(text):
  assert jpeg_tags.orientation(tf.constant(text)) == 1


@pytest.mark.parametrize('orientation', range(1, 9))
def test_orientation_of_a_file(orientation):
  data = image_folders.image_file(0, orientation=orientation)
  with Image.open(io.BytesIO(data)) as image:
    assert image.getexif()[0x0112] == orientation
  assert _read(data).orientation == orientation


@pytest.mark.parametrize('mode, expected', [('L', 1), ('RGB', 3), ('CMYK', 4)])
@pytest.mark.parametrize('progressive', [False, True])
def test_number_of_components(mode, expected, progressive):
  data = image_folders.image_file(0, mode=mode, progressive=progressive)
  assert _read(data).num_components == expected


def test_profile_is_read():
  profile = bytes(range(200))
  tags = _read(image_folders.image_file(0, icc_profile=profile))
  assert tags.profile.numpy() == profile
  assert _read(image_folders.image_file(0)).profile.numpy() == b''


@pytest.mark.parametrize(
  'data',
  [
    *(data for name, data in odd_images.ODD.items() if name.endswith('.jpg')),
    *(data for name, data in odd_images.HOSTILE.items() if '.jpg' in name),
  ],
)
def test_every_file_has_an_end(data):
  tags = _read(data)
  assert 1 <= tags.orientation <= 8
  assert 0 <= tags.num_components <= 255
