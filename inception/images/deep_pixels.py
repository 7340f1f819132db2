"""Conversion of samples of more than 8 bits to 8 bits, given their range.

  scaled       a loaded image -> the same image in 8 bits, and the range
  deep_range   the range of samples whose file declares none

A container of 16 bits often holds samples of 10, 12 or 14 bits: microscopes,
thermal cameras and DICOM exports write such files. Interpreted as 16 bits, such
a picture is black; a picture of 32 bits that is clipped to 16 is white.

If the file declares its range, that is used: the bits of a sample (TIFF, PGM,
PNG's sBIT) or the least and largest sample (TIFF). Otherwise one rule holds for
every file, deep_range: the smallest of the usual depths that holds all samples.
No picture is stretched to the extremes of its own samples, so a dark picture
stays darker than a bright one from the same camera, within its depth.
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
# Pillow keeps only the high byte of these samples. Read in the opposite byte
# order, it keeps the low byte.
_DEEP_COLOURS = re.compile(r'(RGB|RGBA|RGBX|CMYK);16([LBN])')
_OTHER_ORDER = {
  'L': 'B',
  'B': 'L',
  'N': 'B' if sys.byteorder == 'little' else 'L',
}
# Grey with an alpha channel; its two samples are read as four bytes.
_DEEP_GREY_ALPHA = 'LA;16B'

_DEPTHS = (8, 10, 12, 14, 16)  # Bits; above 16, every depth is possible.
_TOP_16 = 2**16 - 1

# TIFF tags (TIFF 6.0, sections 8 and 19).
_BITS, _PHOTOMETRIC, _FORMAT = 258, 262, 339
_RANGES = ((340, 341), (280, 281))  # Least and largest sample.
_WHITE_IS_ZERO, _UNSIGNED = 0, 1


def scaled(image: Image.Image, data: bytes) -> tuple[Image.Image, str]:
  """Returns the image with 8 bits per sample.

  Args:
    image: a loaded image.
    data: the bytes of its file.

  Returns:
    The image, and the range that was mapped to 0 to 255, such as 'declared 0 to
    4095' or 'assumed 0 to 4095'; '' if the samples have 8 bits or fewer.
  """
  if image.mode in _GREY_MODES:
    return _scaled_grey(image, data)
  rawmode = _rawmode(image, data)
  if rawmode is None:
    return image, ''
  return _scaled_colours(image, data, rawmode)


def deep_range(samples: np.ndarray) -> tuple[float, float]:
  """Returns (black, white) of samples, by their type and extremes.

  The range of integers is 0 to 2^n - 1 for the smallest n of 8, 10, 12, 14, 16,
  17, 18, ... that holds all samples; with negative samples it is -2^n to
  2^n - 1. The range of floating-point samples is 0 to the smallest sufficient
  bound of 1, 2, 4, 8, ...; with negative samples it is -bound to bound.
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


def _scaled_grey(image: Image.Image, data: bytes) -> tuple[Image.Image, str]:
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
  return Image.fromarray(grey), _range_text(declared, black, white)


def _scaled_colours(
  image: Image.Image, data: bytes, rawmode: str
) -> tuple[Image.Image, str]:
  """Scales colours of 16 bits, of which Pillow has kept the high bytes."""
  if rawmode == _DEEP_GREY_ALPHA:
    raw = _reread(data, 'RGBA')
    samples = raw[..., ::2].astype(np.uint16) << 8 | raw[..., 1::2]
    samples = samples[..., [0, 0, 0, 1]]
  else:
    samples = np.asarray(image)
    if samples[..., :3].max() < 128:  # Otherwise all 16 bits are in use.
      mode, _, order = rawmode.rpartition(';16')
      lower = _reread(data, f'{mode};16{_OTHER_ORDER[order]}')
      samples = samples.astype(np.uint16) << 8 | lower
    else:
      samples = samples.astype(np.uint16) * 257
  colours = samples[..., :3]
  declared = _declared(image, data, colours)
  black, white = declared or deep_range(colours)
  pixels = _to_8_bits(samples, black, white)
  if image.mode == 'RGBA':  # The alpha channel has its own range.
    opacity = samples[..., 3]
    pixels[..., 3] = _to_8_bits(opacity, *deep_range(opacity))
  deep = Image.frombuffer(image.mode, image.size, pixels.tobytes())
  deep.info = dict(image.info)
  return deep, _range_text(declared, black, white)


def _to_8_bits(samples: np.ndarray, black: float, white: float) -> np.ndarray:
  """Maps [black, white] to uint8 0 to 255; NaN becomes black."""
  share = (samples.astype(np.float64) - black) / (white - black)
  # Rounds to the nearest of the 256 levels.
  return (np.clip(np.nan_to_num(share), 0, 1) * 255 + 0.5).astype(np.uint8)


def _range_text(
  declared: tuple[float, float] | None, black: float, white: float
) -> str:
  return f'{"declared" if declared else "assumed"} {black:.10g} to {white:.10g}'


def _declared(
  image: Image.Image, data: bytes, samples: np.ndarray
) -> tuple[float, float] | None:
  """Returns the range that the file declares; None if it declares none."""
  if image.format == 'PPM':
    return 0, _TOP_16  # Pillow has scaled it by the declared largest sample.
  if image.format == 'PNG':
    bits = min(png_chunks.significant_bits(data) or (16,))
    # Samples should be scaled up to 16 bits (PNG 3, 12.5). If they are not,
    # they are the camera's raw samples.
    if bits < 16 and samples.max() < 2**bits:
      return 0, 2**bits - 1
    return (0, _TOP_16) if bits < 16 else None
  tags = getattr(image, 'tag_v2', {})
  for names in _RANGES:
    if all(name in tags for name in names):
      black, white = (_first(tags[name]) for name in names)
      if math.isfinite(black) and math.isfinite(white) and black < white:
        return black, white
  tiff_bits = _first(tags.get(_BITS, 16))
  return (0, 2**tiff_bits - 1) if 8 < tiff_bits < 16 else None


def _first(value: float | tuple[float, ...]) -> float:
  return float(value[0]) if isinstance(value, tuple) else value


def _rawmode(image: Image.Image, data: bytes) -> str | None:
  """Returns Pillow's raw mode of 16-bit colours; None for other pixels."""
  if not data or image.format not in ('PNG', 'TIFF'):
    return None
  if image.format == 'PNG' and png_chunks.bits(data) != 16:
    return None
  if image.format == 'TIFF' and 16 not in _bits_of_tiff(image):
    return None
  fresh = Image.open(io.BytesIO(data), formats=[image.format])
  modes = {_rawmode_of(tile.args) for tile in fresh.tile}
  if len(modes) != 1:
    return None
  (rawmode,) = modes
  known = rawmode == _DEEP_GREY_ALPHA or _DEEP_COLOURS.fullmatch(rawmode)
  return rawmode if known else None


def _bits_of_tiff(image: Image.Image) -> tuple[int, ...]:
  bits = getattr(image, 'tag_v2', {}).get(_BITS, ())
  return bits if isinstance(bits, tuple) else (bits,)


def _rawmode_of(args: tuple | str | None) -> str:
  """Returns the raw mode among a tile's arguments; '' if there is none."""
  return args[0] if isinstance(args, tuple) else args or ''


def _reread(data: bytes, rawmode: str) -> np.ndarray:
  """Returns the file's pixels, read by Pillow in another raw mode."""
  image = Image.open(io.BytesIO(data))
  image.tile = [
    tile._replace(
      args=(rawmode, *tile.args[1:])
      if isinstance(tile.args, tuple)
      else rawmode
    )
    for tile in image.tile
  ]
  with tiff_files.silence():
    image.load()
  return np.asarray(image)
