"""JPEG files -> pixels, but only where every pixel is there.

  decode   a file's bytes -> uint8 pixels
  check    the same without the pixels, for any kind of JPEG

libjpeg makes a picture of any file: of what is missing or damaged, grey. It
warns, and Pillow drops the warnings; simplejpeg (libjpeg-turbo) stops at the
first. Some are of what does no harm: a file that raises one is decoded again
without that (jpeg_mending.mended), so that nothing else can hide behind it.
"""

import re

import numpy as np
import simplejpeg

from inception.images import image_errors
from inception.images import jpeg_markers
from inception.images import jpeg_mending

TRUNCATED = 'truncated JPEG: the file ends before its last pixel'

_COLOURS = {1: 'GRAY', 3: 'RGB', 4: 'CMYK'}  # By the number of components.
_SHARES = (8, 4, 2, 1)  # A side is decoded at 1/8, 1/4, ... of its length.

_LOSSLESS = (0xC3, 0xCB)

# libjpeg's sentences (jerror.h) -> ours.
_PREMATURE = 'premature end'
_LEFT_OVER = re.compile(r'(\d+) extraneous bytes')
_UNKNOWN_KIND = 'subsampling level'
_PREFIX = 'Corrupt JPEG data: '


def can_decode(frame: jpeg_markers.Frame | None) -> bool:
  """Whether `decode` is for files with this frame."""
  return (
    frame is not None and frame.bits == 8 and len(frame.sampling) in _COLOURS
  )


def share(size: tuple[int, int], at_least: tuple[int, int]) -> int:
  """Returns by what a side can be divided so that `at_least` remains.

  Args:
    size: (width, height) of the file.
    at_least: (width, height) that suffice.
  """
  return next(
    part
    for part in _SHARES
    if part == 1
    or all(-(-side // part) >= least for side, least in zip(size, at_least))
  )


def decode(
  data: bytes, header: jpeg_markers.Header, *, divisor: int = 1
) -> np.ndarray:
  """Returns uint8 [height, width, 1, 3 or 4]: grey, RGB or CMYK.

  Args:
    data: the file.
    header: what jpeg_markers.read returns of it; can_decode says yes.
    divisor: 1, 2, 4 or 8: decode each side at such a part, rounded up.

  Raises:
    ImageError: part of the picture is missing or damaged.
  """
  try:
    pixels = _strictly(data, header, divisor)
  except ValueError:
    try:
      pixels = _strictly(jpeg_mending.mended(data), header, divisor)
    except ValueError as error:
      reason = _reason(str(error)) if _has_end(data, header) else TRUNCATED
      raise image_errors.ImageError(reason) from error
  if header.lacks_scans:
    if not _has_end(data, header):
      raise image_errors.ImageError(TRUNCATED)
    raise image_errors.ImageError(
      'damaged JPEG: scans with part of its picture are missing'
    )
  return pixels


def check(data: bytes, header: jpeg_markers.Header) -> None:
  """Decodes a JPEG of any kind at the smallest size.

  A kind that simplejpeg does not know passes if only it has its end.

  Raises:
    ImageError: part of the picture is missing or damaged.
  """
  frame = header.frame
  if can_decode(frame):
    scaled = frame.coding not in _LOSSLESS
    try:
      decode(data, header, divisor=_SHARES[0] if scaled else 1)
      return
    except image_errors.ImageError as error:
      if _UNKNOWN_KIND not in str(error):
        raise
  if not header.has_end:
    raise image_errors.ImageError(TRUNCATED)


def _strictly(data, header, divisor) -> np.ndarray:
  width, height = (-(-side // divisor) for side in header.frame.size)
  return simplejpeg.decode_jpeg(
    data,
    _COLOURS[len(header.frame.sampling)],
    min_width=width if divisor > 1 else 0,
    min_height=height if divisor > 1 else 0,
  )


def _has_end(data: bytes, header: jpeg_markers.Header) -> bool:
  """Whether the file has its end, even where no marker leads to it."""
  return header.has_end or data.rstrip(b'\0').endswith(b'\xff\xd9')


def _reason(text: str) -> str:
  """Returns one sentence for what libjpeg says."""
  if _PREMATURE in text.lower():
    return 'damaged JPEG: part of its picture is missing'
  left_over = _LEFT_OVER.search(text)
  if left_over:
    return f'damaged JPEG: {left_over[1]} bytes of its picture fit nowhere'
  return f'damaged JPEG: {text.removeprefix(_PREFIX)}'
