"""Colour profiles (ICC): what an image means by its numbers -> sRGB.

  of            the profile of an opened image: embedded, or told by EXIF
  keeps         whether an RGB image with this profile is sRGB as it is
  to_srgb       grey, RGB or CMYK pixels with a profile -> RGB pixels of sRGB

Networks, browsers and TensorFlow take RGB for sRGB. A phone's Display P3 or a
camera's Adobe RGB shown so is too pale.

The intent is relative colorimetric with black point compensation: colours that
sRGB has come out as they are, and white and black stay white and black. The
perceptual one would move them too, each profile in its maker's way, and for the
matrix profiles of phones, cameras and screens the two are the same.

A profile that is broken, fits other pixels or sends white to a colour is taken
for none: the picture is there, and most pictures are sRGB.
"""

import functools
import io
import struct

import numpy as np
from PIL import Image
from PIL import ImageCms

# An RGB profile that moves no colour of a grid by more levels is sRGB's; those
# that are sold as sRGB differ by 1 or 2, a plain gamma of 2.2 by 8.
_SRGB_LEVELS = 3
# Where white and black may go at worst. Relative colorimetric is to leave
# white where it is; ink is not quite black.
_LEAST_WHITE, _MOST_BLACK = 230, 100

# A folder has few kinds of cameras; a printer's profile has 500 KB and more.
_CACHED_PROFILES = 32

_SPACES = {'L': 'GRAY', 'RGB': 'RGB ', 'CMYK': 'CMYK'}
_DEVICES = ('mntr', 'scnr', 'prtr', 'spac')
_EXTREMES = {  # White and black.
  'L': (255, 0),
  'RGB': ((255, 255, 255), (0, 0, 0)),
  'CMYK': ((0, 0, 0, 0), (255, 255, 255, 255)),
}

# What ImageCms raises for broken profiles.
_ERRORS = (
  ImageCms.PyCMSError,
  OSError,
  ValueError,
  TypeError,
  LookupError,
  AttributeError,
)

_INTEROPERABILITY = 0xA005  # The EXIF directory; its tag 1 is the index,
_ADOBE_RGB_INDEX = 'R03'  # which is so for Adobe RGB (DCF 2.0).
# Adobe RGB (1998), 4.3.1: the primaries, brought to the D50 of profiles, and
# the exponent.
_ADOBE_RGB = {
  b'rXYZ': (0.60974, 0.31111, 0.01947),
  b'gXYZ': (0.20528, 0.62567, 0.06087),
  b'bXYZ': (0.14919, 0.06322, 0.74457),
}
_ADOBE_RGB_GAMMA = 563 / 256


def of(image: Image.Image) -> bytes | None:
  """Returns the profile of an opened image; None where it has none.

  Cameras that are set to Adobe RGB often embed no profile, and say it in EXIF.
  """
  embedded = image.info.get('icc_profile')
  if embedded:
    return embedded
  if _ADOBE_RGB_INDEX.encode() not in (image.info.get('exif') or b''):
    return None
  try:
    index = image.getexif().get_ifd(_INTEROPERABILITY).get(1)
  # As many kinds as EXIF has ways to be broken; it says nothing then.
  except (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    struct.error,
  ):
    return None
  return _adobe_rgb() if str(index).startswith(_ADOBE_RGB_INDEX) else None


def keeps(profile: bytes | None) -> bool:
  """Whether RGB pixels with this profile need no conversion."""
  return not profile or _transform(profile, 'RGB') is None


def to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
  """Returns RGB pixels of sRGB.

  Args:
    image: of mode L, RGB or CMYK.
    profile: ICC bytes; where they are broken, those of another kind of pixels,
      or None, the colours are taken as they are.
  """
  transform = _transform(profile, image.mode) if profile else None
  if transform is None and image.mode == 'L':
    # A grey picture may come with the profile of its camera's colours.
    image = image.convert('RGB')
    transform = _transform(profile, 'RGB') if profile else None
  if transform is not None:
    return transform.apply(image)
  return image if image.mode == 'RGB' else image.convert('RGB')


@functools.lru_cache(maxsize=_CACHED_PROFILES)
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
  """Returns the way to sRGB; None where the numbers are to stay.

  Several threads may use it at a time: LittleCMS changes nothing in it.
  """
  try:
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    if (
      source.profile.xcolor_space != _SPACES[mode]
      or source.profile.device_class not in _DEVICES
    ):
      return None
    transform = ImageCms.buildTransform(
      source,
      ImageCms.createProfile('sRGB'),
      mode,
      'RGB',
      ImageCms.Intent.RELATIVE_COLORIMETRIC,
      ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )
    if not _is_sound(transform, mode):
      return None
    return None if mode == 'RGB' and _is_identity(transform) else transform
  except _ERRORS:
    return None


def _is_sound(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
  """Whether white stays about white, and black dark."""
  white, black = (
    transform.apply(Image.new(mode, (1, 1), colour)).getpixel((0, 0))
    for colour in _EXTREMES[mode]
  )
  return min(white) >= _LEAST_WHITE and max(black) <= _MOST_BLACK


def _is_identity(transform: ImageCms.ImageCmsTransform) -> bool:
  """Whether a grid of colours stays where it is, but for rounding."""
  levels = np.arange(0, 256, 17, np.uint8)
  grid = np.stack(np.meshgrid(levels, levels, levels), -1).reshape(16, -1, 3)
  moved = np.asarray(transform.apply(Image.fromarray(grid)))
  return np.abs(moved.astype(int) - grid).max() <= _SRGB_LEVELS


@functools.cache
def _adobe_rgb() -> bytes:
  """Returns LittleCMS's sRGB profile with Adobe RGB's numbers in it."""
  profile = bytearray(
    ImageCms.ImageCmsProfile(ImageCms.createProfile('sRGB')).tobytes()
  )
  (count,) = struct.unpack_from('>I', profile, 128)
  for i in range(count):
    tag, offset, _ = struct.unpack_from('>4sII', profile, 132 + 12 * i)
    # ICC.1:2022, 10.18: parametric curve 3 is (a x + b)^g from x = d on.
    numbers = _ADOBE_RGB.get(tag) or (
      (_ADOBE_RGB_GAMMA, 1, 0, 0, 0) if tag.endswith(b'TRC') else ()
    )
    first = offset + (12 if tag.endswith(b'TRC') else 8)
    for j, number in enumerate(numbers):
      struct.pack_into('>i', profile, first + 4 * j, round(65_536 * number))
  return bytes(profile)
