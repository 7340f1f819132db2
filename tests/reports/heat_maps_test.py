"""Tests that pictures of maps are transparent at the smallest value."""

import io

import numpy as np
import pytest
from PIL import Image

from inception.reports import heat_maps


def alpha(activation_map, png=heat_maps.png):
  image = Image.open(io.BytesIO(png(np.array(activation_map))))
  assert image.mode == 'RGBA'
  return np.asarray(image)[..., 3].astype(int)


def test_the_largest_is_strongest_and_the_smallest_transparent():
  found = alpha([[-2.0, 0.0], [0.0, 2.0]])
  assert found[0, 0] == 0
  assert found[-1, -1] == found.max() == 190
  assert found[0, -1] == pytest.approx(95, abs=4)


def test_constant_map_is_transparent():
  assert not alpha([[3.0, 3.0], [3.0, 3.0]]).any()


def test_small_picture_has_a_pixel_per_position():
  found = alpha([[-2.0, 0.0, 2.0]], heat_maps.small_png)
  assert found.tolist() == [[0, 95, 190]]
