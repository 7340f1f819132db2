"""Image files of any kind, opened."""

import numpy as np
import pytest
from PIL import Image

from inception.images import image_errors
from inception.images import pictures
from inception.testing import image_folders
from inception.testing import odd_images


def opened(*args, **kwargs):
  return pictures.open_file(image_folders.image_file(*args, **kwargs))


@pytest.mark.parametrize('kind', ['JPEG', 'PNG', 'GIF', 'BMP', 'WEBP', 'TIFF'])
def test_a_picture_says_what_it_is(kind):
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


def test_a_scaled_jpeg_tells_its_part_of_the_pixels():
  image, box = opened(1, width=100, height=75).load((12, 9))
  assert image.size == (13, 10)
  assert box == (0, 0, 100 / 8, 75 / 8)


@pytest.mark.parametrize('orientation', range(1, 9))
def test_the_orientation_of_exif_is_read(orientation):
  assert opened(1, orientation=orientation).orientation == orientation


def test_the_orientation_of_xmp_is_read():
  xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><d tiff:Orientation="6"/></x>'
  assert opened(1, xmp=xmp).orientation == 6


def test_broken_exif_is_upright():
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


def test_damage_is_found_in_loading():
  for name in ('half.jpg', 'overwritten.jpg', 'half.png'):
    with pytest.raises(image_errors.ImageError):
      pictures.open_file(odd_images.HOSTILE[name]).load()


def test_the_result_is_an_image_of_pillow():
  assert isinstance(opened(2).load()[0], Image.Image)
