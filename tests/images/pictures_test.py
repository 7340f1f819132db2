"""Tests of opening image files of any kind."""

import io
import struct

import numpy as np
import pytest
from PIL import Image

from inception.images import image_coder
from inception.images import image_errors
from inception.images import jpeg_decoder
from inception.images import pictures
from inception.testing import image_folders
from inception.testing import odd_images


def opened(*args, **kwargs):
  return pictures.open_file(image_folders.image_file(*args, **kwargs))


@pytest.mark.parametrize('kind', ['JPEG', 'PNG', 'GIF', 'BMP', 'WEBP', 'TIFF'])
def test_properties_of_a_picture(kind):
  picture = opened(1, file_format=kind)
  assert picture.source_format == kind
  assert picture.size == (32, 24)
  assert picture.orientation == 1
  assert picture.is_plain_jpeg == (kind == 'JPEG')
  image, box = picture.load()
  assert image.size == (32, 24)
  assert box is None
  assert picture.profile is None


@pytest.mark.parametrize('mode', ['L', 'CMYK'])
def test_a_jpeg_of_other_colours_is_not_plain(mode):
  picture = opened(1, mode=mode)
  assert not picture.is_plain_jpeg
  assert picture.load()[0].mode == mode


def test_box_of_a_scaled_jpeg_is_returned():
  image, box = opened(1, width=100, height=75).load((12, 9))
  assert image.size == (13, 10)
  assert box == (0, 0, 100 / 8, 75 / 8)


@pytest.mark.parametrize('orientation', range(1, 9))
def test_the_orientation_of_exif_is_read(orientation):
  assert opened(1, orientation=orientation).orientation == orientation


def test_the_orientation_of_xmp_is_read():
  xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><d tiff:Orientation="6"/></x>'
  assert opened(1, xmp=xmp).orientation == 6


def test_image_with_broken_exif_is_not_turned():
  assert pictures.open_file(odd_images.ODD['garbage exif.jpg']).orientation == 1


def test_the_profile_is_read():
  assert opened(1, icc_profile=bytes(3000)).profile == bytes(3000)


def test_an_rgb_jpeg_without_ycbcr_has_its_colours():
  data = image_folders.image_file(1, keep_rgb=True, quality=95)
  image, _ = pictures.open_file(data).load()
  np.testing.assert_allclose(
    np.asarray(image, int), image_folders.pixels(1), atol=12
  )


def test_a_bomb_is_refused_before_it_is_decoded():
  with pytest.raises(image_errors.ImageError, match='declares more than'):
    pictures.open_file(odd_images.HOSTILE['bomb.jpg'])


def test_damage_is_found_while_loading():
  for name in ('half.jpg', 'overwritten.jpg', 'half.png'):
    with pytest.raises(image_errors.ImageError):
      pictures.open_file(odd_images.HOSTILE[name]).load()


def test_the_result_is_an_image_of_pillow():
  assert isinstance(opened(2).load()[0], Image.Image)


def huge_jpeg(width, height, *, progressive=False):
  """Returns a flat grey JPEG, made without pixels: no block has a change."""
  source = image_folders.image_file(1, mode='L', progressive=progressive)
  data = bytearray(source)
  frame = data.index(b'\xff\xc2' if progressive else b'\xff\xc0')
  data[frame + 5 : frame + 9] = struct.pack('>HH', height, width)
  blocks = -(-width // 8) * -(-height // 8)
  if progressive:
    return bytes(data)
  scan = data.index(b'\xff\xda') + 10
  # The standard codes: no change of the mean (00), end of block (1010).
  bits = bytes((0b00101000, 0b10100010, 0b10001010))
  return bytes(data[:scan]) + bits * (-(-blocks // 4)) + b'\xff\xd9'


def test_two_hundred_megapixels_are_shrunk():
  data = huge_jpeg(16_320, 12_240)
  encoded = image_coder.encode(data, max_side=1024)
  assert (encoded.width, encoded.height) == (1024, 768)
  assert not encoded.is_original
  pixels = np.asarray(Image.open(io.BytesIO(encoded.jpeg)))
  np.testing.assert_array_equal(pixels, np.full([768, 1024, 3], 128))
  examined = image_coder.examine(data, max_side=1024)
  assert (examined.width, examined.height) == (1024, 768)


@pytest.mark.parametrize('max_side', [None, 16_000, 8161])
def test_two_hundred_megapixels_need_max_side(max_side):
  data = huge_jpeg(16_320, 12_240)
  with pytest.raises(
    image_errors.ImageError,
    match='has 199,756,800 pixels, more than 178,956,970: pass --max_side=4096',
  ):
    image_coder.examine(data, max_side=max_side)


def test_largest_side_that_can_be_decoded_is_accepted():
  picture = pictures.open_file(huge_jpeg(16_320, 12_240), max_side=8160)
  image, box = picture.load((16_320, 12_240))
  assert image.size == (8160, 6120)
  assert box == (0, 0, 8160, 6120)


@pytest.mark.parametrize(
  ('size', 'content'),
  [
    ((60_000, 60_000), None),
    ((65_535, 20_000), None),
    ((20_000, 20_000), 2000),
  ],
)
def test_absurd_sizes_are_refused_despite_max_side(size, content, monkeypatch):
  def fail(*_, **__):
    raise AssertionError('decoded')

  monkeypatch.setattr(jpeg_decoder, 'decode', fail)
  data = huge_jpeg(800, 600)[:content]
  frame = data.index(b'\xff\xc0')
  data = data[: frame + 5] + struct.pack('>HH', *size[::-1]) + data[frame + 9 :]
  for max_side in (None, 100):
    with pytest.raises(image_errors.ImageError, match='declares more than'):
      pictures.open_file(data, max_side=max_side)


def test_a_huge_progressive_jpeg_is_refused_with_its_reason():
  # Decoding it would need all coefficients in memory.
  data = huge_jpeg(20_000, 10_000, progressive=True) + bytes(10**6)
  with pytest.raises(image_errors.ImageError, match='progressive JPEG cannot'):
    pictures.open_file(data, max_side=1000)
