"""Tests of inception.data.curation.picture_flaws."""

import io

import numpy as np
import pytest
from PIL import Image
from PIL import ImageDraw
from PIL import ImageFilter

from inception.data.curation import picture_flaws
from inception.images import image_coder


def noise(seed, low=0, high=256, size=(160, 120)):
  """Returns a picture with detail at every size."""
  rng = np.random.default_rng(seed)
  picture = np.zeros((size[1], size[0], 3))
  for side in (4, 12, 40, 120):
    layer = rng.integers(low, high, (side, side, 3)).astype(np.uint8)
    picture += np.asarray(Image.fromarray(layer).resize(size)) / 4
  return Image.fromarray(picture.astype(np.uint8))


def flaw_of(image, file_format='JPEG', **options):
  buffer = io.BytesIO()
  image.save(buffer, file_format, **options)
  return picture_flaws.of(image_coder.examine(buffer.getvalue()))


@pytest.mark.parametrize('seed', range(5))
@pytest.mark.parametrize('file_format', ['JPEG', 'PNG'])
def test_photograph_has_no_flaw(seed, file_format):
  assert flaw_of(noise(seed), file_format) == ''
  assert flaw_of(noise(seed).convert('L'), file_format) == ''


@pytest.mark.parametrize(
  ('mode', 'colour', 'file_format'),
  [
    ('L', 0, 'PNG'),
    ('1', 1, 'PNG'),
    ('P', 7, 'GIF'),
    ('RGB', (10, 200, 30), 'JPEG'),
    ('CMYK', (0, 0, 0, 255), 'JPEG'),
    ('RGBA', (255, 255, 255, 0), 'PNG'),
  ],
)
def test_one_colour_is_found_in_every_kind_of_file(mode, colour, file_format):
  image = Image.new(mode, (300, 200), colour)
  assert flaw_of(image, file_format) == picture_flaws.UNIFORM


def test_white_drawing_on_transparency_is_of_one_colour():
  image = Image.new('RGBA', (200, 200), (255, 255, 255, 0))
  ImageDraw.Draw(image).ellipse([20, 40, 90, 150], fill='white')
  assert flaw_of(image, 'PNG') == picture_flaws.UNIFORM


def test_fine_texture_is_not_of_one_colour():
  rng = np.random.default_rng(1)
  cloth = rng.integers(90, 160, (1200, 1600), np.uint8)
  assert flaw_of(Image.fromarray(cloth)) != picture_flaws.UNIFORM


def test_small_object_on_a_plain_ground_is_not_of_one_colour():
  image = Image.new('RGB', (400, 300), 'white')
  ImageDraw.Draw(image).rectangle([100, 80, 160, 130], fill=(200, 30, 30))
  assert flaw_of(image) == flaw_of(image, 'PNG') == ''


@pytest.mark.parametrize(
  ('low', 'high', 'flaw'),
  [
    (0, 16, picture_flaws.DARK),
    (0, 60, ''),
    (247, 256, picture_flaws.LIGHT),
    (200, 256, ''),
  ],
)
def test_nearly_black_and_nearly_white_pictures_are_found(low, high, flaw):
  assert flaw_of(noise(3, low, high), 'PNG') == flaw


@pytest.mark.parametrize('seed', range(5))
def test_strong_blur_is_found(seed):
  blurred = [
    noise(seed).filter(ImageFilter.GaussianBlur(share * 160))
    for share in (0.01, 0.03, 0.06, 0.15)
  ]
  assert [flaw_of(image) for image in blurred] == [
    '',
    '',
    picture_flaws.BLURRED,
    picture_flaws.BLURRED,
  ]


@pytest.mark.parametrize(
  ('width', 'height', 'flaw'),
  [
    (400, 100, ''),
    (401, 100, picture_flaws.OBLONG),
    (100, 401, picture_flaws.OBLONG),
    (3, 3, ''),
  ],
)
def test_oblong_shape_is_found(width, height, flaw):
  assert picture_flaws.of_size(width, height) == flaw


@pytest.mark.parametrize(
  ('relative', 'is_mask'),
  [
    ('benign/benign (1)_mask.png', True),
    ('benign/benign (1)_mask_1.png', True),
    ('cat/masks/0001.png', True),
    ('cat/0001-Segmentation.png', True),
    ('cat/mask.png', True),
    ('mask/0001.jpg', False),
    ('cat/damask.jpg', False),
    ('cat/masked ball.jpg', False),
    ('cat/1.jpg', False),
  ],
)
def test_masks_are_found_by_their_names(relative, is_mask):
  flaw = picture_flaws.MASK if is_mask else ''
  assert picture_flaws.of_name(relative) == flaw
