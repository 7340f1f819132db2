"""Tests of the limits of an image's size."""

import pytest

from inception.images import image_errors


@pytest.mark.parametrize('size', [(1, 1), (65_500, 2732), (13_377, 13_377)])
def test_sizes_up_to_the_limits_are_accepted(size):
  image_errors.check_size(size)


@pytest.mark.parametrize(
  ('size', 'reason'),
  [
    ((65_500, 2733), 'declares more than 178,956,970 pixels'),
    ((20_000, 10_000), 'declares more than 178,956,970 pixels'),
    ((65_501, 1), '65501 x 1 pixels: a side has more than 65,500'),
    ((1, 65_501), '1 x 65501 pixels: a side has more than 65,500'),
  ],
)
def test_larger_sizes_are_refused(size, reason):
  with pytest.raises(image_errors.ImageError, match=reason):
    image_errors.check_size(size)


def test_check_sides_refuses_a_long_side():
  with pytest.raises(image_errors.ImageError, match='a side has more'):
    image_errors.check_sides((70_000, 1))


def test_memory_errors_are_about_the_moment():
  with (
    pytest.raises(image_errors.MemoryShortage, match='too little memory to'),
    image_errors.memory_errors(),
  ):
    raise MemoryError
  with image_errors.memory_errors():
    pass
