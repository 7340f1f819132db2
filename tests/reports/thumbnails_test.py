"""Tests of small JPEGs for pages."""

import io

import numpy as np
import pytest
from PIL import Image

from inception.images import image_reader
from inception.reports import thumbnails
from inception.testing import record_folders


def opened(jpeg):
  image = Image.open(io.BytesIO(jpeg))
  assert (image.format, image.mode) == ('JPEG', 'RGB')
  return image


@pytest.mark.parametrize(
  ('size', 'expected'),
  [
    ((400, 200), (128, 64)),
    ((200, 3000), (9, 128)),
    ((128, 100), (128, 100)),
    ((30, 20), (30, 20)),
    ((2000, 2), (128, 1)),
  ],
)
def test_the_longer_side_is_limited(size, expected):
  width, height = size
  encoded = record_folders.picture(1, height=height, width=width)
  assert opened(thumbnails.jpeg(encoded)).size == expected


def test_another_side_may_be_given():
  encoded = record_folders.picture(1, height=400, width=600)
  assert opened(thumbnails.jpeg(encoded, side=300)).size == (300, 200)


@pytest.mark.parametrize(
  'options',
  [
    {},
    {'file_format': 'PNG'},
    {'mode': 'CMYK'},
    {'file_format': 'PNG', 'mode': 'P'},
  ],
)
def test_thumbnail_resembles_the_picture(options):
  encoded = record_folders.picture(1, height=300, width=400, **options)
  small = np.asarray(opened(thumbnails.jpeg(encoded)), np.float64)
  error = np.abs(small - record_folders.noise(1, 96, 128)).mean()
  assert error < (12 if options.get('mode') == 'P' else 5)


def test_grey_pictures_are_grey():
  encoded = record_folders.picture(1, height=300, width=400, mode='L')
  small = np.asarray(opened(thumbnails.jpeg(encoded)), np.int64)
  assert np.ptp(small, axis=-1).max() <= 2


def test_exif_is_left_out_and_not_applied():
  encoded = record_folders.picture(1, height=300, width=400, orientation=6)
  image = opened(thumbnails.jpeg(encoded))
  assert image.size == (128, 96)
  assert not image.getexif()


def test_equal_files_give_equal_bytes():
  encoded = record_folders.picture(1)
  assert thumbnails.jpeg(encoded) == thumbnails.jpeg(encoded)


@pytest.mark.parametrize(
  'encoded', [b'', b'words', record_folders.picture(1)[:-200]]
)
def test_file_that_is_not_an_image_is_refused(encoded):
  with pytest.raises(image_reader.ImageError):
    thumbnails.jpeg(encoded)
