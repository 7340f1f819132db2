"""Colour profiles (ICC): conversion of an image's colours to sRGB.

  of            the profile of an opened image: embedded, or given by EXIF
  is_srgb       decides whether an RGB image with this profile already is sRGB
  to_srgb       grey, RGB or CMYK pixels with a profile -> sRGB pixels

Networks, browsers and TensorFlow treat all RGB as sRGB. Images in a phone's
Display P3 or a camera's Adobe RGB look too pale when treated that way.

The rendering intent is relative colorimetric with black point compensation:
colours within sRGB's gamut are unchanged, and white and black stay white and
black. The perceptual intent would change these colours too, differently for
each profile; for the matrix profiles of phones, cameras and screens the two
intents are the same.

A profile is ignored if it is broken, is meant for other kinds of pixels or maps
white to a colour: the picture itself is usable, and most pictures are sRGB.
"""

import functools
import io
import struct

import numpy as np
from PIL import Image
from PIL import ImageCms

# An RGB profile counts as sRGB if it changes no colour of a grid by more levels
# than this. Profiles distributed as sRGB differ by 1 or 2 levels, a plain gamma
# of 2.2 by 8.
_SRGB_LEVELS = 3
# Bounds for converted white (at least) and black (at most). The relative
# colorimetric intent should keep white; printed black is not quite black.
_LEAST_WHITE, _MOST_BLACK = 230, 100

# Photos of one folder come from few cameras; a printer's profile has 500 KB or
# more.
_CACHED_PROFILES = 32

_SPACES = {'L': 'GRAY', 'RGB': 'RGB ', 'CMYK': 'CMYK'}
_DEVICES = ('mntr', 'scnr', 'prtr', 'spac')
# White and black.
_EXTREMES: dict[str, tuple[int | tuple[int, ...], ...]] = {
  'L': (255, 0),
  'RGB': ((255, 255, 255), (0, 0, 0)),
  'CMYK': ((0, 0, 0, 0), (255, 255, 255, 255)),
}

# Errors that ImageCms raises for broken profiles.
_ERRORS = (
  ImageCms.PyCMSError,
  OSError,
  ValueError,
  TypeError,
  LookupError,
  AttributeError,
)

# EXIF's interoperability directory. Its tag 1, the index, begins with R03 for
# Adobe RGB (DCF 2.0).
_INTEROPERABILITY = 0xA005
_ADOBE_RGB_INDEX = 'R03'
# Adobe RGB (1998), 4.3.1: the primaries, adapted to the D50 white point of
# profiles, and the exponent.
_ADOBE_RGB = {
  b'rXYZ': (0.60974, 0.31111, 0.01947),
  b'gXYZ': (0.20528, 0.62567, 0.06087),
  b'bXYZ': (0.14919, 0.06322, 0.74457),
}
_ADOBE_RGB_GAMMA = 563 / 256


def of(image: Image.Image) -> bytes | None:
  """Returns the ICC profile of an opened image; None if it has none.

  Cameras set to Adobe RGB often embed no profile and only mention it in EXIF.
  """
  embedded = image.info.get('icc_profile')
  if embedded:
    return embedded
  if _ADOBE_RGB_INDEX.encode() not in (image.info.get('exif') or b''):
    return None
  try:
    index = image.getexif().get_ifd(_INTEROPERABILITY).get(1)
  # Broken EXIF raises all of these; it then counts as absent.
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


def is_srgb(profile: bytes | None) -> bool:
  """Returns True if RGB pixels with this profile need no conversion."""
  return not profile or _transform(profile, 'RGB') is None


def to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
  """Returns the image in mode RGB, converted to sRGB.

  Args:
    image: an image of mode L, RGB or CMYK.
    profile: ICC bytes. If they are None, broken or meant for another kind of
      pixels, no colour is converted.
  """
  transform = _transform(profile, image.mode) if profile else None
  if transform is None and image.mode == 'L':
    # A grey picture may carry its camera's profile for RGB.
    image = image.convert('RGB')
    transform = _transform(profile, 'RGB') if profile else None
  if transform is not None:
    return transform.apply(image)
  return image if image.mode == 'RGB' else image.convert('RGB')


@functools.lru_cache(maxsize=_CACHED_PROFILES)
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
  """Returns the transform to sRGB; None if the pixels need no conversion.

  Several threads may use a transform at once: LittleCMS never changes it.
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
  """Returns True if white stays nearly white and black stays dark."""
  white, black = (
    np.asarray(transform.apply(Image.new(mode, (1, 1), colour)))
    for colour in _EXTREMES[mode]
  )
  return bool(white.min() >= _LEAST_WHITE and black.max() <= _MOST_BLACK)


def _is_identity(transform: ImageCms.ImageCmsTransform) -> bool:
  """Returns True if a grid of colours is unchanged, except for rounding."""
  levels = np.arange(0, 256, 17, dtype=np.uint8)
  grid = np.stack(np.meshgrid(levels, levels, levels), -1).reshape(16, -1, 3)
  converted = np.asarray(transform.apply(Image.fromarray(grid)))
  return bool(np.abs(converted.astype(int) - grid).max() <= _SRGB_LEVELS)


@functools.cache
def _adobe_rgb() -> bytes:
  """Returns LittleCMS's sRGB profile with Adobe RGB's primaries and gamma."""
  profile = bytearray(
    ImageCms.ImageCmsProfile(ImageCms.createProfile('sRGB')).tobytes()
  )
  (count,) = struct.unpack_from('>I', profile, 128)
  for i in range(count):
    tag, offset, _ = struct.unpack_from('>4sII', profile, 132 + 12 * i)
    # ICC.1:2022, 10.18: parametric curve 3 is (a x + b)^g for x >= d.
    numbers = _ADOBE_RGB.get(tag) or (
      (_ADOBE_RGB_GAMMA, 1, 0, 0, 0) if tag.endswith(b'TRC') else ()
    )
    first = offset + (12 if tag.endswith(b'TRC') else 8)
    for j, number in enumerate(numbers):
      struct.pack_into('>i', profile, first + 4 * j, round(65_536 * number))
  return bytes(profile)
