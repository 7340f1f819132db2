"""Tests of the steps of reading image files."""

import io
import os
import subprocess
import sys
import warnings

import numpy as np
import pytest
from PIL import Image

from inception.images import image_errors
from inception.images import image_reader
from inception.testing import image_folders
from inception.testing import odd_images


def opened(*args, **kwargs):
  data = image_folders.image_file(*args, **kwargs)
  return image_reader.open_file(data), data


def test_only_the_header_is_read_at_first():
  jpeg = image_folders.image_file(1)
  image = image_reader.open_file(jpeg[: jpeg.index(b'\xff\xda') + 14])
  assert image.size == (32, 24)


@pytest.mark.parametrize('kind', ['png', 'jpg', 'gif', 'bmp', 'webp', 'tif'])
def test_a_bomb_is_refused_by_its_header(kind, monkeypatch):
  def fail(*_):
    raise AssertionError('decoded')

  monkeypatch.setattr(Image.Image, 'load', fail)
  # A program may have switched Pillow's own limit off.
  monkeypatch.setattr(Image, 'MAX_IMAGE_PIXELS', None)
  with pytest.raises(image_reader.ImageError, match='more than 178,956,970 pi'):
    image_reader.open_file(odd_images.HOSTILE[f'bomb.{kind}'])


def test_pillows_own_limit_is_the_same():
  assert 2 * Image.MAX_IMAGE_PIXELS == image_errors.MAX_PIXELS


def test_pixels_up_to_the_limit_are_accepted(monkeypatch):
  monkeypatch.setattr(image_errors, 'MAX_PIXELS', 32 * 24)
  opened(1)
  with pytest.raises(image_reader.ImageError, match='declares more than 768 p'):
    opened(1, width=33)


def test_a_long_side_is_refused(monkeypatch):
  monkeypatch.setattr(image_errors, 'MAX_SIDE', 32)
  opened(1)
  with pytest.raises(
    image_reader.ImageError, match=('33 x 24 pixels: a side has more than 32')
  ):
    opened(1, width=33)


@pytest.mark.parametrize(
  ('error', 'reason'),
  [
    (
      OSError('image file is truncated (3 bytes not processed)'),
      'truncated PNG: the file ends before its last pixel',
    ),
    (EOFError(), 'truncated PNG: the file ends before its last pixel'),
    (OSError('decoder error -2'), 'damaged PNG: its pixels cannot be decoded'),
    (SyntaxError('two\n lines'), 'damaged PNG: two lines'),
    (AssertionError(), 'damaged PNG: AssertionError'),
    (image_reader.ImageError('as it is'), 'as it is'),
  ],
)
def test_pillow_errors_are_reported_in_one_sentence(error, reason):
  image, _ = opened(1, file_format='PNG')
  with pytest.raises(image_reader.ImageError) as caught:
    with image_reader.reasons(image):
      raise error
  assert str(caught.value) == reason


@pytest.mark.parametrize(
  ('at_least', 'size'),
  [
    ((1, 1), (13, 10)),
    ((12, 9), (13, 10)),
    ((60, 9), (100, 75)),
    ((17, 17), (25, 19)),
    ((30, 5), (50, 38)),
    ((999, 999), (100, 75)),
    (None, (100, 75)),
  ],
)
def test_a_jpeg_is_decoded_no_larger_than_needed(at_least, size):
  image, data = opened(1, width=100, height=75)
  box = image_reader.load(image, data, at_least=at_least)
  assert image.size == size
  scale = 100 / size[0]
  if at_least:
    assert box == (0, 0, 100 / round(scale), 75 / round(scale))


@pytest.mark.parametrize('kind', ['PNG', 'GIF', 'BMP', 'WEBP', 'TIFF'])
def test_other_formats_are_decoded_at_full_size(kind):
  image, data = opened(1, file_format=kind, width=100, height=75)
  assert image_reader.load(image, data, at_least=(10, 10)) is None
  assert image.size == (100, 75)


def test_lossless_jpeg_is_decoded_at_full_size():
  data = odd_images.lossless_jpeg(64, 64)
  image = image_reader.open_file(data)
  assert image_reader.load(image, data, at_least=(8, 8)) is None
  np.testing.assert_array_equal(image, np.full([64, 64, 3], 128))


@pytest.mark.parametrize('value', [*range(1, 9), 0, 9, 999])
def test_the_orientation_is_1_to_8(value):
  exif = Image.Exif()
  exif[0x0112] = value
  image, _ = opened(1, exif=exif)
  assert image_reader.orientation(image) == (
    value if value in range(1, 9) else 1
  )


def test_image_without_orientation_is_upright():
  image, _ = opened(1)
  assert image_reader.orientation(image) == 1
  assert image_reader.upright(image, 1) is image


def test_half_transparent_grey_is_mixed_with_white():
  image = Image.new('LA', (2, 2), (100, 51))  # 1/5 of it.
  result = image_reader.plain(image)
  assert result.mode == 'L'
  assert result.getpixel((0, 0)) == pytest.approx(0.2 * 100 + 0.8 * 255, abs=1)


def test_opaque_pixels_are_unchanged():
  array = np.random.default_rng(0).integers(0, 256, [8, 8, 4], np.uint8)
  array[..., 3] = 255
  np.testing.assert_array_equal(
    image_reader.plain(Image.fromarray(array)), array[..., :3]
  )


def test_a_transparent_grey_of_16_bits_becomes_white():
  buffer = io.BytesIO()
  Image.fromarray(np.full([4, 4], 0x1234, np.uint16)).save(
    buffer, 'PNG', transparency=0x1234
  )
  image = image_reader.open_file(buffer.getvalue())
  assert image.mode == 'I;16'
  image_reader.load(image, buffer.getvalue())
  np.testing.assert_array_equal(image_reader.plain(image), np.full([4, 4], 255))


@pytest.mark.parametrize('mode', ['LAB', 'HSV'])
def test_pixels_of_no_photograph_are_refused(mode):
  with pytest.raises(image_reader.ImageError, match=f'kind {mode} are not'):
    image_reader.plain(Image.new(mode, (2, 2)))


def test_preview_of_a_raw_file_is_refused():
  dng = odd_images.tiff(
    {
      256: (4, 4),
      257: (4, 4),
      258: (3, 8),
      259: (3, 1),
      262: (3, 1),
      273: (4, 8),
      277: (3, 1),
      278: (4, 4),
      279: (4, 16),
      50_706: (4, 4),
    },
    bytes(16),
  )
  with pytest.raises(image_reader.ImageError, match='begins with a preview'):
    image_reader.open_file(dng)


def test_hostile_files_raise_only_image_errors():
  with warnings.catch_warnings():
    warnings.simplefilter('ignore')
    for data in odd_images.HOSTILE.values():
      with pytest.raises(image_reader.ImageError):
        image = image_reader.open_file(data)
        with image_reader.reasons(image):
          image_reader.load(image, data)
          image_reader.plain(image)


def test_pillows_warnings_are_not_shown(capfd):
  code = (
    'import io; from PIL import Image; '
    'from inception.images import image_coder; '
    'from inception.testing import odd_images; '
    '[image_coder.encode(data) for data in odd_images.ODD.values()]\n'
    'for data in odd_images.HOSTILE.values():\n'
    '  try:\n'
    '    image_coder.encode(data)\n'
    '  except image_coder.ImageError:\n'
    '    pass\n'
  )
  environment = {**os.environ, 'PYTHONPATH': os.pathsep.join(sys.path)}
  subprocess.run([sys.executable, '-c', code], check=True, env=environment)
  assert capfd.readouterr() == ('', '')


@pytest.mark.parametrize('mode', ['RGBA', 'LA'])
def test_what_is_transparent_all_over_keeps_its_colours(mode):
  pixels = Image.fromarray(image_folders.pixels(3)).convert(mode[:-1])
  image = pixels.copy()
  image.putalpha(0)
  np.testing.assert_array_equal(image_reader.plain(image), pixels)
  # Where anything can be seen, the rest is nothing.
  image.putpixel((0, 0), (*np.atleast_1d(pixels.getpixel((0, 0))), 255))
  white = np.full_like(np.asarray(pixels), 255)
  white[0, 0] = pixels.getpixel((0, 0))
  np.testing.assert_array_equal(image_reader.plain(image), white)
