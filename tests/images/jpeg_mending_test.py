"""Tests of removing harmless faults from JPEG files."""

import pytest

from inception.images import jpeg_markers
from inception.images import jpeg_mending
from inception.testing import image_folders
from inception.testing import odd_images

JPEG = image_folders.image_file(1, subsampling=2)


def test_sound_file_is_unchanged():
  for options in ({}, {'progressive': True}, {'restart_marker_blocks': 1}):
    data = image_folders.image_file(1, **options)
    assert jpeg_mending.mended(data) == data
    assert jpeg_mending.mended(data + b'and more') == data


@pytest.mark.parametrize(
  'broken',
  [
    JPEG[:-2],
    JPEG[:20] + b'junk' + JPEG[20:],
    JPEG[:-2] + bytes(9) + JPEG[-2:],
    JPEG.replace(b'JFIF\0\x01', b'JFIF\0\x09'),
  ],
)
def test_harmless_faults_are_mended(broken):
  assert broken != JPEG
  assert jpeg_mending.mended(broken) == JPEG
  # Stored unchanged, it would cause warnings in training.
  assert not jpeg_markers.is_common(broken) or b'JFIF\0\x09' in broken


def test_unknown_colour_transformation_is_removed():
  data = odd_images.ODD['unknown adobe.jpg']
  start = data.index(b'\xff\xee')
  assert jpeg_mending.mended(data) == data[:start] + data[start + 16 :]
