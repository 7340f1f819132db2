"""Decodes JPEG files, but only complete ones.

  can_decode            decides whether `decode` supports a file
  share                 the smallest scale that leaves enough pixels
  decode                a file's bytes -> uint8 pixels
  decode_as_tensorflow  the same as tf.io.decode_image, for flawless files
  check                 the same check without the pixels, for any kind of JPEG

libjpeg makes a picture of any file and fills missing or damaged parts with
grey. It warns of them, but Pillow drops the warnings; simplejpeg
(libjpeg-turbo) stops at the first one. Some warnings are harmless: a file that
causes a warning is decoded again without the harmless faults
(jpeg_mending.mended), so that no harmful fault can hide behind them.
"""

import re
import typing

import numpy as np
import simplejpeg

from inception.images import image_errors
from inception.images import jpeg_markers
from inception.images import jpeg_mending

TRUNCATED = 'truncated JPEG: the file ends before its last pixel'

_COLOURS = {1: 'GRAY', 3: 'RGB', 4: 'CMYK'}  # By the number of components.
_SHARES = (8, 4, 2, 1)  # Sides can be decoded at 1/8, 1/4, ... of their length.

_LOSSLESS = (0xC3, 0xCB)

# Parts of libjpeg's messages (jerror.h).
_PREMATURE = 'premature end'
_LEFT_OVER = re.compile(r'(\d+) extraneous bytes')
_UNKNOWN_KIND = 'subsampling level'
_PREFIX = 'Corrupt JPEG data: '


def can_decode(
  frame: jpeg_markers.Frame | None,
) -> typing.TypeGuard[jpeg_markers.Frame]:
  """Returns True if `decode` supports files with this frame."""
  return (
    frame is not None and frame.bits == 8 and len(frame.sampling) in _COLOURS
  )


def share(size: tuple[int, int], at_least: tuple[int, int]) -> int:
  """Returns the largest divisor of the sides that leaves `at_least`.

  Args:
    size: the (width, height) of the file.
    at_least: the (width, height) that suffice.

  Returns:
    8, 4, 2 or 1.
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
  """Returns uint8 [height, width, channels]: 1 for grey, 3 RGB, 4 CMYK.

  Args:
    data: the bytes of the file.
    header: the result of jpeg_markers.read for the file; can_decode must accept
      its frame.
    divisor: 1, 2, 4 or 8: each side is decoded at its length divided by this,
      rounded up.

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


def decode_as_tensorflow(
  data: bytes, header: jpeg_markers.Header
) -> np.ndarray | None:
  """Returns the pixels that tf.io.decode_image computes, in less time.

  Both are libjpeg-turbo with the fast inverse DCT and smooth upsampling of the
  colours, whose results are the same to the last bit on every processor.

  Args:
    data: the bytes of the file.
    header: the result of jpeg_markers.read for the file; can_decode must accept
      its frame.

  Returns:
    uint8 [height, width, 3] RGB; None for a file with the slightest fault, on
    which `decode` decides.
  """
  if header.lacks_scans:
    return None
  try:
    return simplejpeg.decode_jpeg(data, _COLOURS[3], fastdct=True)
  except ValueError:
    return None


def check(data: bytes, header: jpeg_markers.Header) -> None:
  """Decodes a JPEG of any kind at the smallest size, to find damage.

  A kind that simplejpeg does not support passes if the file has its end marker.

  Args:
    data: the bytes of the file.
    header: the result of jpeg_markers.read for the file.

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


def _strictly(
  data: bytes, header: jpeg_markers.Header, divisor: int
) -> np.ndarray:
  """Decodes the file.

  Raises:
    ValueError: libjpeg reported an error or a warning.
  """
  # `decode` requires a frame.
  frame = typing.cast('jpeg_markers.Frame', header.frame)
  width, height = (-(-side // divisor) for side in frame.size)
  return simplejpeg.decode_jpeg(
    data,
    _COLOURS[len(frame.sampling)],
    min_width=width if divisor > 1 else 0,
    min_height=height if divisor > 1 else 0,
  )


def _has_end(data: bytes, header: jpeg_markers.Header) -> bool:
  """Returns True if the file has its end marker, even an unchained one."""
  return header.has_end or data.rstrip(b'\0').endswith(b'\xff\xd9')


def _reason(text: str) -> str:
  """Returns the reason in a message of libjpeg's."""
  if _PREMATURE in text.lower():
    return 'damaged JPEG: part of its picture is missing'
  left_over = _LEFT_OVER.search(text)
  if left_over:
    return f'damaged JPEG: {left_over[1]} bytes of its picture are left over'
  return f'damaged JPEG: {text.removeprefix(_PREFIX)}'
