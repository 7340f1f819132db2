"""Finds pictures that show nothing, or hardly anything, to learn from.

  of           an examined image -> its flaw, '' for none
  of_name      a file's path -> the flaw that its name tells
  of_size      width and height -> the flaw of its shape

Nothing is left out for a flaw: a class may well be of dark pictures. The audit
lists them.

Blur is measured where it matters, on 32 x 32 pixels: the second differences
of neighbours in proportion to the first. Of 250 photographs of flowers the
least has 0.89; with a Gaussian blur of 4 % of the longer side 20 of 100 are
below 0.45, with 6 % 95. Finer blur does not keep a network from learning.
"""

import re

import numpy as np

from inception.images import image_coder

UNIFORM = 'of one colour'
DARK = 'nearly black'
LIGHT = 'nearly white'
BLURRED = 'blurred beyond use'
OBLONG = 'more than 4 times as long as wide'
MASK = 'called a mask'

# Grey levels of 255: no part of the picture is lighter, or darker.
_DARK, _LIGHT = 24, 244
_BLURRED = 0.45
# Variance of a pixel, from rounding (1 / 12) and encoding. It is 2 and 6 times
# as much in first and second differences, and all that is left of a blank wall.
_NOISE = 2 / 12
_OBLONG = 4

_GREY = np.array([299, 587, 114]) / 1000  # ITU-R BT.601.
# 'benign (1)_mask.png', 'masks/0001.png', 'x-segmentation.png'
_MASK = re.compile(
  r'(^|[/_\- .()])(masks?|segmentations?|seg)([/_\- .()\d]|$)', re.IGNORECASE
)


def of(examination: image_coder.Examination) -> str:
  """Returns UNIFORM, DARK, LIGHT or BLURRED; '' for what has none of these."""
  if examination.is_uniform:
    return UNIFORM
  grey = examination.preview @ _GREY
  if grey.max() < _DARK:
    return DARK
  if grey.min() > _LIGHT:
    return LIGHT
  return BLURRED if _sharpness(grey) < _BLURRED else ''


def _sharpness(grey: np.ndarray) -> float:
  """Returns second differences in proportion to first ones, as energies."""
  first, second = (
    sum((np.diff(grey, order, axis) ** 2).mean() - noise for axis in (0, 1))
    for order, noise in ((1, 2 * _NOISE), (2, 6 * _NOISE))
  )
  return (max(second, 0) / first) ** 0.5 if first > 0 else 0.0


def of_size(width: int, height: int) -> str:
  """Returns OBLONG; '' for other shapes."""
  if max(width, height) > _OBLONG * min(width, height):
    return OBLONG
  return ''


def of_name(relative: str) -> str:
  """Returns MASK where a path below the class folder says so; else ''."""
  return MASK if _MASK.search(relative.partition('/')[2]) else ''
