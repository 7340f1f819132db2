"""Samples of more than 8 bits -> 8 bits, from the range that they are in.

  scaled       a loaded image -> the same in 8 bits, and the range
  deep_range   the range of samples whose file declares none

A container of 16 bits often holds 10, 12 or 14: microscopes, thermal cameras
and exports of DICOM write so. Taken for 16, such a picture is black; and one of
32 bits, cut at 16, is white.

The range is the file's, where it declares one: the bits of a sample (TIFF, PGM,
PNG's sBIT) or the least and largest sample (TIFF). Where it does not, one rule
holds for every file, deep_range: the least of the usual depths that holds all
samples. Nothing is stretched to what a picture happens to have, so that a dark
one stays darker than a bright one of the same camera, within its depth.
"""

import io
import math
import re
import sys

import numpy as np
from PIL import Image

from inception.images import png_chunks
from inception.images import tiff_files

_GREY_MODES = ('I;16', 'I;16L', 'I;16B', 'I;16N', 'I', 'F')
# Pillow keeps only the higher byte of these samples; read in the other order,
# the lower one.
_DEEP_COLOURS = re.compile(r'(RGB|RGBA|RGBX|CMYK);16([LBN])')
_OTHER_ORDER = {
  'L': 'B',
  'B': 'L',
  'N': 'B' if sys.byteorder == 'little' else 'L',
}
# Grey and its transparency, read as four bytes.
_DEEP_GREY_ALPHA = 'LA;16B'

_DEPTHS = (8, 10, 12, 14, 16)  # Bits; above, each number.
_TOP_16 = 2**16 - 1

# TIFF tags (TIFF 6.0, sections 8 and 19).
_BITS, _PHOTOMETRIC, _FORMAT = 258, 262, 339
_RANGES = ((340, 341), (280, 281))  # Least and largest sample.
_WHITE_IS_ZERO, _UNSIGNED = 0, 1


def scaled(image: Image.Image, data: bytes) -> tuple[Image.Image, str]:
  """Returns an image of 8 bits a sample.

  Args:
    image: loaded.
    data: its file.

  Returns:
    The image, and the range that was made 0 to 255: 'declared 0 to 4095',
    'assumed 0 to 4095'; '' where the samples have 8 bits or fewer.
  """
  if image.mode in _GREY_MODES:
    return _scaled_grey(image, data)
  rawmode = _rawmode(image, data)
  if rawmode is None:
    return image, ''
  return _scaled_colours(image, data, rawmode)


def deep_range(samples: np.ndarray) -> tuple[float, float]:
  """Returns the (black, white) of samples, by their type and extremes.

  Integers: 0 to 2^n - 1 for the least n of 8, 10, 12, 14, 16, 17, 18, ... that
  holds all; with negative ones, -2^n to 2^n - 1. Fractions: 0 to the least of
  1, 2, 4, 8, ...; with negative ones, that on both sides of 0.
  """
  finite = (
    samples[np.isfinite(samples)] if samples.dtype.kind == 'f' else samples
  )
  if finite.size == 0:
    return 0, 1
  least, largest = finite.min().item(), finite.max().item()
  if samples.dtype.kind == 'f':
    most = max(abs(min(least, 0)), abs(largest), 1)
    white = 2.0 ** math.ceil(math.log2(most))
    return (-white if least < 0 else 0), white
  bits = max(largest, -least - 1).bit_length()
  depth = next((usual for usual in _DEPTHS if usual >= bits), bits)
  return (-(2**depth) if least < 0 else 0), 2**depth - 1


def _scaled_grey(image, data) -> tuple[Image.Image, str]:
  samples = np.asarray(image)
  tags = getattr(image, 'tag_v2', {})
  if image.mode == 'I' and tags.get(_FORMAT, (0,))[0] == _UNSIGNED:
    samples = samples.view(np.uint32)
  declared = _declared(image, data, samples)
  black, white = declared or deep_range(samples)
  grey = _to_8_bits(samples, black, white)
  if tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO:
    grey = 255 - grey
  if 'transparency' in image.info:
    grey[samples == image.info['transparency']] = 255
  return Image.fromarray(grey), _told(declared, black, white)


def _scaled_colours(image, data, rawmode) -> tuple[Image.Image, str]:
  """Scales colours of 16 bits, of which Pillow has kept the higher bytes."""
  if rawmode == _DEEP_GREY_ALPHA:
    raw = _reread(data, 'RGBA')
    samples = raw[..., ::2].astype(np.uint16) << 8 | raw[..., 1::2]
    samples = samples[..., [0, 0, 0, 1]]
  else:
    samples = np.asarray(image)
    if samples[..., :3].max() < 128:  # Else the 16 bits are all in use.
      mode, order = _DEEP_COLOURS.fullmatch(rawmode).groups()
      lower = _reread(data, f'{mode};16{_OTHER_ORDER[order]}')
      samples = samples.astype(np.uint16) << 8 | lower
    else:
      samples = samples.astype(np.uint16) * 257
  colours = samples[..., :3]
  declared = _declared(image, data, colours)
  black, white = declared or deep_range(colours)
  pixels = _to_8_bits(samples, black, white)
  if image.mode == 'RGBA':  # Transparency has a range of its own.
    opacity = samples[..., 3]
    pixels[..., 3] = _to_8_bits(opacity, *deep_range(opacity))
  deep = Image.frombuffer(image.mode, image.size, pixels.tobytes())
  deep.info = dict(image.info)
  return deep, _told(declared, black, white)


def _to_8_bits(samples, black, white) -> np.ndarray:
  """Returns uint8; what is not a number is black."""
  share = (samples.astype(np.float64) - black) / (white - black)
  # Half a level more than 255 levels would have each as many samples.
  return (np.clip(np.nan_to_num(share), 0, 1) * 255 + 0.5).astype(np.uint8)


def _told(declared, black, white) -> str:
  return f'{"declared" if declared else "assumed"} {black:.10g} to {white:.10g}'


def _declared(image, data, samples) -> tuple[float, float] | None:
  """Returns the range that the file declares."""
  if image.format == 'PPM':
    return 0, _TOP_16  # Pillow has scaled it by the largest sample declared.
  if image.format == 'PNG':
    bits = min(png_chunks.significant_bits(data) or (16,))
    # Samples are to be scaled up to 16 bits (PNG 3, 12.5); if they are not,
    # they are as the camera had them.
    if bits < 16 and samples.max() < 2**bits:
      return 0, 2**bits - 1
    return (0, _TOP_16) if bits < 16 else None
  tags = getattr(image, 'tag_v2', {})
  for names in _RANGES:
    if all(name in tags for name in names):
      black, white = (_first(tags[name]) for name in names)
      if math.isfinite(black) and math.isfinite(white) and black < white:
        return black, white
  bits = _first(tags.get(_BITS, 16))
  return (0, 2**bits - 1) if 8 < bits < 16 else None


def _first(value) -> float:
  return float(value[0]) if isinstance(value, tuple) else value


def _rawmode(image, data) -> str | None:
  """Returns how Pillow reads colours of 16 bits; None of other pixels."""
  if not data or image.format not in ('PNG', 'TIFF'):
    return None
  if image.format == 'PNG' and png_chunks.bits(data) != 16:
    return None
  if image.format == 'TIFF' and 16 not in _bits_of_tiff(image):
    return None
  fresh = Image.open(io.BytesIO(data), formats=[image.format])
  modes = {_rawmode_of(tile) for tile in fresh.tile}
  if len(modes) != 1:
    return None
  (rawmode,) = modes
  known = rawmode == _DEEP_GREY_ALPHA or _DEEP_COLOURS.fullmatch(rawmode)
  return rawmode if known else None


def _bits_of_tiff(image) -> tuple[int, ...]:
  bits = image.tag_v2.get(_BITS, ())
  return bits if isinstance(bits, tuple) else (bits,)


def _rawmode_of(tile) -> str:
  return tile.args if isinstance(tile.args, str) else tile.args[0]


def _reread(data, rawmode) -> np.ndarray:
  """Returns the pixels that Pillow reads by another rule."""
  image = Image.open(io.BytesIO(data))
  image.tile = [
    tile._replace(
      args=rawmode if isinstance(tile.args, str) else (rawmode, *tile.args[1:])
    )
    for tile in image.tile
  ]
  with tiff_files.silence():
    image.load()
  return np.asarray(image)
