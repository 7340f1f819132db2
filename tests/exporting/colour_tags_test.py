"""Tests of recognizing sRGB's colour profile in a graph."""

import pytest
import tensorflow as tf
from PIL import ImageCms

from inception.exporting import colour_tags
from inception.testing import image_folders

# The primaries of Display P3 and Adobe RGB, for D50.
_P3 = ((0.515, 0.241, -0.001), (0.292, 0.692, 0.042), (0.157, 0.067, 0.784))
_ADOBE = ((0.610, 0.311, 0.019), (0.205, 0.626, 0.061), (0.149, 0.063, 0.745))
_SRGB = ((0.436, 0.222, 0.014), (0.385, 0.717, 0.097), (0.143, 0.061, 0.714))


def test_profile_of_littlecms_is_srgb():
  profile = ImageCms.ImageCmsProfile(ImageCms.createProfile('sRGB')).tobytes()
  assert colour_tags.is_srgb(tf.constant(profile))


@pytest.mark.parametrize(
  'primaries, expected', [(_SRGB, True), (_P3, False), (_ADOBE, False)]
)
def test_primaries_decide(primaries, expected):
  profile = image_folders.matrix_profile(primaries)
  assert bool(colour_tags.is_srgb(tf.constant(profile))) == expected


def test_no_profile_is_srgb():
  assert colour_tags.is_srgb(tf.constant(b''))


@pytest.mark.parametrize(
  'profile', [b'x' * 200, b'x', bytes(132), b'\xff' * 400]
)
def test_broken_profile_is_not_srgb(profile):
  assert not colour_tags.is_srgb(tf.constant(profile))
