"""HEIC and HEIF photographs."""

import io
import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from inception.images import heif_files
from inception.images import image_coder
from inception.testing import heic_images


def pixels(encoded):
  return np.asarray(Image.open(io.BytesIO(encoded.jpeg)), int)


@pytest.mark.parametrize(
  'data',
  [
    heic_images.UPRIGHT,
    heic_images.TURNED_BY_THE_CONTAINER,
    heic_images.TURNED_BY_EXIF,
  ],
)
def test_photograph_is_turned_upright_once(data):
  encoded = image_coder.encode(data)
  assert encoded.source_format == 'HEIF'
  assert not encoded.is_original
  assert (encoded.height, encoded.width) == (48, 64)
  assert np.abs(pixels(encoded) - heic_images.corners()).mean() < 6
  examined = image_coder.examine(data)
  assert (examined.height, examined.width) == (48, 64)
  assert np.abs(examined.thumbnail[0, 0] - (210.0, 40, 40)).max() < 40
  shrunk = image_coder.encode(data, max_side=32)
  assert (shrunk.height, shrunk.width) == (24, 32)


def test_colours_are_converted_to_srgb():
  found = pixels(image_coder.encode(heic_images.DISPLAY_P3))
  # As in image_coder_test: the matrices of P3 and sRGB between their curves.
  assert np.abs(found - (215, 93, 31)).max() <= 8


@pytest.mark.parametrize('share', [0.2, 0.5, 0.9])
def test_truncated_file_is_refused(share):
  data = heic_images.UPRIGHT
  with pytest.raises(image_coder.ImageError, match='HEIF'):
    image_coder.encode(data[: int(share * len(data))])


@pytest.mark.parametrize(
  ('beginning', 'expected'),
  [
    (b'\0\0\0\x18ftypheic\0\0\0\0mif1heic', True),
    (b'\0\0\0\x18ftypmif1\0\0\0\0mif1heic', True),
    (b'\0\0\0\x18ftypmif1\0\0\0\0mif1avif', False),
    (b'\0\0\0\x18ftypavif\0\0\0\0mif1avif', False),
    (b'\0\0\0\x18ftypmp42\0\0\0\0mp42isom', False),
    (b'\xff\xd8\xff', False),
    (b'', False),
  ],
)
def test_file_is_recognised_by_its_first_bytes(beginning, expected):
  assert heif_files.is_heif(beginning + bytes(50)) == expected


@pytest.mark.parametrize(
  ('data', 'expected'),
  [
    (heic_images.UPRIGHT, False),
    (heic_images.TURNED_BY_EXIF, False),
    (heic_images.TURNED_BY_THE_CONTAINER, True),
    (heic_images.UPRIGHT + b'irot', False),
    (b'', False),
  ],
)
def test_rotation_by_the_container_is_detected(data, expected):
  assert heif_files.is_turned_by_container(data) == expected


@pytest.mark.parametrize('kind', ['JPEG', 'PNG', 'AVIF', 'PPM', 'TIFF', 'WEBP'])
def test_other_files_are_read_without_the_plugin(kind):
  code = (
    'import sys; from inception.images import image_coder; '
    'from inception.testing import image_folders; '
    f'data = image_folders.image_file(1, file_format="{kind}"); '
    f'assert image_coder.encode(data).source_format == "{kind}"; '
    'assert "pi_heif" not in sys.modules'
  )
  environment = {**os.environ, 'PYTHONPATH': os.pathsep.join(sys.path)}
  subprocess.run([sys.executable, '-c', code], check=True, env=environment)
