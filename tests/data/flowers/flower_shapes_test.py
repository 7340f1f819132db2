"""Tests of inception.data.flowers.flower_shapes."""

import cmath

import numpy as np
import pytest
from PIL import Image
from PIL import ImageDraw

from inception.data.flowers import flower_shapes

RED = (0.0, 1.0, 1.0)
BLACK = (0, 0, 0)


def brush_on(image, **attributes):
  return flower_shapes.Brush(
    draw=ImageDraw.Draw(image),
    rng=np.random.default_rng(0),
    **({'centre': 50 + 50j, 'scale': 20} | attributes),
  )


def box_of(image):
  """Returns (left, top, right, bottom) of the pixels that are not black."""
  return image.getbbox()


@pytest.mark.parametrize(
  ('colour', 'expected'),
  [
    ((0, 1, 1), (255, 0, 0)),
    ((1 / 3, 1, 1), (0, 255, 0)),
    ((2 / 3, 1, 0.6), (0, 0, 153)),
    ((0.4, 0, 0.2), (51, 51, 51)),
  ],
)
def test_rgb_converts_hsv(colour, expected):
  assert flower_shapes.rgb(colour) == expected


@pytest.mark.parametrize(
  ('factor', 'expected'), [(0.5, 0.3), (2.0, 1.0), (-1.0, 0.0)]
)
def test_lit_changes_only_the_value_and_clips_it(factor, expected):
  assert flower_shapes.lit((0.2, 0.7, 0.6), factor) == pytest.approx((
    0.2,
    0.7,
    expected,
  ))


def test_varied_colours_are_near_and_in_range():
  rng = np.random.default_rng(0)
  for _ in range(200):
    hue, saturation, value = flower_shapes.varied(rng, (0.999, 0.98, 0.02))
    assert 0 <= hue < 1
    assert 0 <= saturation <= 1
    assert 0 <= value <= 1
    assert min(abs(hue - 0.999), 1 - abs(hue - 0.999)) < 0.08


def test_disc_outline_is_a_circle():
  outline = flower_shapes.disc_outline(0.3, 12)
  assert len(outline) == 12
  np.testing.assert_allclose(np.abs(outline), 0.3)
  np.testing.assert_allclose(outline.mean(), 0, atol=1e-12)


def test_ring_without_jitter_is_even():
  directions = flower_shapes.ring(8, 0, np.random.default_rng(3))
  np.testing.assert_allclose(np.abs(directions), 1)
  np.testing.assert_allclose(
    directions[1:] / directions[:-1], cmath.exp(2j * cmath.pi / 8)
  )


def test_petal_outline_goes_from_0_to_1_and_is_symmetric():
  outline = flower_shapes.petal_outline(0.4, 1.0, points=21)
  assert len(outline) == 2 * 21 - 2
  assert outline[0] == pytest.approx(0)
  assert outline[20] == pytest.approx(1)
  np.testing.assert_allclose(outline[21:], outline[19:0:-1].conj())
  # sin is at most 1, so the petal is at most `width` wide.
  assert 0.19 < outline.imag.max() <= 0.2


def test_smaller_exponent_widens_the_petal_near_its_tip():
  pointed = flower_shapes.petal_outline(0.4, 1.0)
  blunt = flower_shapes.petal_outline(0.4, 0.4)
  near_tip = (pointed.real > 0.8) & (pointed.real < 1) & (pointed.imag > 0)
  assert near_tip.any()
  assert (blunt.imag[near_tip] > 1.2 * pointed.imag[near_tip]).all()


def test_brush_scales_moves_turns_and_tilts():
  # 2 long and 1 broad, tilted to a height of 0.5; then a quarter turn.
  corners = np.array([-1 - 0.5j, 1 - 0.5j, 1 + 0.5j, -1 + 0.5j])
  image = Image.new('RGB', (100, 100))
  brush_on(image, tilt=0.5).shape(corners, RED)
  assert box_of(image) == (30, 45, 71, 56)
  assert image.getpixel((50, 50)) == (255, 0, 0)
  turned = Image.new('RGB', (100, 100))
  brush_on(turned, tilt=0.5, turn=1j).shape(corners, RED)
  assert box_of(turned) == (45, 30, 56, 71)


def test_rim_has_its_own_colour():
  image = Image.new('RGB', (100, 100))
  brush_on(image).shape(flower_shapes.disc_outline(1), RED, (0, 0, 1))
  assert image.getpixel((50, 50)) == (255, 0, 0)
  assert image.getpixel((70, 50)) == (255, 255, 255)


def test_line_has_the_given_width():
  image = Image.new('RGB', (100, 100))
  brush_on(image).line(np.array([-1, 1]), RED, 0.5)
  column = [y for y in range(100) if image.getpixel((50, y)) != BLACK]
  assert len(column) in (10, 11)
  assert abs(column[len(column) // 2] - 50) <= 1


def test_shade_is_slightly_lighter_or_darker():
  brush = brush_on(Image.new('RGB', (1, 1)))
  values = [brush.shade((0.3, 0.5, 0.5), 0.1)[2] for _ in range(100)]
  assert 0.45 <= min(values) < 0.48
  assert 0.52 < max(values) <= 0.55


@pytest.mark.parametrize('name', flower_shapes.DRAWERS)
def test_flower_fills_its_circle_and_stays_near_it(name):
  image = Image.new('RGB', (400, 400))
  flower_shapes.DRAWERS[name](
    brush_on(image, centre=200 + 150j, scale=100), (0.9, 0.8, 0.9)
  )
  left, top, right, bottom = box_of(image)
  # The tulip's leaves start at 3.1 below and spread.
  assert 100 < right - left < (330 if name == 'tulips' else 260)
  assert 20 <= top < 90
  assert 210 < bottom <= (150 + 330 if name == 'tulips' else 150 + 130)


@pytest.mark.parametrize('name', flower_shapes.DRAWERS)
def test_same_generator_draws_the_same_flower(name):
  images = []
  for _ in range(2):
    images.append(Image.new('RGB', (100, 100)))
    flower_shapes.DRAWERS[name](brush_on(images[-1]), (0.9, 0.8, 0.9))
  assert images[0].tobytes() == images[1].tobytes()
